#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A subscriber that checks every delivery with the libraries that subscribers in Python use.

Binds a free port of 127.0.0.1 and prints its number as the first line. Each POST is verified with
`standardwebhooks` and with `svix` (whose newer versions stand on the former), and further, if it is asked for:

    --public-key whpk_…   the `v1a` signatures, with `cryptography`; without --secret, these alone
    --styles LIST         headers of other systems with the same secret: `stripe` with Stripe's library, `svix` with
                          Svix's library from its own headers alone, `github` as GitHub's documentation says

It is answered with 200 if all accept it and with 400 otherwise. Once --count deliveries have arrived, or --timeout
seconds have passed, one JSON object is printed:

    {"received": 1000, "verified_standardwebhooks": 1000, "verified_svix": 1000, "distinct_events": 1000}

Exit code 0: all arrived and every verifier accepted each. 1: anything else. 2: wrong usage.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import standardwebhooks
import svix.webhooks
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


class AsymmetricVerifier:
    """`v1a` of Standard Webhooks 1.0.0, which the libraries do not verify."""

    def __init__(self, text):
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(text[5:], validate=True))

    def verify(self, body, headers):
        headers = lowered(headers)
        content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
        for entry in headers["webhook-signature"].split():
            scheme, _, signature = entry.partition(",")
            if scheme != "v1a":
                continue
            try:
                return self._key.verify(base64.b64decode(signature, validate=True), content)
            except InvalidSignature:
                continue
        raise ValueError("no v1a signature matches")


class StripeVerifier:
    """Stripe's library, given the secret's whole text as it is given Stripe's own."""

    def __init__(self, text):
        import stripe
        self._text = text
        self._library = stripe.WebhookSignature

    def verify(self, body, headers):
        self._library.verify_header(body.decode(), lowered(headers)["stripe-signature"], self._text, tolerance=300)


class GitHubVerifier:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"""

    def __init__(self, text):
        self._key = text.encode()

    def verify(self, body, headers):
        expected = "sha256=" + hmac.new(self._key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, lowered(headers)["x-hub-signature-256"]):
            raise ValueError("x-hub-signature-256 does not match")


class SvixHeadersVerifier:
    """Svix's library without the standard headers, so that it has only its own to go by."""

    def __init__(self, text):
        self._webhook = svix.webhooks.Webhook(text)

    def verify(self, body, headers):
        kept = {name: value for name, value in lowered(headers).items() if not name.startswith("webhook-")}
        self._webhook.verify(body, kept)


STYLES = {"stripe": StripeVerifier, "github": GitHubVerifier, "svix": SvixHeadersVerifier}


class Tally:
    """What has arrived so far; shared by the handlers' threads."""

    def __init__(self, wanted, names):
        self._lock = threading.Lock()
        self._wanted = wanted
        self._events = set()
        self._received = 0
        self._verified = dict.fromkeys(names, 0)
        self.complete = threading.Event()

    def add(self, event_id, accepted_by):
        with self._lock:
            self._received += 1
            self._events.add(event_id)
            for name in accepted_by:
                self._verified[name] += 1
            if self._received >= self._wanted:
                self.complete.set()

    def summary(self):
        with self._lock:
            return {
                "received": self._received,
                **{f"verified_{name}": number for name, number in self._verified.items()},
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


def public_key(text):
    if not text.startswith("whpk_"):
        raise argparse.ArgumentTypeError("must be whpk_…")
    return text


def styles(text):
    names = text.split(",")
    for name in names:
        if name not in STYLES:
            raise argparse.ArgumentTypeError(f"knows {', '.join(STYLES)}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--secret", type=secret, help="whsec_… or env:NAME")
    parser.add_argument("--public-key", type=public_key, help="whpk_…")
    parser.add_argument("--styles", type=styles, default=[], help="stripe,github,svix or some of them; needs --secret")
    parser.add_argument("--count", type=int, default=1, help="deliveries to wait for (default 1)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait (default 60)")
    options = parser.parse_args()

    if not options.secret and (options.styles or not options.public_key):
        parser.error("give --secret, or --public-key without --styles")

    if options.secret:
        Subscriber.verifiers = {
            "standardwebhooks": standardwebhooks.Webhook(options.secret),
            "svix": svix.webhooks.Webhook(options.secret),
        }
        for style in options.styles:
            Subscriber.verifiers[f"{style}_style"] = STYLES[style](options.secret)
    if options.public_key:
        Subscriber.verifiers["v1a"] = AsymmetricVerifier(options.public_key)
    Subscriber.tally = Tally(options.count, Subscriber.verifiers)
    server = Server(("127.0.0.1", 0), Subscriber)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Subscriber.tally.complete.wait(options.timeout)
    server.shutdown()
    print(json.dumps(Subscriber.tally.summary()), flush=True)
    return 0 if Subscriber.tally.succeeded() else 1


if __name__ == "__main__":
    sys.exit(main())
