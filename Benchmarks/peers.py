# SPDX-License-Identifier: Apache-2.0
"""What Martlet is measured with and against: nginx, wrk, the bare libcurl loop, and a socket that never answers."""

import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent
CONNECTIONS = 64


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """Asks until `condition` is true; the pause between two questions is what the answer may be late by."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not happen within {seconds} s")
        time.sleep(0.01)


def post(port, path, body):
    """Posts one callback, which must be acknowledged."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


def sync(folder):
    """Writes what is in memory of the folder's file system to the disk."""
    subprocess.run(["sync", "-f", str(folder)], check=True)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Nginx:
    """One worker, no access log, `return 200` for everything, and a counter of requests that Martlet has no hand in."""

    def __init__(self, folder, port):
        self.port = port
        self._asked = 0
        self._status = None
        self._folder = pathlib.Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        configuration = self._folder / "nginx.conf"
        configuration.write_text(f"""
            worker_processes 1;
            daemon off;
            pid {self._folder}/nginx.pid;
            error_log {self._folder}/error.log warn;
            events {{ worker_connections 2048; }}
            http {{
                access_log off;
                keepalive_requests 100000000;
                keepalive_timeout 300s;
                client_body_temp_path {self._folder}/body;
                proxy_temp_path {self._folder}/proxy;
                fastcgi_temp_path {self._folder}/fastcgi;
                uwsgi_temp_path {self._folder}/uwsgi;
                scgi_temp_path {self._folder}/scgi;
                server {{
                    listen 127.0.0.1:{port} backlog=1024;
                    default_type text/plain;
                    location = /status {{ stub_status; }}
                    location / {{ return 200 "ok"; }}
                }}
            }}
        """)
        with open(self._folder / "output.log", "wb") as output:
            self._process = subprocess.Popen(["nginx", "-p", str(self._folder), "-c", str(configuration)],
                                             stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            wait_until(lambda: accepts(port), 10, "the start of nginx")
        except RuntimeError as problem:
            self.stop()
            raise RuntimeError(f"{problem}: {(self._folder / 'output.log').read_text().strip()}") from None

    def requests(self):
        """Requests answered so far, without those of this method.

        Asked a hundred times a second, so over one connection and by hand: a library's client would take a tenth of a
        core from what is measured.
        """
        if self._status is None:
            self._status = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        self._status.sendall(b"GET /status HTTP/1.1\r\nHost: sink\r\n\r\n")
        text = b""
        while not text.endswith(b"\n") or b"\nReading:" not in text:
            part = self._status.recv(4096)
            if not part:
                raise RuntimeError("nginx closed the connection that its status is asked over")
            text += part
        self._asked += 1
        return int(re.search(rb"\n\s*\d+ \d+ (\d+)", text).group(1)) - self._asked

    def stop(self):
        if self._status is not None:
            self._status.close()
        self._process.terminate()
        self._process.wait(timeout=20)


class BlackHole:
    """Takes connections and never answers: deliveries to it hang, so a backlog stays where it is."""

    def __init__(self, port):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(1024)

    def stop(self):
        self._socket.close()


@dataclass
class WrkResult:
    answers: int
    seconds: float
    refused: int
    broken: int
    p99_milliseconds: float
    worst_milliseconds: float

    @property
    def rate(self):
        return self.answers / self.seconds


def wrk(port, path, callbacks, seconds):
    """Posts the callbacks in turn for `seconds` over 64 connections from one thread."""
    output = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "post_in_turn.lua"),
         f"http://127.0.0.1:{port}{path}"],
        env={**os.environ, "CALLBACKS": str(callbacks), "CALLBACKS_PATH": path}, check=True, text=True,
        stdout=subprocess.PIPE, timeout=seconds + 120).stdout
    found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", output, re.MULTILINE)
    answers, microseconds, refused, broken, p99, worst = (int(number) for number in found.groups())
    return WrkResult(answers - refused, microseconds / 1e6, refused, broken, p99 / 1e3, worst / 1e3)


def wrk_until(condition, port, path, callbacks, seconds):
    """Posts the callbacks round and round until `condition` is true; repeats are acknowledged and make nothing."""
    process = subprocess.Popen(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "post_in_turn.lua"),
         f"http://127.0.0.1:{port}{path}"],
        env={**os.environ, "CALLBACKS": str(callbacks), "CALLBACKS_PATH": path}, stdout=subprocess.DEVNULL)
    try:
        wait_until(condition, seconds, "taking in of every callback")
    finally:
        process.kill()
        process.wait()


def bare_loop(program, port, count, body_bytes, handles=64):
    """Requests a second of the C loop."""
    output = subprocess.run(
        [str(program), f"http://127.0.0.1:{port}/hooks", str(count), str(body_bytes), str(handles)],
        check=True, text=True, stdout=subprocess.PIPE, timeout=300).stdout
    done, seconds = output.split()
    return int(done) / float(seconds)
