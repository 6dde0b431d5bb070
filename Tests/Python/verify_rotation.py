#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Four subscribers in the middle of a rotation, which verify with the library `standardwebhooks`.

Binds a free port of 127.0.0.1 and prints its number as the first line. What a subscriber knows, its path says:

    /old    the old secret, OLD_SECRET of the environment
    /new    the new secret, NEW_SECRET
    /both   both; either may have signed
    /mover  the old one until the first delivery that two secrets have signed, from that one on only the new one;
            it must be sent one delivery at a time

A delivery is answered with 200 if it is accepted and with 400 otherwise. A GET is answered with one JSON object such as

    {"old_accepted": 600, "old_refused": 0, "old_events": 600, …, "mover_by_old": 200, "mover_by_new": 400}

and ends the process, with exit code 0 if nothing was refused and with 1 otherwise.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks

OLD = standardwebhooks.Webhook(os.environ["OLD_SECRET"])
NEW = standardwebhooks.Webhook(os.environ["NEW_SECRET"])
KNOWN = {"old": [OLD], "new": [NEW], "both": [NEW, OLD], "mover": [OLD]}


class Tally:
    """What has arrived; shared by the handlers' threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._counts = {f"{name}_{what}": 0 for name in KNOWN for what in ("accepted", "refused")}
        self._counts |= {"mover_by_old": 0, "mover_by_new": 0}
        self._events = {name: set() for name in KNOWN}

    def add(self, name, event_id, webhook):
        with self._lock:
            self._counts[f"{name}_{'accepted' if webhook else 'refused'}"] += 1
            if webhook:
                self._events[name].add(event_id)
            if webhook and name == "mover":
                self._counts[f"mover_by_{'old' if webhook is OLD else 'new'}"] += 1

    def summary(self):
        with self._lock:
            return self._counts | {f"{name}_events": len(events) for name, events in self._events.items()}


class Subscriber(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tally = Tally()
    end = threading.Event()

    def do_GET(self):
        body = json.dumps(self.tally.summary()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.end.set()

    def do_POST(self):
        name = self.path.strip("/")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = dict(self.headers.items())
        if name == "mover" and len(self.headers["webhook-signature"].split()) == 2:
            KNOWN[name] = [NEW]
        accepting = next((webhook for webhook in KNOWN[name] if accepts(webhook, body, headers)), None)
        # Counted before it is answered: whoever sees the answer may ask for the summary.
        self.tally.add(name, self.headers["webhook-id"], accepting)
        self.send_response(200 if accepting else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def accepts(webhook, body, headers):
    try:
        webhook.verify(body, headers)
        return True
    except standardwebhooks.WebhookVerificationError:
        return False


def main():
    server = Server(("127.0.0.1", 0), Subscriber)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Subscriber.end.wait()
    server.shutdown()
    return 1 if any(count for name, count in Subscriber.tally.summary().items() if name.endswith("_refused")) else 0


if __name__ == "__main__":
    sys.exit(main())
