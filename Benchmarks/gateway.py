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
import time
import urllib.error
import urllib.request

import peers

HOOK = "/hooks/cryptomus/main"
ENDPOINTS = 3


class Gateway:
    """`martlet serve` with the settings a shop would run: SQLite on the real disk, every commit synced."""

    payment_key = "benchmark-" + secrets.token_hex(16)
    admin_key = secrets.token_hex(16)
    limited_key = secrets.token_hex(16)
    _webhook_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def __init__(self, program, folder, endpoints=0, enabled=True, sink_port=9, others=(), settings=None):
        """`endpoints`: how many lead to `sink_port`; `others`: further ones as the configuration writes them.

        `settings`: parts of the configuration in place of those that stand here; `admin` without its address.
        """
        self.port = peers.free_port()
        self.admin_port = peers.free_port()
        self._settings = settings or {}
        self._program = str(program)
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._process = None
        self._configuration = self._folder / "config.json"
        self.configure(endpoints, enabled, sink_port, others)

    def configure(self, endpoints=0, enabled=True, sink_port=9, others=()):
        """Writes the file anew; takes effect at the next start."""
        common = {"shops": ["*"], "events": ["payment.*"], "secrets": ["env:WEBHOOK_SECRET"]}
        configuration = {
            "ingest": {"listen": f"127.0.0.1:{self.port}"},
            "admin": {"keys": []},
            "store": "sqlite:martlet.db",
            "shops": [{"id": "shop"}],
            "sources": [{"provider": "cryptomus", "id": "main", "shop": "shop", "paymentKey": "env:PAYMENT_KEY"}],
            "endpoints": [
                {"id": f"sink-{number}", "url": f"http://127.0.0.1:{sink_port}/hooks", "enabled": enabled, **common}
                for number in range(endpoints)] + [{**common, **other} for other in others],
            # Long, so that a delivery to the black hole is still under way when the process is killed.
            "delivery": {"timeout": "120s", "allowNetworks": ["127.0.0.0/8"]},
            **self._settings,
        }
        configuration["admin"] = {"listen": f"127.0.0.1:{self.admin_port}", **configuration["admin"]}
        self._configuration.write_text(json.dumps(configuration, indent=2))

    def start(self, wait=True):
        """Starts the process; returns the seconds until it was ready, if it waits for that."""
        began = time.monotonic()
        with open(self._folder / "martlet.log", "ab") as log:
            self._process = subprocess.Popen(
                [self._program, "serve", "--config", str(self._configuration)], stdin=subprocess.DEVNULL, stderr=log,
                env={**os.environ, "PAYMENT_KEY": self.payment_key, "WEBHOOK_SECRET": self._webhook_secret,
                     "ADMIN_KEY": self.admin_key, "LIMITED_KEY": self.limited_key})
        if wait:
            peers.wait_until(self._ready, 30, "readiness of martlet")
        return time.monotonic() - began

    @property
    def store_file(self):
        return self._folder / "martlet.db"

    @property
    def pid(self):
        return self._process.pid

    def megabytes(self):
        """Resident memory now, and the most there has been, in megabytes of 10^6 bytes."""
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
        kibibytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)
                     if name in ("VmRSS", "VmHWM")}
        return kibibytes["VmRSS"] * 1024 / 1e6, kibibytes["VmHWM"] * 1024 / 1e6

    def require_running(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"martlet ended with {self._process.returncode}:\n{self.log_tail()}")

    def _ready(self):
        self.require_running()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def log_tail(self):
        lines = (self._folder / "martlet.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def kill(self):
        """What a power cut does to the process; what was acknowledged must be there afterwards."""
        if self._process is not None:
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

    def last_event(self):
        """The number of the newest event; as many as have come in, and quicker than counting them."""
        return self.value("SELECT coalesce(max(sequence), 0) FROM events")

    def body_bytes(self):
        return round(self.value("SELECT avg(length(envelope)) FROM (SELECT envelope FROM events LIMIT 1000)"))

    def deliveries(self, state=None, endpoint=None):
        terms = [f"{name} = '{value}'" for name, value in (("state", state), ("endpoint", endpoint)) if value]
        return self.value("SELECT count(*) FROM deliveries" + (f" WHERE {' AND '.join(terms)}" if terms else ""))

    def store_state(self):
        """Size and last change of the store's file and its log; equal as long as nothing has been written."""
        files = [self._folder / name for name in ("martlet.db", "martlet.db-wal")]
        return [(stat.st_size, stat.st_mtime_ns) for stat in (file.stat() for file in files if file.exists())]

    def store_bytes(self):
        return sum(file.stat().st_size for file in self._folder.glob("martlet.db*"))
