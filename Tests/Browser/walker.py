# SPDX-License-Identifier: Apache-2.0
"""What every step of the walk through the dashboard needs."""

import json
import threading
import time

import checks
from gateway import KEYS


def until(what, test, patience=30.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := test():
            return value
        threading.Event().wait(0.02)
    raise AssertionError(f"in {patience} s there was no {what}")


class Walker:
    """One browser before one gateway, and what has been found wrong so far."""

    def __init__(self, browser, gateway, subscriber, pictures):
        self.browser, self.gateway, self.subscriber, self.pictures = browser, gateway, subscriber, pictures
        self.counts = {"pages": 0, "controls": 0, "texts": 0, "stops": 0, "pictures": 0, "presses": 0}
        self.wrong = []

    # Looking

    def picture(self, name, whole=True):
        if whole:
            self.browser.run("(scrollTo(0, 0), true)")
        self.browser.picture(self.pictures / f"{name}.png", whole)
        self.counts["pictures"] += 1

    def check(self, name, with_focus=True):
        self.wrong += [f"{name}: {each}" for each in checks.check(self.browser, self.counts, with_focus)]

    def text(self, selector="main"):
        return self.browser.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def sees(self, words, selector="main"):
        """Waits until a part of the page says something."""
        part = f"document.querySelector({json.dumps(selector)})"
        self.browser.wait(f"({part}?.innerText ?? '').includes({json.dumps(words)})", f"{words!r} in {selector}")

    def lists(self, order):
        """Waits until one of the rows is named so."""
        names = "[...document.querySelectorAll('main tbody th a')].map((each) => each.textContent)"
        self.browser.wait(f"{names}.includes({json.dumps(order)})", f"a row {order}")

    def rows(self):
        return self.browser.run("document.querySelectorAll('main tbody tr').length")

    # Going and pressing

    def open(self, hash, shows="h1"):
        self.browser.run(f"location.hash = {json.dumps(hash)}, true")
        self.browser.wait(
            f"location.hash === {json.dumps(hash)} && document.querySelector({json.dumps(shows)})", f"{shows} at {hash}"
        )

    def by_text(self, selector, text):
        begins = f"(each) => each.textContent.trim().startsWith({json.dumps(text)})"
        return f"[...document.querySelectorAll({json.dumps(selector)})].find({begins})"

    def press(self, text, inside="main"):
        """Clicks the button or link that begins so; a button whose work is under way would not heed it."""
        ready = f"{inside} button:not([aria-disabled=true]), {inside} a"
        self.browser.click(self.by_text(ready, text), f"{text!r} in {inside}")
        self.counts["presses"] += 1

    def answer(self, says, confirm, **fields):
        """In the question that has opened: sees what it says, fills its fields and confirms."""
        self.sees(says, "dialog[open]")
        focus = "document.activeElement.closest('dialog') !== null"
        assert self.browser.run(focus), f"the focus is not in the question {says!r}"
        for name, value in fields.items():
            self.browser.fill(name, value)
        self.press(confirm, "dialog[open]")

    def is_answered(self):
        self.browser.wait("document.querySelector('dialog[open]') === null", "end of the question")

    def buttons(self, inside="main"):
        """Of what can be pressed, the words, without what only copies or leads elsewhere."""
        return self.browser.run(
            f"[...document.querySelectorAll('{inside} button:not(.copy)')].map((each) => each.textContent.trim())"
        )

    # Signing in

    def sign_in(self, key=KEYS["admin"], shows="h1"):
        self.browser.wait("document.activeElement?.name === 'key'", "the key's field with the focus")
        self.browser.type(key)
        self.browser.press("Enter")
        self.browser.wait(
            f"!document.querySelector('#top').hidden && document.querySelector('main {shows}')", f"{shows} after sign-in"
        )

    def sign_out(self):
        self.browser.click("document.querySelector('#sign-out')", "the button to sign out")
        self.browser.wait("document.activeElement?.name === 'key'", "the form to sign in")
        assert self.browser.run("fetch('/v1/events').then((answer) => answer.status)") == 401
