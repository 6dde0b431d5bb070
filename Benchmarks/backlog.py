# SPDX-License-Identifier: Apache-2.0
"""What a million deliveries that wait for a dead endpoint cost: memory, start-up, and throughput to a healthy one.

The backlog comes in by the front door while the endpoint refuses connections. Then the gateway that has it and one with
an empty store take the same load in turn. See docs/benchmarks.md.
"""

import shutil
import socket
import time

import callbacks
import peers
from gateway import HOOK, Gateway

PORTION = 125_000


def measure(options, bars, row, verdict, at_most):
    """Prints the table; true if all bars are reached and every delivery arrived."""
    file = options.folder / "callbacks"
    problems, starts, most = [], [], []
    rates = {"empty": [], "full": []}
    nginx = peers.Nginx(options.folder / "nginx-backlog", peers.free_port())
    # Bound and not listening: it refuses, and nobody else gets the port.
    refusing = socket.socket()
    refusing.bind(("127.0.0.1", 0))
    dead = {"id": "dead", "url": f"http://127.0.0.1:{refusing.getsockname()[1]}/hooks"}
    full = Gateway(options.martlet, options.folder / "full", others=[dead])
    try:
        filling = _fill(options, full, file)
        full.configure(endpoints=1, sink_port=nginx.port, others=[dead])
        for number in range(options.rounds):
            callbacks.write(file, options.callbacks, options.pending + number * options.callbacks, full.payment_key)
            empty = Gateway(options.martlet, options.folder / "empty", endpoints=1, sink_port=nginx.port, others=[dead])
            rates["empty"].append(_load(options, empty, file, nginx, problems)[0])
            shutil.rmtree(options.folder / "empty")
            rate, start, memory = _load(options, full, file, nginx, problems)
            rates["full"].append(rate)
            starts.append(start)
            most.append(memory)
        waiting = full.deliveries("pending", "dead")
        if waiting < options.pending:
            problems.append(f"only {waiting} of {options.pending} deliveries still wait for the dead endpoint")
    finally:
        full.stop()
        nginx.stop()
        refusing.close()
        file.unlink(missing_ok=True)

    print(f"\nBacklog: {options.pending:,} deliveries wait for an endpoint that refuses connections, in a store of "
          f"{full.store_bytes() / 1e9:.1f} GB;\nload of {options.seconds} s for it and a healthy one, "
          f"{options.rounds} rounds in turn")
    print(f"  {'':<60} {'median':>12}   min – max")
    print(row("deliveries to the healthy one, empty backlog", rates["empty"]))
    print(row("the same with the backlog", rates["full"]))
    reached = verdict("share of the throughput without a backlog", bars["backlog"], rates["empty"], rates["full"])
    reached &= at_most("start with the backlog, process to /readyz 200 (slowest)", max(starts),
                       bars["backlog start, s"], " s")
    reached &= at_most("resident memory while the backlog came in, highest", filling, bars["backlog memory, MB"], " MB")
    reached &= at_most("resident memory after a start with it, highest", max(most), bars["backlog memory, MB"], " MB")
    for problem in problems:
        print(f"  WRONG: {problem}")
    if not problems:
        print("  everything for the healthy subscriber arrived, and everything for the dead one still waits")
    return reached and not problems


def _fill(options, gateway, file):
    """Takes the backlog in; returns the most memory that took in megabytes."""
    gateway.start()
    for first in range(0, options.pending, PORTION):
        count = min(PORTION, options.pending - first)
        callbacks.write(file, count, first, gateway.payment_key)
        peers.wrk_until(lambda: gateway.last_event() == first + count, gateway.port, HOOK, file, 60)
    most = gateway.megabytes()[1]
    gateway.stop()
    events, waiting = gateway.events(), gateway.deliveries("pending", "dead")
    if events != options.pending or waiting != events:
        raise RuntimeError(f"the backlog is {events} events with {waiting} deliveries, not {options.pending}")
    return most


def _load(options, gateway, file, nginx, problems):
    """Deliveries a second to the healthy subscriber, seconds of the start, and the most memory in megabytes."""
    try:
        start = gateway.start()
        before, known = nginx.requests(), gateway.last_event()
        began = time.monotonic()
        result = peers.wrk(gateway.port, HOOK, file, options.seconds)
        events = gateway.last_event() - known
        peers.wait_until(lambda: nginx.requests() - before >= events, 60, "delivery of everything")
        rate = events / (time.monotonic() - began)
        memory = gateway.megabytes()[1]
    finally:
        gateway.stop()
    if result.refused or result.broken:
        problems.append(f"{result.refused} callbacks were not acknowledged, {result.broken} connections broke")
    if result.answers >= options.callbacks:
        problems.append("the callbacks ran out, so some were repeats; give a larger --callbacks")
    return rate, start, memory
