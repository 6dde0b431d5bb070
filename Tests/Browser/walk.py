#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Walks the dashboard of a real gateway with a real browser, as an operator does after an outage.

Starts `martlet serve` and a subscriber on free ports of 127.0.0.1 with a store in a temporary folder, sends callbacks,
and drives headless Chromium: signs in, finds an event by its order number, reads its timeline, sends the dead letters
again and sees the progress without reloading, releases a quarantined callback, signs out. Every page is looked at in
light and dark, at 1280 and 390 pixels, and checked for names, contrast, structure and the order of focus.

    walk.py --martlet PATH [--screenshots FOLDER]

Prints one JSON object. Exit code 0: all went well. 1: not, and the last lines say what. 2: wrong usage.
"""

import argparse
import json
import pathlib
import signal
import sys
import tempfile
import threading
import time

import checks
from chromium import Chromium
from gateway import KEYS, Gateway, Subscriber

DEAD = 12
# What a browser says of a page that is not signed in yet, and of parts that a gateway may not have.
EXPECTED = ("401 (Unauthorized)", "404 (Not Found)")


def until(what, test, patience=30.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := test():
            return value
        threading.Event().wait(0.02)
    raise AssertionError(f"in {patience} s there was no {what}")


def seed(gateway, subscriber):
    """Sixty payments, three callbacks of the second source that are refused since its secret is wrong.

    Every fifth payment is refused by one subscriber, which has successes between two of those: its breaker stays
    closed.
    """
    number = 1000
    for dead in range(1, DEAD + 1):
        assert gateway.callback(f"DEAD-{dead}", amount=f"{dead}.25") == 200
        until(f"refusal of DEAD-{dead}", lambda: subscriber.refused.count(f"DEAD-{dead}") == 2)
        for _ in range(4):
            number += 1
            assert gateway.callback(f"NO-{number}", amount=f"{number - 985}.50") == 200
        until(f"delivery of NO-{number}", lambda: ("/crm", f"NO-{number}") in subscriber.received)
    for number in range(1, 4):
        assert gateway.callback(f"TK-{number}", source="second") == 403
    until("dead letters", lambda: len(gateway.ask("/v1/deliveries?state=dead&limit=500")["data"]) == DEAD)


class Walk:
    def __init__(self, browser, gateway, subscriber, pictures):
        self.browser, self.gateway, self.subscriber, self.pictures = browser, gateway, subscriber, pictures
        self.counts = {"pages": 0, "controls": 0, "texts": 0, "stops": 0, "pictures": 0}
        self.wrong = []

    def picture(self, name, whole=True):
        if whole:
            self.browser.run("(scrollTo(0, 0), true)")
        self.browser.picture(self.pictures / f"{name}.png", whole)
        self.counts["pictures"] += 1

    def check(self, name, with_focus=True):
        self.wrong += [f"{name}: {each}" for each in checks.check(self.browser, self.counts, with_focus)]

    def open(self, hash, shows):
        self.browser.run(f"location.hash = {json.dumps(hash)}, true")
        self.browser.wait(
            f"location.hash === {json.dumps(hash)} && document.querySelector({json.dumps(shows)})", f"{shows} at {hash}"
        )

    def text(self):
        return self.browser.run("document.querySelector('main').innerText")

    def by_text(self, selector, text):
        begins = f"(each) => each.textContent.trim().startsWith({json.dumps(text)})"
        return f"[...document.querySelectorAll({json.dumps(selector)})].find({begins})"

    def sign_in(self):
        browser = self.browser
        browser.go(self.gateway.url + "/")
        browser.wait("document.activeElement?.name === 'key'", "the key's field with the focus")
        self.check("sign-in", with_focus=False)
        self.picture("sign-in-1280", whole=False)
        browser.type("not-a-key")
        browser.press("Enter")
        browser.wait("document.querySelector('[role=alert]')?.innerText.includes('not a key')", "a refusal")
        browser.type(KEYS["admin"])
        browser.press("Enter")
        browser.wait(
            "document.querySelectorAll('.tile').length === 6 && document.querySelector('tbody')", "the overview"
        )
        assert browser.run("document.cookie") == "", "a script can read the cookie"
        cookies = browser.send("Network.getCookies")["cookies"]
        assert [each["name"] for each in cookies] == ["martlet_session"], cookies
        assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict", cookies
        assert not any(key in json.dumps(cookies) for key in KEYS.values()), "the key is in a cookie"
        stored = browser.run("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
        assert not any(key in stored for key in KEYS.values()), "the key is stored"

    def find_an_event(self):
        """By keyboard alone: the slash, what is typed, the arrow, Enter."""
        browser = self.browser
        browser.press("/", "/")
        browser.wait("document.activeElement.id === 'q'", "the search field with the focus")
        browser.type("NO-10")
        browser.wait("document.querySelectorAll('tbody tr').length > 10", "events whose number begins so")
        assert browser.run("document.activeElement.id") == "q", "the focus left the search while it was typed"
        browser.type("42")
        browser.wait("document.querySelectorAll('tbody tr').length === 1", "one event")
        browser.press("ArrowDown")
        browser.wait("document.activeElement.textContent === 'NO-1042'", "the event with the focus")
        browser.press("Enter")
        browser.wait("document.querySelector('.timeline')", "a timeline")

    def read_the_timeline(self):
        text = self.text()
        for words in [
            "NO-1042",
            "Callback received from 127.0.0.1",
            "Verified",
            "Became payment.paid",
            "ledger attempt 1: answered 200",
            "crm attempt 1: answered 200",
            "warehouse",
            "skipped",
            '"order_id": "NO-1042"',
            '"merchant_order_id": "NO-1042"',
        ]:
            assert words in text, f"the event's page does not say {words}:\n{text}"

    def show_what_came_as_it_is(self):
        """What a stranger sends becomes text, and no digit and no member of it gets lost."""
        browser = self.browser
        hostile = "<img src=x onerror=alert(1)>"
        assert self.gateway.callback(hostile) == 200
        self.open("#/events", ".page-events tbody tr")
        browser.wait(f"document.querySelector('tbody a').textContent === {json.dumps(hostile)}", "the event, live")
        assert browser.run("document.querySelector('main img')") is None, "what came has become markup"
        came = '{"a":15.00,"a":[1e3,{}],"b":12345678901234567890,"c":"x\\"}{","d":null}'
        shown = browser.run(
            f"import('/assets/parts.js').then((parts) => parts.bodyView({json.dumps(came)}, 'body').textContent)"
        )
        assert "".join(shown.split()) == came, shown

    def replay_the_dead(self):
        browser = self.browser
        browser.run("(window.notReloaded = true)")
        browser.click(self.by_text("#nav a", "Dead letters"), "the link to dead letters")
        browser.wait(f"document.querySelectorAll('tbody tr').length === {DEAD}", "every dead letter")
        self.subscriber.mend()
        browser.click("document.querySelector('[data-key=all]')", "the box for all")
        browser.click(self.by_text(".bulk button", "Replay all"), "the button to replay")
        browser.wait(
            "document.querySelector('dialog[open]')?.innerText.includes('12 deliveries')", "a question with the number"
        )
        assert browser.run("document.activeElement.closest('dialog') !== null"), "the focus is not in the dialog"
        self.check("dialog", with_focus=False)
        self.picture("replay-question-1280", whole=False)
        if browser.run("!!document.querySelector('dialog [name=reason]')"):
            self.replay_by_the_gateway()
        else:
            self.replay_from_the_page()
        assert browser.run("window.notReloaded === true"), "the page was loaded again"
        until(
            "deliveries after the replay",
            lambda: {("/crm", f"DEAD-{each}") for each in range(1, DEAD + 1)} <= set(self.subscriber.received),
        )

    def replay_by_the_gateway(self):
        browser = self.browser
        browser.type("crm has been mended")
        browser.click("document.querySelector('dialog button[type=submit]')", "the button that confirms")
        browser.wait(
            "location.hash.startsWith('#/replays/') && document.querySelector('.badge')?.innerText.includes('done')",
            "the end of the replay",
        )
        assert f"{DEAD} of {DEAD}" in self.text(), self.text()
        self.check("replay")
        self.picture("replay-done-1280", whole=False)

    def replay_from_the_page(self):
        browser = self.browser
        browser.click("document.querySelector('dialog button[type=submit]')", "the button that confirms")
        browser.wait("document.querySelector('.run')?.dataset.state === 'done'", "the end of the replay")
        assert f"{DEAD} of {DEAD}" in browser.run("document.querySelector('.run-line').innerText")
        browser.wait(
            f"document.querySelector('.run-ended').innerText === '{DEAD} delivered'", "the word that all are delivered"
        )
        browser.wait(
            "document.querySelector('.empty-title')?.innerText === 'No dead letters'", "an empty list of dead letters"
        )
        self.picture("replay-done-1280", whole=False)

    def release_a_callback(self):
        browser = self.browser
        self.gateway.mend_source(signal.SIGHUP)
        browser.click(self.by_text("#nav a", "Quarantine"), "the link to quarantine")
        browser.click(self.by_text("tbody a", "qtn_1"), "the refused callback")
        browser.wait(
            "document.querySelector('main').innerText.includes('\"order_id\": \"TK-1\"')", "the callback as it came"
        )
        self.check("refused callback")
        self.picture("quarantined-1280")
        browser.click(self.by_text("main button", "Release"), "the button to release")
        browser.wait(
            "document.querySelector('.notice.good')?.innerText.includes('released')", "the word that it is released"
        )
        browser.click(self.by_text(".notice a", "See the event"), "the link to its event")
        browser.wait(
            "document.querySelector('.timeline') && document.querySelector('h1').innerText === 'TK-1'",
            "the event's page",
        )

    def look_at_every_page(self, event):
        places = [
            ("overview", "#/", ".tile"),
            ("events", "#/events", "tbody tr"),
            ("event", f"#/events/{event}", ".timeline"),
            ("deliveries", "#/deliveries", "tbody tr"),
            ("dead-letters", "#/dead", "tbody tr"),
            ("replays", "#/replays", "h1"),
            ("endpoints", "#/endpoints", ".card"),
            ("endpoint", "#/endpoints/crm", ".facts"),
            ("quarantine", "#/quarantine", "tbody tr"),
            ("watches", "#/watches", ".empty"),
            ("sources", "#/sources", "tbody tr"),
            ("audit", "#/audit", "h1"),
        ]
        for width, height in [(1280, 860), (390, 844)]:
            for scheme in ["light", "dark"]:
                self.browser.size(width, height, scheme)
                for name, hash, shows in places:
                    self.open(hash, f".page-{hash.split('/')[1] or 'overview'} {shows}")
                    # Where the focus goes does not depend on colours.
                    self.check(f"{name} {width} {scheme}", with_focus=scheme == "light")
                    self.picture(f"{name}-{width}-{scheme}")
        self.browser.size(1280, 860)

    def use_the_menu(self):
        browser = self.browser
        browser.size(390, 844)
        self.open("#/events", ".page-events tbody tr")
        browser.click("document.querySelector('#menu')", "the menu's button")
        browser.wait(
            "document.querySelector('#menu').ariaExpanded === 'true' && document.querySelector('#nav').checkVisibility()",
            "the menu",
        )
        self.picture("menu-390", whole=False)
        browser.click(self.by_text("#nav a", "Overview"), "the link to the overview")
        browser.wait(
            "document.querySelector('.tile') && !document.querySelector('#nav').checkVisibility()",
            "the overview without the menu",
        )
        browser.size(1280, 860)

    def sign_out(self):
        browser = self.browser
        browser.click("document.querySelector('#sign-out')", "the button to sign out")
        browser.wait("document.activeElement?.name === 'key'", "the form to sign in")
        assert browser.run("fetch('/v1/events').then((answer) => answer.status)") == 401

    def lose_the_gateway(self):
        """What is shown stays, and says that it is old."""
        browser = self.browser
        browser.type(KEYS["viewer"])
        browser.press("Enter")
        browser.wait("document.querySelector('.timeline')", "the page that was left")
        self.open("#/dead", ".page-dead .notice.warn")
        assert browser.run("document.querySelectorAll('.bulk button, tbody input').length") == 0, "a viewer may replay"
        self.open("#/events", ".page-events tbody tr")
        assert self.gateway.stop() == 0
        browser.wait("document.querySelector('#live').innerText.startsWith('Not reached')", "the word that it is gone")
        assert browser.run("document.querySelectorAll('tbody tr').length") > 10, "what was shown is gone"

    def all(self):
        self.browser.size(1280, 860)
        self.sign_in()
        self.find_an_event()
        self.read_the_timeline()
        event = self.gateway.ask("/v1/events?order=DEAD-7")["data"][0]["id"]
        self.look_at_every_page(event)
        self.use_the_menu()
        self.show_what_came_as_it_is()
        self.replay_the_dead()
        self.release_a_callback()
        self.sign_out()
        strange = [each for each in self.browser.problems if not any(part in each for part in EXPECTED)]
        assert not strange, f"the browser's console says: {strange}"
        self.lose_the_gateway()
        assert not self.wrong, "\n".join(dict.fromkeys(self.wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--martlet", required=True, help="the executable")
    parser.add_argument("--screenshots", help="a folder for the pictures; a temporary one by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="martlet-browser-", ignore_cleanup_errors=True) as folder:
        folder = pathlib.Path(folder)
        pictures = pathlib.Path(arguments.screenshots or folder / "pictures")
        pictures.mkdir(parents=True, exist_ok=True)
        subscriber = Subscriber()
        gateway = Gateway(arguments.martlet, folder, subscriber)
        try:
            seed(gateway, subscriber)
            browser = Chromium(folder)
            try:
                walk = Walk(browser, gateway, subscriber, pictures)
                walk.all()
            finally:
                browser.close()
        finally:
            status = gateway.stop()
            subscriber.close()
        assert status == 0, f"the gateway ended with {status}"
        print(json.dumps({"walked": True, **walk.counts}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        print(f"failed: {type(error).__name__}: {error}", flush=True)
        sys.exit(1)
