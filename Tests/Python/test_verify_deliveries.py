#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the checker: `python3 Tests/Python/test_verify_deliveries.py`."""

import base64
import datetime
import hashlib
import hmac
import http.client
import json
import pathlib
import secrets
import subprocess
import sys
import time
import unittest

import standardwebhooks
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

CHECKER = pathlib.Path(__file__).with_name("verify_deliveries.py")


class VerifyDeliveries(unittest.TestCase):
    def setUp(self):
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def start(self, count, *more, timeout=20):
        process = subprocess.Popen(
            [sys.executable, str(CHECKER), "--secret", self.secret, "--count", str(count), "--timeout", str(timeout),
             *more],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        connection = http.client.HTTPConnection("127.0.0.1", int(process.stdout.readline()), timeout=10)
        self.addCleanup(connection.close)
        return process, connection

    def deliver(self, connection, number, damage="", more=lambda moment, body: {}):
        body = json.dumps({"type": "payment.paid", "data": {"number": number}})
        moment = datetime.datetime.now(datetime.timezone.utc)
        signature = standardwebhooks.Webhook(self.secret).sign(f"evt_{number}", moment, body)
        connection.request("POST", "/hooks", body + damage, {
            "content-type": "application/json", "webhook-id": f"evt_{number}",
            "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature,
            **more(int(moment.timestamp()), body)})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def end(self, process):
        output, errors = process.communicate(timeout=30)
        return process.returncode, json.loads(output), errors

    def test_accepts_a_thousand_deliveries_on_one_connection(self):
        process, connection = self.start(1000)
        began = time.monotonic()
        statuses = {self.deliver(connection, number) for number in range(1000)}
        self.assertLess(time.monotonic() - began, 15)
        self.assertEqual(statuses, {200})
        code, summary, _ = self.end(process)
        self.assertEqual(code, 0)
        self.assertEqual(summary, {
            "received": 1000, "verified_standardwebhooks": 1000, "verified_svix": 1000, "distinct_events": 1000})

    def test_refuses_a_changed_body(self):
        process, connection = self.start(2)
        self.assertEqual(self.deliver(connection, 1), 200)
        self.assertEqual(self.deliver(connection, 2, damage=" "), 400)
        code, summary, errors = self.end(process)
        self.assertEqual(code, 1)
        self.assertEqual(summary["verified_standardwebhooks"], 1)
        self.assertEqual(summary["verified_svix"], 1)
        self.assertIn("evt_2", errors)
        self.assertNotIn(self.secret, errors)

    def test_counts_repeats_as_one_event(self):
        process, connection = self.start(3)
        for _ in range(3):
            self.deliver(connection, 7)
        code, summary, _ = self.end(process)
        self.assertEqual((code, summary["received"], summary["distinct_events"]), (0, 3, 1))

    def test_ends_with_1_when_too_few_arrive(self):
        process, _ = self.start(1, timeout=0.2)
        code, summary, _ = self.end(process)
        self.assertEqual((code, summary["received"]), (1, 0))

    def test_verifies_each_style_and_v1a_by_itself(self):
        private = Ed25519PrivateKey.generate()
        public = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()

        def mac(text):
            return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

        def headers(number, without=None):
            def make(seconds, body):
                content = f"evt_{number}.{seconds}.{body}"
                moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
                v1 = standardwebhooks.Webhook(self.secret).sign(f"evt_{number}", moment, body)
                v1a = base64.b64encode(private.sign(content.encode())).decode()
                made = {
                    "webhook-signature": f"{v1} v1a,{v1a}", "Stripe-Signature": f"t={seconds},v1={mac(f'{seconds}.{body}')}",
                    "X-Hub-Signature-256": f"sha256={mac(body)}", "svix-id": f"evt_{number}",
                    "svix-timestamp": str(seconds), "svix-signature": v1}
                damaged = {
                    "webhook-signature": v1, "Stripe-Signature": f"t={seconds},v1={mac(body)}",
                    "X-Hub-Signature-256": f"sha256={mac(body + ' ')}", "svix-signature": f"v1a,{v1a}"}
                return made | ({without: damaged[without]} if without else {})
            return make

        process, connection = self.start(5, "--public-key", public, "--styles", "stripe,github,svix")
        self.assertEqual(self.deliver(connection, 0, more=headers(0)), 200)
        for number, name in enumerate(["webhook-signature", "Stripe-Signature", "X-Hub-Signature-256", "svix-signature"]):
            self.assertEqual(self.deliver(connection, number + 1, more=headers(number + 1, name)), 400)
        code, summary, _ = self.end(process)
        self.assertEqual(code, 1)
        # Svix's library takes its own headers where there are both.
        self.assertEqual(summary, {
            "received": 5, "verified_standardwebhooks": 5, "verified_svix": 4, "verified_stripe_style": 4,
            "verified_github_style": 4, "verified_svix_style": 4, "verified_v1a": 4, "distinct_events": 5})


if __name__ == "__main__":
    unittest.main()
