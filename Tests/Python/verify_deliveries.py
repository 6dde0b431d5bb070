#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A subscriber that checks every delivery with the two libraries that subscribers in Python use.

Binds a free port of 127.0.0.1 and prints its number as the first line. Each POST is verified with
`standardwebhooks` and with `svix` (whose newer versions stand on the former); it is answered with 200 if both accept
it and with 400 otherwise. Once --count deliveries have arrived, or --timeout seconds have passed, one JSON object is printed:

    {"received": 1000, "verified_standardwebhooks": 1000, "verified_svix": 1000, "distinct_events": 1000}

Exit code 0: all arrived and both libraries accepted every one. 1: anything else. 2: wrong usage.
"""

import argparse
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks
import svix.webhooks


class Tally:
    """What has arrived so far; shared by the handlers' threads."""

    def __init__(self, wanted):
        self._lock = threading.Lock()
        self._wanted = wanted
        self._events = set()
        self._received = 0
        self._verified = {"standardwebhooks": 0, "svix": 0}
        self.complete = threading.Event()

    def add(self, event_id, accepted_by):
        with self._lock:
            self._received += 1
            self._events.add(event_id)
            for library in accepted_by:
                self._verified[library] += 1
            if self._received >= self._wanted:
                self.complete.set()

    def summary(self):
        with self._lock:
            return {
                "received": self._received,
                "verified_standardwebhooks": self._verified["standardwebhooks"],
                "verified_svix": self._verified["svix"],
                "distinct_events": len(self._events),
            }

    def succeeded(self):
        with self._lock:
            return self._received >= self._wanted and all(n == self._received for n in self._verified.values())


class Subscriber(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Set by `serve`.
    verifiers = {}
    tally = None

    def do_POST(self):
        length = self.headers.get("Content-Length")
        if length is None or not length.isdigit():
            self._answer(411)
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        headers = dict(self.headers.items())
        accepted_by = [
            name for name, verifier in self.verifiers.items() if self._accepts(name, verifier, body, headers)]
        # Answered before it is counted, so that the last delivery has its answer when the process ends.
        self._answer(200 if len(accepted_by) == len(self.verifiers) else 400)
        self.tally.add(self.headers.get("webhook-id"), accepted_by)

    def _accepts(self, name, verifier, body, headers):
        try:
            verifier.verify(body, headers)
        except Exception as error:  # the libraries raise more than their own types, for instance on a bad timestamp
            print(f"{name} refused {self.headers.get('webhook-id')}: {error}", file=sys.stderr)
            return False
        return True

    def _answer(self, status):
        # No body: head and body would be two writes, which delayed acknowledgements make slow.
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def secret(text):
    """`env:NAME` or the `whsec_…` text itself."""
    value = os.environ.get(text[4:], "") if text.startswith("env:") else text
    if not value.startswith("whsec_"):
        raise argparse.ArgumentTypeError("must be whsec_… or env:NAME of a variable that holds it")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--secret", type=secret, required=True, help="whsec_… or env:NAME")
    parser.add_argument("--count", type=int, default=1, help="deliveries to wait for (default 1)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait (default 60)")
    options = parser.parse_args()

    Subscriber.tally = Tally(options.count)
    Subscriber.verifiers = {
        "standardwebhooks": standardwebhooks.Webhook(options.secret),
        "svix": svix.webhooks.Webhook(options.secret),
    }
    server = Server(("127.0.0.1", 0), Subscriber)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Subscriber.tally.complete.wait(options.timeout)
    server.shutdown()
    print(json.dumps(Subscriber.tally.summary()), flush=True)
    return 0 if Subscriber.tally.succeeded() else 1


if __name__ == "__main__":
    sys.exit(main())
