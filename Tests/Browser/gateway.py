# SPDX-License-Identifier: Apache-2.0
"""A gateway with a subscriber and callbacks, for the browser to look at."""

import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {"viewer": "viewer-key-0123456789", "operator": "operator-key-0123456789", "admin": "admin-key-0123456789"}
# An operator of one shop.
NORDIC_KEY = "nordic-key-0123456789"
PAYMENT_KEY = "test-payment-key-5c1d9a7e"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
SECRETS_KEY = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
# What an endpoint may answer to spoil the page that shows it: markup, a script, another direction, control characters.
HOSTILE = "</pre><script>window.spoilt = true</script><b>bold</b> \u202edekcits\u202c \x07 \u2066x"


class Subscriber:
    """Answers 200, except to what is out of order until `mend` is called; also a provider that is out of order."""

    def __init__(self):
        self.is_broken = True
        self.received = []
        self.refused = []
        self.requests = []
        subscriber = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path.startswith("/v1/"):
                    return self.answer(503, b'{"message":"down for maintenance"}')
                order = json.loads(body)["data"].get("merchant_order_id") or ""
                if subscriber.refuses(self.path, order):
                    subscriber.refused.append(order)
                    text = HOSTILE if "EVIL" in order else '{"error":"no such column: vat_rate"}'
                    return self.answer(422 if self.path == "/crm" else 500, text.encode())
                subscriber.requests.append((self.path, order, self.headers, body))
                subscriber.received.append((self.path, order))
                self.answer(200, b'{"ok":true}')

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def refuses(self, path, order):
        if path == "/archive":
            return self.is_broken and order.startswith("WAIT-")
        return path == "/crm" and (self.is_broken and order.startswith("DEAD-") or "EVIL" in order)

    def is_signed(self, path, order, secret):
        """Whether a delivery bears a signature with that secret (Standard Webhooks)."""
        headers, body = next((each[2], each[3]) for each in self.requests if each[:2] == (path, order))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{wanted}" in headers["webhook-signature"].split(" ")

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
        self.second_key = "the-wrong-key"
        self.ports = {"ingest": 0, "admin": 0}
        self.start()

    def start(self):
        """On the ports that it had before, if it had any: whoever looks at it must find it again."""
        self.listens = dict(self.ports)
        self._configure()
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", str(self.folder / "config.json"), "--log-level", "notice"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = []
        self._is_reloaded = threading.Event()
        self.ports = self._ports()
        threading.Thread(target=self._follow, args=[self.process.stderr], daemon=True).start()

    def _configure(self):
        """The second source's secret is wrong at first, so that its callbacks are refused."""
        keys = [{"name": f"desk-{role}", "key": f"plain:{key}", "role": role} for role, key in KEYS.items()]
        keys.append({"name": "nordic", "key": f"plain:{NORDIC_KEY}", "role": "operator", "shops": ["nordic"]})
        endpoint = lambda id, more: {
            "id": id,
            "url": f"{self.subscriber.url}/{id}",
            "shops": ["*"],
            "events": ["*"],
            "secrets": [f"plain:{SECRET}"],
            **more,
        }
        configuration = {
            "ingest": {"listen": f"127.0.0.1:{self.listens['ingest']}"},
            "admin": {"listen": f"127.0.0.1:{self.listens['admin']}", "keys": keys},
            "store": "sqlite:martlet.db",
            "secretsKey": f"plain:{SECRETS_KEY}",
            "shops": [{"id": "nordic"}, {"id": "tashkent"}],
            "sources": [
                {
                    "provider": "cryptomus",
                    "id": "main",
                    "shop": "nordic",
                    "paymentKey": f"plain:{PAYMENT_KEY}",
                    "merchant": "8b03432e-385b-4670-8d06-064591096795",
                    "apiBase": self.subscriber.url,
                },
                {"provider": "cryptomus", "id": "second", "shop": "tashkent", "paymentKey": f"plain:{self.second_key}"},
            ],
            "endpoints": [
                endpoint("ledger", {}),
                endpoint("crm", {"schedule": ["10ms"]}),
                endpoint("archive", {"schedule": ["1h"], "shops": ["nordic"]}),
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

    def _follow(self, lines):
        for line in lines:
            self.log.append(line)
            if "configuration reloaded" in line:
                self._is_reloaded.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.ports['admin']}"

    def mend_source(self, reload_signal):
        """Gives the second source its right key, as an operator does: file, then SIGHUP; waits until it is in force."""
        self.second_key = PAYMENT_KEY
        self._configure()
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

    def ask(self, path, method="GET", body=None, key=KEYS["admin"]):
        """The answer's object; of a refusal its problem."""
        return self.exchange(path, method, body, key)[1]

    def exchange(self, path, method="GET", body=None, key=KEYS["admin"]):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["admin"], timeout=20)
        connection.request(method, path, body and json.dumps(body), {"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        connection.close()
        return response.status, answer

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
