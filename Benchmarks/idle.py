# SPDX-License-Identifier: Apache-2.0
"""How often an idle gateway wakes, and whether it writes: ten endpoints, retries due in an hour, nothing to do.

A wake-up is a voluntary context switch of any of its threads: each was asleep before it. The kernel counts them in
/proc, and the bytes that were sent to the disk, so that looking costs the gateway nothing.
"""

import pathlib
import socket
import time

import callbacks
import peers
from gateway import HOOK, Gateway

ENDPOINTS = 10
# Threads that a burst has started end by then.
SETTLING = 15


def measure(options, bar, at_most):
    """Prints the figures; true if the bar is kept and nothing was written."""
    file = options.folder / "callbacks"
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))
    others = [{"id": f"later-{number}", "url": f"http://127.0.0.1:{refusing.getsockname()[1]}/hooks",
               "schedule": ["1h"] * 3} for number in range(ENDPOINTS)]
    gateway = Gateway(options.martlet, options.folder / "idle", others=others)
    try:
        # Three callbacks: below the five failures that would park the endpoints, which are to wait for retries.
        callbacks.write(file, 3, 0, gateway.payment_key)
        gateway.start()
        for line in file.read_bytes().splitlines():
            peers.post(gateway.port, HOOK, line)
        peers.wait_until(lambda: gateway.value("SELECT count(*) FROM attempts") == 3 * ENDPOINTS, 20, "every attempt")
        time.sleep(SETTLING)
        written, store = _written(gateway), gateway.store_state()
        wakeups = _wakeups(gateway.pid, options.idle)
        written, changed = _written(gateway) - written, gateway.store_state() != store
        waiting = gateway.value("SELECT count(*) FROM deliveries WHERE state = 'pending' AND attempts = 1")
        gateway.stop()
    finally:
        gateway.kill()
        refusing.close()
        file.unlink(missing_ok=True)

    print(f"\nIdle: {ENDPOINTS} endpoints with {waiting} retries due in an hour, {options.idle} s")
    reached = at_most("wake-ups a second, all threads", sum(wakeups.values()) / options.idle, bar, "/s")
    for name, count in sorted(wakeups.items(), key=lambda item: -item[1]):
        if count:
            print(f"    {name:<58} {count:>9,}")
    print(f"  {'bytes written to the disk':<60} {written:>9,}")
    print(f"  {'store':<60} {'WRITTEN TO' if changed else 'untouched':>12}")
    return reached and not changed and not written and waiting == 3 * ENDPOINTS


def _wakeups(pid, seconds):
    """Voluntary context switches by the name of the thread, with those of threads that come and go."""
    first, after, names = _switches(pid, {}), {}, {}
    for _ in range(seconds):
        time.sleep(1)
        after.update(_switches(pid, names))
    counts = {}
    for thread, count in after.items():
        name = names[thread]
        counts[name] = counts.get(name, 0) + count - first.get(thread, 0)
    return counts


def _switches(pid, names):
    found = {}
    for folder in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            names[folder.name] = (folder / "comm").read_text().strip()
            lines = (folder / "status").read_text().splitlines()
        except OSError:
            continue  # it has just ended
        found[folder.name] = next(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return found


def _written(gateway):
    lines = pathlib.Path(f"/proc/{gateway.pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
