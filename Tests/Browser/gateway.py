# SPDX-License-Identifier: Apache-2.0
"""A gateway with a subscriber and callbacks, for the browser to look at."""

import base64
import hashlib
import http.client
import json
import pathlib
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {"viewer": "viewer-key-0123456789", "operator": "operator-key-0123456789", "admin": "admin-key-0123456789"}
PAYMENT_KEY = "test-payment-key-5c1d9a7e"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


class Subscriber:
    """Answers 200, except to a path that is out of order until `mend` is called."""

    def __init__(self):
        self.is_broken = True
        self.received = []
        self.refused = []
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                order = json.loads(body)["data"].get("merchant_order_id") or ""
                refuses = subscriber.is_broken and self.path == "/crm" and order.startswith("DEAD-")
                text = b'{"error":"no such column: vat_rate"}' if refuses else b'{"ok":true}'
                self.send_response(422 if refuses else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                if refuses:
                    subscriber.refused.append(order)
                else:
                    subscriber.received.append((self.path, order))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def mend(self):
        self.is_broken = False

    def close(self):
        self.server.shutdown()


class Gateway:
    """`martlet serve` on free ports, its store in the given folder."""

    def __init__(self, program, folder, subscriber):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.subscriber = subscriber
        self._configure("the-wrong-key")
        self.process = subprocess.Popen(
            [program, "serve", "--config", str(self.folder / "config.json"), "--log-level", "notice"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self._is_reloaded = threading.Event()
        self.ports = self._ports()
        threading.Thread(target=self._follow, daemon=True).start()

    def _configure(self, second_key):
        """`second_key`: of a source whose secret is wrong at first, so that its callbacks are refused."""
        endpoint = lambda id, more: {
            "id": id,
            "url": f"{self.subscriber.url}/{id}",
            "shops": ["*"],
            "events": ["*"],
            "secrets": [f"plain:{SECRET}"],
            **more,
        }
        configuration = {
            "ingest": {"listen": "127.0.0.1:0"},
            "admin": {
                "listen": "127.0.0.1:0",
                "keys": [{"name": f"desk-{role}", "key": f"plain:{key}", "role": role} for role, key in KEYS.items()],
            },
            "store": "sqlite:martlet.db",
            "shops": [{"id": "nordic"}, {"id": "tashkent"}],
            "sources": [
                {"provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": f"plain:{PAYMENT_KEY}"},
                {"provider": "cryptomus", "id": "second", "shop": "tashkent", "paymentKey": f"plain:{second_key}"},
            ],
            "endpoints": [
                endpoint("ledger", {}),
                endpoint("crm", {"schedule": ["10ms"]}),
                endpoint("warehouse", {"enabled": False}),
            ],
            "delivery": {"allowNetworks": ["127.0.0.0/8"]},
        }
        (self.folder / "config.json").write_text(json.dumps(configuration))

    def _ports(self):
        for line in self.process.stderr:
            self.log.append(line)
            if "gateway started" in line:
                words = dict(word.split("=", 1) for word in line.split() if "=" in word)
                return {name: int(words[name].rsplit(":", 1)[1]) for name in ("ingest", "admin")}
        raise RuntimeError("the gateway did not start: " + "".join(self.log))

    def _follow(self):
        for line in self.process.stderr:
            self.log.append(line)
            if "configuration reloaded" in line:
                self._is_reloaded.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.ports['admin']}"

    def mend_source(self, reload_signal):
        """Gives the second source its right key, as an operator does: file, then SIGHUP; waits until it is in force."""
        self._configure(PAYMENT_KEY)
        self._is_reloaded.clear()
        self.process.send_signal(reload_signal)
        if not self._is_reloaded.wait(20):
            raise RuntimeError("the configuration was not reloaded: " + "".join(self.log))

    def callback(self, order, status="paid", source="main", amount="15.00"):
        """Sends a callback that is signed with the right key (providers.md 4.5); gives back the HTTP status."""
        fields = {
            "type": "payment",
            "uuid": f"uuid-{order}",
            "order_id": order,
            "amount": amount,
            "payment_amount": amount,
            "is_final": True,
            "status": status,
            "network": "tron",
            "currency": "USDT",
            "payer_currency": "USDT",
            "payer_amount": amount,
        }
        body = json.dumps(fields, separators=(",", ":"))
        sign = hashlib.md5(base64.b64encode(body.encode()) + PAYMENT_KEY.encode()).hexdigest()
        body = json.dumps({**fields, "sign": sign}, separators=(",", ":"))
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["ingest"], timeout=20)
        connection.request("POST", f"/hooks/cryptomus/{source}", body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        return status

    def ask(self, path, method="GET", body=None, role="admin"):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["admin"], timeout=20)
        connection.request(method, path, body and json.dumps(body), {"Authorization": f"Bearer {KEYS[role]}"})
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
