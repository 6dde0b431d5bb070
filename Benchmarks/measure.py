# SPDX-License-Identifier: Apache-2.0
"""Measures the gateway on this machine: against bare peers, and against itself in trouble. Started by `Benchmarks/run`.

Both sides take turns (A B A B …), so that a noisy minute hits both; medians are compared. Exit code 1 if a bar
of `BARS` is missed or a count is wrong. See docs/benchmarks.md.
"""

import argparse
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import backlog
import delivering
import idle
import isolation
import lists
import taking_in
import upkeep

BARS = {
    # The least share of the peer's rate that Martlet must reach.
    "taking in": 0.20,
    "delivering": 0.60,
    # The least share of a healthy subscriber's throughput that must stay: beside four bad ones, with a backlog.
    "isolation": 0.90,
    "backlog": 0.90,
    # The most that is allowed.
    "backlog start, s": 5,
    "backlog memory, MB": 200,
    "idle": 2,
    # Milliseconds that the slowest list may take at the median, and the share of ingest beside a reader of lists.
    "lists, ms": 100,
    "lists, taking in": 0.90,
    # The share of ingest that stays beside a backup and beside retention at work, and how much later 99 % are answered.
    "upkeep, backup": 0.50,
    "upkeep, pruning": 0.70,
    "upkeep, 99 %": 3,
}
# The last ones take minutes in which little is to be seen, so they are run on request only.
MEASUREMENTS = {
    "taking in": lambda options: taking_in.measure(options, BARS["taking in"], row, verdict),
    "delivering": lambda options: delivering.measure(options, BARS["delivering"], row, verdict),
    "isolation": lambda options: isolation.measure(options, BARS["isolation"], row, verdict),
    "backlog": lambda options: backlog.measure(options, BARS, row, verdict, at_most),
    "lists": lambda options: lists.measure(options, BARS, row, verdict, at_most),
    "upkeep": lambda options: upkeep.measure(options, BARS, row, verdict, at_most),
    "idle": lambda options: idle.measure(options, BARS["idle"], at_most),
}
BY_DEFAULT = ["taking in", "delivering", "isolation"]


@dataclass
class Options:
    martlet: pathlib.Path
    tools: pathlib.Path
    folder: pathlib.Path
    rounds: int
    seconds: int
    callbacks: int
    backlog: int
    shares: int
    pending: int
    events: int
    idle: int


def machine(options):
    """What the figures were made on."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    memory = next(int(line.split()[1]) // 1024 for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    cores = subprocess.run(["nproc"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    syncs = subprocess.run([str(options.tools / "sync_rate"), str(options.folder / "sync")], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.strip()
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(options.folder)], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()
    print(f"{model}, {cores} cores, {memory} MiB; Linux {platform.release()}; {kind}, {syncs} fdatasync/s of 4 KiB")
    if kind in ("tmpfs", "ramfs"):
        print("warning: the store lies in memory here, so commits cost nothing; do not compare these figures")


def row(name, rates, unit="/s"):
    middle = f"{statistics.median(rates):,.0f}{unit}"
    return f"  {name:<60} {middle:>12}   {min(rates):,.0f} – {max(rates):,.0f}"


def verdict(title, bar, peer, martlet):
    """Prints the ratio of medians; true if the bar is reached."""
    ratio = statistics.median(martlet) / statistics.median(peer)
    if bar is None:
        print(f"  {title:<60} {ratio:>12.2f}")
        return True
    reached = ratio >= bar
    print(f"  {title:<60} {ratio:>12.2f}   bar {bar:.2f}: {'reached' if reached else 'MISSED'}")
    return reached


def at_most(title, value, bar, unit):
    """Prints a figure that must not be more than the bar; true if it is not."""
    reached = value <= bar
    print(f"  {title:<60} {value:>12.2f}   bar {bar:g}{unit}: {'reached' if reached else 'MISSED'}")
    return reached


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--martlet", type=pathlib.Path, required=True, help="the release build")
    parser.add_argument("--tools", type=pathlib.Path, required=True, help="folder of bare_loop and sync_rate")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder on the disk to measure")
    parser.add_argument("--only", choices=list(MEASUREMENTS), help=f"one measurement (default {', '.join(BY_DEFAULT)})")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a round of taking in (default 3)")
    parser.add_argument("--callbacks", type=int, default=150_000, help="distinct callbacks a round (default 150000)")
    parser.add_argument("--backlog", type=int, default=20_000, help="events a round of delivering (default 20000)")
    parser.add_argument("--shares", type=int, default=60_000, help="events a round of isolation (default 60000)")
    parser.add_argument("--pending", type=int, default=1_000_000, help="deliveries of backlog (default 1000000)")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of lists and upkeep (default 1000000)")
    parser.add_argument("--idle", type=int, default=60, help="seconds of idle (default 60)")
    given = parser.parse_args()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="benchmark-", dir=given.work.resolve()))
    options = Options(given.martlet.resolve(), given.tools.resolve(), folder, given.rounds, given.seconds,
                      given.callbacks, given.backlog, given.shares, given.pending, given.events, given.idle)
    good = True
    try:
        machine(options)
        for name in [given.only] if given.only else BY_DEFAULT:
            good &= MEASUREMENTS[name](options)
    except RuntimeError as problem:
        print(f"stopped: {problem}", file=sys.stderr)
        good = False
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
