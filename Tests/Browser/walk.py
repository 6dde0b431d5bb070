#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Walks the dashboard of a real gateway with a real browser, as an operator does after an outage.

Starts `martlet serve` and a subscriber on free ports of 127.0.0.1 with a store in a temporary folder, sends callbacks,
and drives headless Chromium: every page in light and dark, at 1280 and 390 pixels, is checked for names, contrast,
structure and the order of focus; every button is pressed and what it did is asked of the gateway; and what goes wrong
around a page is made to. The steps are in `steps`, page by page.

    walk.py --martlet PATH [--screenshots FOLDER]

Prints one JSON object. Exit code 0: all went well. 1: not, and the last lines say what. 2: wrong usage.
"""

import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time

from chromium import Chromium
from gateway import Gateway, Subscriber
from steps import (
    dead_letters,
    endpoints,
    events,
    every_page,
    keys,
    limits,
    mishaps,
    quarantine,
    signing_in,
    watches,
    weather,
)
from walker import Walker, until

DEAD = 12
# What a browser says of a page that is not signed in, and of what is refused, as some steps want it.
EXPECTED = ("401 (Unauthorized)", "403 (Forbidden)", "404 (Not Found)", "400 (Bad Request)", "409 (Conflict)")


def seed(gateway, subscriber):
    """Sixty payments, four callbacks of the second source that are refused since its secret is wrong.

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
    for number in range(1, 5):
        assert gateway.callback(f"TK-{number}", source="second") == 403
    gateway.ask("/v1/watches", "POST", {"source": "cryptomus/main", "kind": "payment", "orderId": "NO-2001"})
    until("dead letters", lambda: len(gateway.ask("/v1/deliveries?state=dead&limit=500")["data"]) == DEAD)


def walk(walker):
    """All of it, in the order in which one needs what the other leaves."""
    browser, gateway = walker.browser, walker.gateway
    browser.size(1280, 860)
    signing_in.sign_in(walker)
    events.find_an_event(walker)
    events.read_the_timeline(walker)
    events.tell_an_answer_from_a_callback(walker)
    event = gateway.ask("/v1/events?order=DEAD-7")["data"][0]["id"]
    every_page.look_at_every_page(walker, event)
    every_page.use_the_menu(walker)
    weather.go_by_addresses(walker, event)
    weather.answer_late(walker)
    weather.keep_lists_whole(walker)
    mishaps.send_the_same_wish_again(walker)
    mishaps.follow_no_longer_than_is_sensible(walker)
    mishaps.read_the_last_hour_again_after_a_failure(walker)
    mishaps.see_only_news_of_the_gateway(walker)
    mishaps.look_away_and_back(walker)
    mishaps.choose_another_filter_while_it_counts(walker)
    dead_letters.replay_the_dead(walker, DEAD)
    events.show_what_came_as_it_is(walker)
    dead_letters.send_some_again(walker)
    events.send_and_cancel(walker)
    events.remove_what_it_says_of_people(walker)
    endpoints.lead_one_through_its_life(walker)
    watches.steer_a_watch(walker)
    watches.compare_with_the_list(walker)
    keys.make_and_revoke_a_key(walker)
    mishaps.stop_releasing_in_the_middle(walker)
    quarantine.see_to_the_refused(walker, signal.SIGHUP)
    foreign = gateway.ask("/v1/events?order=TK-1")["data"][0]["id"]
    walker.sign_out()
    limits.look_as_a_viewer(walker, event)
    walker.sign_out()
    limits.look_as_an_operator_of_one_shop(walker, foreign)
    walker.sign_out()
    walker.sign_in()
    strange = [each for each in browser.problems if not any(part in each for part in EXPECTED)]
    assert not strange, f"the browser's console says: {strange}"
    weather.lose_the_stream(walker)
    weather.share_with_another_tab(walker)
    weather.outlive_a_restart(walker)
    weather.end_in_the_middle(walker)
    assert not walker.wrong, "\n".join(dict.fromkeys(walker.wrong))


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
                walker = Walker(browser, gateway, subscriber, pictures)
                began = time.monotonic()
                walk(walker)
                walker.counts["seconds"] = round(time.monotonic() - began)
            except Exception:
                browser.picture(pictures / "failed.png")
                raise
            finally:
                browser.close()
        finally:
            status = gateway.stop()
            subscriber.close()
        assert status == 0, f"the gateway ended with {status}"
        print(json.dumps({"walked": True, **walker.counts}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        print(f"failed: {type(error).__name__}: {error}", flush=True)
        sys.exit(1)
