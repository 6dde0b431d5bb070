# SPDX-License-Identifier: Apache-2.0
"""What a backup, and retention at work on half of all events, cost the taking in of callbacks. See docs/benchmarks.md."""

import sqlite3
import statistics
import subprocess
import time

import callbacks
import lists
import peers
from gateway import HOOK

# Older than `retention.events` keeps.
AGE = 100 * 86_400_000


def measure(options, bars, row, verdict, at_most):
    """Prints the table; true if the bars are reached, and the backup and retention came to their ends."""
    load = Load(options)
    gateway = lists.make_gateway(options)
    old = options.events // 2
    try:
        gateway.start()
        lists.fill(options, gateway, load.file)
        size = gateway.store_bytes()
        rounds = {"alone": load.rounds(gateway), "copying": [], "reading back": [], "ending": []}
        _back_up(options, gateway, load, rounds)
        rounds["alone"] += load.rounds(gateway)
        gateway.stop()
        _age(gateway, old)
        gateway.start()
        rounds["not pruning"] = load.rounds(gateway)
        first = _await_pruning(gateway)
        began, rounds["pruning"] = time.monotonic(), load.rounds(gateway)
        gone = gateway.value("SELECT min(sequence) FROM events") - first
        beside = gone / (time.monotonic() - began)
        idle = _finish_pruning(gateway, old)
        rounds["not pruning"] += load.rounds(gateway)
    finally:
        gateway.stop()
        load.file.unlink(missing_ok=True)

    print(f"\nUpkeep: {options.events:,} events ({size / 1e9:.1f} GB), of which {old:,} go; rounds of {options.seconds} s")
    print(f"  {'':<60} {'median':>12}   min – max; 99 % within, slowest, ms")
    names = {"alone": "callbacks taken in", "copying": "the same while a backup copies",
             "reading back": "the same while it reads its copy back",
             "ending": "the same in the round in which it ends",
             "not pruning": "callbacks taken in, half of the events old", "pruning": "the same while retention removes them"}
    for name, title in names.items():
        taken = rounds[name]
        if not taken:
            print(f"  {title:<60} {'too quick':>12}")
            continue
        print(row(title, [result.rate for result in taken])
              + f"; {_median(taken, 'p99_milliseconds'):.1f}, {max(result.worst_milliseconds for result in taken):.0f}")
    print(f"  {'events removed a second beside that, and beside nothing':<60} {beside:>12,.0f}   {idle:,.0f}")
    reached = True
    for name, peer, bar in (("copying", "alone", "upkeep, backup"), ("reading back", "alone", "upkeep, backup"),
                            ("ending", "alone", "upkeep, backup"), ("pruning", "not pruning", "upkeep, pruning")):
        if rounds[name]:
            reached &= verdict(f"share of the throughput, {name}", bars[bar], [result.rate for result in rounds[peer]],
                               [result.rate for result in rounds[name]])
            slower = _median(rounds[name], "p99_milliseconds") / _median(rounds[peer], "p99_milliseconds")
            reached &= at_most(f"times the 99 %, {name}", slower, bars["upkeep, 99 %"], "")
    return reached


def _median(results, name):
    return statistics.median(getattr(result, name) for result in results)


class Load:
    """Callbacks that were never sent before, as fast as they are acknowledged."""

    def __init__(self, options):
        self.file = options.folder / "callbacks"
        self._options = options
        self._next = 3_000_000_000

    def round(self, gateway):
        callbacks.write(self.file, self._options.callbacks, self._next, gateway.payment_key)
        self._next += self._options.callbacks
        peers.sync(self._options.folder)
        return self.send(gateway)

    def send(self, gateway):
        result = peers.wrk(gateway.port, HOOK, self.file, self._options.seconds)
        if result.refused or result.broken or result.answers >= self._options.callbacks:
            raise RuntimeError(f"taking in: {result}")
        return result

    def rounds(self, gateway):
        return [self.round(gateway) for _ in range(self._options.rounds)]


def _back_up(options, gateway, load, rounds):
    """One backup from its beginning to its end, with round after round beside it."""
    target = options.folder / "backup.db"
    partial = options.folder / "backup.db.partial"
    size = gateway.store_file.stat().st_size
    with open(options.folder / "backup.log", "wb") as log:
        backup = subprocess.Popen([str(options.martlet), "backup", str(target), "--store", str(gateway.store_file)],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        began = time.monotonic()
        while backup.poll() is None:
            phase = "reading back" if partial.exists() and partial.stat().st_size >= size else "copying"
            result = load.round(gateway)
            rounds[phase if backup.poll() is None else "ending"].append(result)
        print(f"  a backup beside the load took {time.monotonic() - began:.0f} s")
        if backup.returncode != 0:
            raise RuntimeError(f"the backup failed: {(options.folder / 'backup.log').read_text()}")
    finally:
        backup.kill()
        backup.wait()
        target.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)


def _age(gateway, count):
    """Makes the oldest events of a stopped gateway's store as old as retention wants, without their raw callbacks' turn."""
    connection = sqlite3.connect(gateway.store_file, isolation_level=None)
    try:
        connection.execute("BEGIN")
        connection.execute("UPDATE events SET received_at = received_at - ? WHERE sequence <= ?", (AGE, count))
        connection.execute("DELETE FROM event_minutes")
        connection.execute("INSERT INTO event_minutes SELECT received_at / 60000, min(sequence), max(sequence) "
                           "FROM events GROUP BY 1")
        connection.execute("UPDATE used_numbers SET highest = ? WHERE name = 'raw'", (count,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _await_pruning(gateway):
    """Waits for the first batch, a minute after the start; returns the oldest event that is left."""
    peers.wait_until(lambda: gateway.value("SELECT min(sequence) FROM events") > 1, 90, "the start of pruning")
    return gateway.value("SELECT min(sequence) FROM events")


def _finish_pruning(gateway, count):
    """Events a second that go while nothing comes in."""
    first, began = gateway.value("SELECT min(sequence) FROM events"), time.monotonic()
    peers.wait_until(lambda: gateway.value("SELECT min(sequence) FROM events") > count, 300, "the end of pruning")
    return (count + 1 - first) / (time.monotonic() - began)
