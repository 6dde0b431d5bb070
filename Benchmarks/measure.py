# SPDX-License-Identifier: Apache-2.0
"""Measures taking in and delivering against bare peers on this machine. Started by `Benchmarks/run`.

Peer and gateway take turns (A B A B …), so that a noisy minute hits both; medians are compared. Exit code 1 if a bar
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

import delivering
import taking_in

# The least share of the peer's rate that Martlet must reach.
BARS = {"taking in": 0.20, "delivering": 0.60}


@dataclass
class Options:
    martlet: pathlib.Path
    tools: pathlib.Path
    folder: pathlib.Path
    rounds: int
    seconds: int
    callbacks: int
    backlog: int


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--martlet", type=pathlib.Path, required=True, help="the release build")
    parser.add_argument("--tools", type=pathlib.Path, required=True, help="folder of bare_loop and sync_rate")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder on the disk to measure")
    parser.add_argument("--only", choices=list(BARS), help="one of the two measurements")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default 5)")
    parser.add_argument("--seconds", type=int, default=3, help="length of a round of taking in (default 3)")
    parser.add_argument("--callbacks", type=int, default=150_000, help="distinct callbacks a round (default 150000)")
    parser.add_argument("--backlog", type=int, default=20_000, help="events a round of delivering (default 20000)")
    given = parser.parse_args()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="benchmark-", dir=given.work.resolve()))
    options = Options(given.martlet.resolve(), given.tools.resolve(), folder, given.rounds, given.seconds,
                      given.callbacks, given.backlog)
    good = True
    try:
        machine(options)
        if given.only in (None, "taking in"):
            good &= taking_in.measure(options, BARS["taking in"], row, verdict)
        if given.only in (None, "delivering"):
            good &= delivering.measure(options, BARS["delivering"], row, verdict)
    except RuntimeError as problem:
        print(f"stopped: {problem}", file=sys.stderr)
        good = False
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
