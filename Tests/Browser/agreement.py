#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the numbers that the dashboard shows in a browser, and holds them against the rows of the store.

    MARTLET_KEY=… agreement.py --url URL --store FILE [--events] [--replay ID]

Nothing may be under way meanwhile. `--events`: the gateway has not been started anew since the first event, so the
overview counts them all. Prints one JSON object with what both say. Exit code 0: they agree. 1: they do not.
"""

import argparse
import json
import os
import pathlib
import re
import sqlite3
import sys
import tempfile

from chromium import Chromium
from walker import Walker


def digits(text):
    """The first number of a text: 4,000 of "4,000 of 4,000"."""
    return int(re.search(r"\d[\d,]*", text)[0].replace(",", ""))


class Page:
    def __init__(self, browser, url, replay):
        self.browser, self.url, self.replay = browser, url, replay
        self.walker = Walker(browser, None, None, None)
        browser.size(1280, 860)
        browser.go(url)
        self.walker.sign_in(os.environ["MARTLET_KEY"], shows=".tile")

    def inner(self, selector):
        return self.browser.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def overview(self):
        self.walker.open("#/", ".page-overview tbody")
        tile = lambda name, part: digits(self.inner(f'[data-key="tile-{name}"] {part}'))
        return {
            "waiting": tile("Waiting to be sent", ".tile-value"),
            "dead": tile("Dead letters", ".tile-value"),
            "events": tile("Events", ".hint"),
        }

    def states(self):
        self.walker.open("#/deliveries", ".page-deliveries .counts a")
        names = self.browser.run("[...document.querySelectorAll('.counts a')].map((each) => each.innerText)")
        return {name.split(" ", 1)[1]: digits(name) for name in names}

    def endpoints(self):
        self.walker.open("#/endpoints", ".page-endpoints .card")
        ids = self.browser.run("[...document.querySelectorAll('.card h2 a')].map((each) => each.innerText)")
        result = {}
        for id in ids:
            self.walker.open(f"#/endpoints/{id}", ".page-endpoints .facts")
            facts = self.facts()
            result[id] = {name: digits(facts[name.capitalize()]) for name in ("waiting", "dead", "skipped")}
        return result

    def facts(self):
        pairs = "[...document.querySelectorAll('.facts > div')].map((each) => each.innerText.split('\\n'))"
        return {pair[0]: pair[-1] for pair in self.browser.run(pairs)}

    def progress(self):
        self.walker.open(f"#/replays/{self.replay}", ".page-replays .facts")
        facts = self.facts()
        ended, total = [digits(part) for part in self.inner(".page-replays .progress").split(" of ")]
        return {
            "state": self.inner(".page-replays .badge").split()[-1],
            "ended": ended,
            "total": total,
            "delivered": digits(facts["Delivered"]),
            "left": digits(facts["Not made yet"]),
        }


def rows(file, sql, *values):
    database = sqlite3.connect(f"file:{pathlib.Path(file).resolve()}?mode=ro", uri=True)
    try:
        return database.execute(sql, values).fetchall()
    finally:
        database.close()


def stored(file, ids, replay):
    counts = rows(file, "SELECT endpoint, state, count(*) FROM deliveries GROUP BY endpoint, state")
    states = {}
    for _, state, count in counts:
        states[state] = states.get(state, 0) + count
    of = lambda id, state: sum(count for endpoint, name, count in counts if (endpoint, name) == (id, state))
    result = {
        "overview": {
            "waiting": states.get("pending", 0),
            "dead": states.get("dead", 0),
            # What the gateway says of itself is no news of a provider.
            "events": rows(file, "SELECT count(*) FROM events WHERE provider <> 'martlet'")[0][0],
        },
        "states": states,
        "endpoints": {
            id: {"waiting": of(id, "pending"), "dead": of(id, "dead"), "skipped": of(id, "skipped")} for id in ids
        },
    }
    if replay is not None:
        number = int(replay.removeprefix("rpl_"))
        made = dict(rows(file, "SELECT state, count(*) FROM deliveries WHERE replay = ? GROUP BY state", number))
        ended = sum(made.values()) - made.get("pending", 0)
        total = rows(file, "SELECT sum(total) FROM replay_targets WHERE replay = ?", number)[0][0]
        result["replay"] = {
            "state": rows(file, "SELECT state FROM replays WHERE id = ?", number)[0][0],
            "ended": ended,
            "total": total,
            "delivered": made.get("delivered", 0),
            "left": total - sum(made.values()),
        }
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--store", required=True, help="the database file")
    parser.add_argument("--events", action="store_true")
    parser.add_argument("--replay")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="martlet-numbers-", ignore_cleanup_errors=True) as folder:
        browser = Chromium(folder)
        try:
            page = Page(browser, arguments.url, arguments.replay)
            shown = {"overview": page.overview(), "states": page.states(), "endpoints": page.endpoints()}
            if arguments.replay is not None:
                shown["replay"] = page.progress()
        finally:
            browser.close()
    kept = stored(arguments.store, shown["endpoints"], arguments.replay)
    if not arguments.events:
        del shown["overview"]["events"], kept["overview"]["events"]
    print(json.dumps({"agree": shown == kept, "shown": shown, "stored": kept}), flush=True)
    return 0 if shown == kept else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as error:
        print(f"failed: {type(error).__name__}: {error}", flush=True)
        sys.exit(1)
