# SPDX-License-Identifier: Apache-2.0
"""Callbacks verified, committed to disk and acknowledged a second, against nginx that only answers."""

import callbacks
import peers
from gateway import ENDPOINTS, HOOK, Gateway


def measure(options, bar, row, verdict):
    """Prints the table; true if the bar is reached and every acknowledged callback is in the store."""
    variants = {
        "Martlet, no endpoint": Gateway(options.martlet, options.folder / "in-0"),
        f"Martlet, {ENDPOINTS} disabled endpoints: {ENDPOINTS} skipped deliveries each": Gateway(
            options.martlet, options.folder / "in-3", endpoints=ENDPOINTS, enabled=False),
    }
    rates = {name: [] for name in variants}
    slowest = {name: 0.0 for name in variants}
    peer = []
    problems = []
    file = options.folder / "callbacks"
    nginx = peers.Nginx(options.folder / "nginx-in", peers.free_port())
    try:
        for number in range(options.rounds):
            # The same callbacks for everybody; new ones in each round, since a repeated one is not stored again.
            size = callbacks.write(file, options.callbacks, number * options.callbacks, Gateway.payment_key)
            # What was written before must not go to the disk during a measurement.
            peers.sync(options.folder)
            peer.append(peers.wrk(nginx.port, HOOK, file, options.seconds).rate)
            for name, gateway in variants.items():
                gateway.start()
                before = gateway.events() if number else 0
                peers.sync(options.folder)
                result = peers.wrk(gateway.port, HOOK, file, options.seconds)
                gateway.stop()
                rates[name].append(result.rate)
                slowest[name] = max(slowest[name], result.p99_milliseconds)
                problems += _problems(name, options, result, gateway.events() - before)
        with_rows = list(variants.values())[1]
        if with_rows.deliveries() != ENDPOINTS * with_rows.events():
            problems.append(f"{with_rows.deliveries()} delivery rows for {with_rows.events()} events")
    finally:
        for gateway in variants.values():
            gateway.stop()
        nginx.stop()
        file.unlink(missing_ok=True)

    print(f"\nTaking in: POST of a {size}-byte Cryptomus callback, wrk -t1 -c{peers.CONNECTIONS}, "
          f"{options.rounds} rounds of {options.seconds} s in turn")
    print(f"  {'':<60} {'median':>12}   min – max")
    print(row("nginx, one worker, return 200", peer))
    reached = True
    for name, measured in rates.items():
        print(row(name, measured) + f"   (99 % within {slowest[name]:.1f} ms)")
    for index, (name, measured) in enumerate(rates.items()):
        reached &= verdict(f"share of nginx: {name.split(':')[0]}", bar if index == 0 else None, peer, measured)
    for problem in problems:
        print(f"  WRONG: {problem}")
    if not problems:
        print("  every acknowledged callback is one row in the store")
    return reached and not problems


def _problems(name, options, result, stored):
    found = []
    if result.refused or result.broken:
        found.append(f"{name}: {result.refused} answers were not 2xx, {result.broken} connections broke")
    # When its time is up wrk hangs up on one request a connection, whose answers nobody counts.
    least = min(result.answers, options.callbacks)
    most = min(result.answers + peers.CONNECTIONS, options.callbacks)
    if not least <= stored <= most:
        found.append(f"{name}: {result.answers} acknowledged, {stored} stored")
    if result.answers >= options.callbacks:
        found.append(f"{name}: the callbacks ran out, so some were repeats; give a larger --callbacks")
    return found
