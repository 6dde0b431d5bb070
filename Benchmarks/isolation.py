# SPDX-License-Identifier: Apache-2.0
"""Deliveries a second to a healthy subscriber beside four bad ones, against the same without them.

Twice: out of a backlog that every endpoint has a share of, and under load from outside. See docs/benchmarks.md.
"""

import shutil
import time

import callbacks
import peers
from bad_subscribers import BadSubscribers
from gateway import HOOK, Gateway

HEALTHY = "sink-0"


def measure(options, bar, row, verdict):
    """Prints the table; true if the bar is reached both times and the healthy subscriber got everything."""
    problems = []
    file = options.folder / "callbacks"
    bad = BadSubscribers()
    nginx = peers.Nginx(options.folder / "nginx-isolation", peers.free_port())
    try:
        base = _make_backlog(options, file, bad)
        drained, loaded = {True: [], False: []}, {True: [], False: []}
        for number in range(options.rounds):
            for alone in (True, False):
                drained[alone].append(_drain(options, base, nginx, bad, alone, problems))
        shutil.rmtree(base)
        callbacks.write(file, options.callbacks, 0, Gateway.payment_key)
        for number in range(options.rounds):
            for alone in (True, False):
                loaded[alone].append(_load(options, file, nginx, bad, alone, problems))
    finally:
        nginx.stop()
        bad.stop()
        file.unlink(missing_ok=True)

    print("\nIsolation: one healthy subscriber (nginx `return 200`) beside a black hole, one that refuses, one that "
          f"answers a byte\na second and one whose body never ends; {options.rounds} rounds in turn")
    print(f"  {'':<60} {'median':>12}   min – max")
    print(row(f"backlog of {options.shares:,} events, healthy one alone", drained[True]))
    print(row("the same with the four bad ones", drained[False]))
    reached = verdict("share of the throughput alone, backlog", bar, drained[True], drained[False])
    print(row(f"load of {options.seconds} s, bad ones disabled: the same rows, no attempts", loaded[True]))
    print(row("the same with the bad ones enabled", loaded[False]))
    reached &= verdict("share of the throughput alone, load", bar, loaded[True], loaded[False])
    for problem in problems:
        print(f"  WRONG: {problem}")
    if not problems:
        print("  everything for the healthy subscriber arrived and is recorded as delivered")
    return reached and not problems


def _make_backlog(options, file, bad):
    """A stopped gateway's folder with `options.shares` deliveries waiting for each of the five endpoints."""
    folder = options.folder / "isolation-backlog"
    port = peers.free_port()
    hanging = [{**other, "url": f"http://127.0.0.1:{port}/hooks", "timeout": "120s"} for other in bad.endpoints()]
    gateway = Gateway(options.martlet, folder, endpoints=1, sink_port=port, others=hanging)
    callbacks.write(file, options.shares, 0, gateway.payment_key)
    hole = peers.BlackHole(port)
    try:
        gateway.start()
        peers.wrk_until(lambda: gateway.last_event() == options.shares, gateway.port, HOOK, file, 60)
        gateway.kill()
    finally:
        hole.stop()
    if gateway.events() != options.shares or gateway.deliveries("pending") != 5 * options.shares:
        raise RuntimeError(f"the backlog is {gateway.events()} events with {gateway.deliveries('pending')} deliveries")
    return folder


def _drain(options, base, nginx, bad, alone, problems):
    """Deliveries a second to the healthy subscriber, from the first to the last."""
    folder = options.folder / "isolation"
    shutil.copytree(base, folder)
    # Otherwise the commits of this round would wait for the pages of the copy.
    peers.sync(folder)
    gateway = Gateway(options.martlet, folder, endpoints=1, sink_port=nginx.port,
                      others=[] if alone else bad.endpoints())
    try:
        before = nginx.requests()
        gateway.start(wait=False)
        first = None
        deadline = time.monotonic() + 120
        while True:
            done, now = nginx.requests() - before, time.monotonic()
            if done and first is None:
                first = (now, done)
            if done >= options.shares:
                break
            gateway.require_running()
            if now > deadline:
                raise RuntimeError(f"only {done} of {options.shares} arrived in 120 s:\n{gateway.log_tail()}")
            time.sleep(0.01)
        _await_records(gateway, options.shares, problems)
    finally:
        gateway.kill()
        shutil.rmtree(folder)
    return (done - first[1]) / (now - first[0])


def _load(options, file, nginx, bad, alone, problems):
    """Deliveries a second to the healthy subscriber, from the first callback to the last delivery."""
    folder = options.folder / "isolation"
    gateway = Gateway(options.martlet, folder, endpoints=1, sink_port=nginx.port,
                      others=bad.endpoints(enabled=not alone))
    try:
        gateway.start()
        before = nginx.requests()
        began = time.monotonic()
        result = peers.wrk(gateway.port, HOOK, file, options.seconds)
        events = gateway.events()
        peers.wait_until(lambda: nginx.requests() - before >= events, 60, "delivery of everything")
        rate = events / (time.monotonic() - began)
        if result.refused or result.broken:
            problems.append(f"{result.refused} callbacks were not acknowledged, {result.broken} connections broke")
        if result.answers >= options.callbacks:
            problems.append("the callbacks ran out, so some were repeats; give a larger --callbacks")
        _await_records(gateway, events, problems)
    finally:
        # Not gracefully: that would wait for the attempts that hang.
        gateway.kill()
        shutil.rmtree(folder)
    return rate


def _await_records(gateway, wanted, problems):
    # The last answers are recorded after nginx counted them.
    try:
        peers.wait_until(lambda: gateway.deliveries("delivered", HEALTHY) == wanted, 10, "recording")
    except RuntimeError:
        problems.append(f"{gateway.deliveries('delivered', HEALTHY)} of {wanted} are recorded as delivered")
