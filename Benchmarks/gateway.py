# SPDX-License-Identifier: Apache-2.0
"""A gateway under measurement: its configuration, its process, and what its store holds afterwards."""

import base64
import json
import os
import pathlib
import secrets
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request

import peers

HOOK = "/hooks/cryptomus/main"
ENDPOINTS = 3


class Gateway:
    """`martlet serve` with the settings a shop would run: SQLite on the real disk, every commit synced."""

    payment_key = "benchmark-" + secrets.token_hex(16)
    _webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def __init__(self, program, folder, endpoints=0, enabled=True, sink_port=9):
        self.port = peers.free_port()
        self._admin_port = peers.free_port()
        self._program = str(program)
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True)
        self._process = None
        self._configuration = self._folder / "config.json"
        self._configuration.write_text(json.dumps({
            "ingest": {"listen": f"127.0.0.1:{self.port}"},
            "admin": {"listen": f"127.0.0.1:{self._admin_port}", "keys": []},
            "store": "sqlite:martlet.db",
            "shops": [{"id": "shop"}],
            "sources": [{"provider": "cryptomus", "id": "main", "shop": "shop", "paymentKey": "env:PAYMENT_KEY"}],
            "endpoints": [
                {"id": f"sink-{number}", "url": f"http://127.0.0.1:{sink_port}/hooks", "shops": ["*"],
                 "events": ["payment.*"], "secrets": ["env:WEBHOOK_SECRET"], "enabled": enabled}
                for number in range(endpoints)],
            # Long, so that a delivery to the black hole is still under way when the process is killed.
            "delivery": {"timeout": "120s", "allowNetworks": ["127.0.0.0/8"]},
        }, indent=2))

    def start(self, wait=True):
        with open(self._folder / "martlet.log", "ab") as log:
            self._process = subprocess.Popen(
                [self._program, "serve", "--config", str(self._configuration)], stdin=subprocess.DEVNULL, stderr=log,
                env={**os.environ, "PAYMENT_KEY": self.payment_key, "WEBHOOK_SECRET": self._webhook_secret})
        if wait:
            peers.wait_until(self._ready, 30, "readiness of martlet")

    def require_running(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"martlet ended with {self._process.returncode}:\n{self.log_tail()}")

    def _ready(self):
        self.require_running()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._admin_port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def log_tail(self):
        lines = (self._folder / "martlet.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def kill(self):
        """What a power cut does to the process; what was acknowledged must be there afterwards."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """Stops gracefully; does nothing if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError("martlet did not stop within 60 s of SIGTERM") from None
        if code != 0:
            raise RuntimeError(f"martlet ended with {code}:\n{self.log_tail()}")

    def value(self, query):
        """One number from the store's file. Read-only; the gateway may be running."""
        connection = sqlite3.connect(f"file:{self._folder}/martlet.db?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query).fetchone()[0]
        finally:
            connection.close()

    def events(self):
        return self.value("SELECT count(*) FROM events")

    def body_bytes(self):
        return round(self.value("SELECT avg(length(envelope)) FROM (SELECT envelope FROM events LIMIT 1000)"))

    def deliveries(self, state=None):
        return self.value("SELECT count(*) FROM deliveries" + (f" WHERE state = '{state}'" if state else ""))
