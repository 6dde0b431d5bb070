# SPDX-License-Identifier: Apache-2.0
"""Four subscribers that treat a gateway badly, in a process of their own that needs hardly any processor time.

Run as a program it prints one JSON object with their ports and serves until it is ended:

    {"black-hole": 40001, "refusing": 40002, "dripping": 40003, "endless": 40004}
"""

import asyncio
import json
import socket
import subprocess
import sys

TIMEOUT = "2s"
# An endless answer comes at 50 KiB/s: a sender that ran at full speed would measure its own hunger for a core.
ENDLESS_PIECE = b"x" * 1024
ENDLESS_PAUSE = 0.02


class BadSubscribers:
    """The process; `endpoints()` is what a configuration says of them."""

    def __init__(self):
        self._process = subprocess.Popen([sys.executable, "-B", __file__], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the bad subscribers ended with {self._process.wait()}")
        self._ports = json.loads(line)

    def endpoints(self, **more):
        return [{"id": name, "url": f"http://127.0.0.1:{port}/hooks", "timeout": TIMEOUT, **more}
                for name, port in self._ports.items()]

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=20)
        self._process.stdout.close()


def bound():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    return server


async def answering(reader, writer, answer):
    try:
        # The request has long arrived when the answer begins; what it says is no matter.
        await reader.readuntil(b"\r\n\r\n")
        await answer(writer)
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def drip(writer):
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def flow(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(ENDLESS_PIECE)
        await writer.drain()
        await asyncio.sleep(ENDLESS_PAUSE)


async def main():
    # The kernel accepts for the black hole; nobody ever reads. What is bound and does not listen refuses.
    sockets = {name: bound() for name in ("black-hole", "refusing", "dripping", "endless")}
    sockets["black-hole"].listen(1024)
    for name, answer in (("dripping", drip), ("endless", flow)):
        await asyncio.start_server(lambda reader, writer, answer=answer: answering(reader, writer, answer),
                                   sock=sockets[name], backlog=1024)
    print(json.dumps({name: server.getsockname()[1] for name, server in sockets.items()}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
