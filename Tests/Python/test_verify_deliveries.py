#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the checker: `python3 Tests/Python/test_verify_deliveries.py`."""

import base64
import datetime
import http.client
import json
import pathlib
import secrets
import subprocess
import sys
import time
import unittest

import standardwebhooks

CHECKER = pathlib.Path(__file__).with_name("verify_deliveries.py")


class VerifyDeliveries(unittest.TestCase):
    def setUp(self):
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def start(self, count, timeout=20):
        process = subprocess.Popen(
            [sys.executable, str(CHECKER), "--secret", self.secret, "--count", str(count), "--timeout", str(timeout)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        connection = http.client.HTTPConnection("127.0.0.1", int(process.stdout.readline()), timeout=10)
        self.addCleanup(connection.close)
        return process, connection

    def deliver(self, connection, number, damage=""):
        body = json.dumps({"type": "payment.paid", "data": {"number": number}})
        moment = datetime.datetime.now(datetime.timezone.utc)
        signature = standardwebhooks.Webhook(self.secret).sign(f"evt_{number}", moment, body)
        connection.request("POST", "/hooks", body + damage, {
            "content-type": "application/json", "webhook-id": f"evt_{number}",
            "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature})
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


if __name__ == "__main__":
    unittest.main()
