# SPDX-License-Identifier: Apache-2.0
"""Deliveries a second out of the durable queue, against a bare libcurl loop to the same sink.

The backlog is made first, with deliveries hanging in a socket that never answers; then the gateway is killed (SIGKILL),
the socket becomes nginx, and the gateway is started again. So the figure includes what a bare loop has not: finding the
backlog again after a crash, signing, and writing every attempt to disk. The count comes from nginx, not from Martlet.
"""

import time

import callbacks
import peers
from gateway import ENDPOINTS, HOOK, Gateway


def measure(options, bar, row, verdict):
    """Prints the table; true if the bar is reached and every delivery arrived."""
    peer, martlet, from_start, problems = [], [], [], []
    body = 0
    for number in range(options.rounds):
        sink_port = peers.free_port()
        gateway = Gateway(options.martlet, options.folder / f"out-{number}", endpoints=ENDPOINTS, sink_port=sink_port)
        try:
            waiting = _make_backlog(options, gateway, sink_port)
            body = gateway.body_bytes()
            nginx = peers.Nginx(options.folder / f"nginx-out-{number}", sink_port)
            try:
                peer.append(peers.bare_loop(options.tools / "bare_loop", sink_port, waiting, body))
                rate, whole = _drain(gateway, nginx, waiting)
            finally:
                nginx.stop()
            martlet.append(rate)
            from_start.append(whole)
            problems += _problems(gateway, waiting)
        finally:
            gateway.stop()

    print(f"\nDelivering: {options.backlog:,} events for {ENDPOINTS} endpoints, bodies of {body} bytes, to nginx "
          f"`return 200`, {options.rounds} rounds in turn")
    print(f"  {'':<60} {'median':>12}   min – max")
    print(row("libcurl in C, one thread, 64 handles, no store", peer))
    print(row("Martlet, backlog recovered after SIGKILL, first to last", martlet))
    print(row("Martlet, the same counted from the start of the process", from_start))
    reached = verdict("share of the bare loop, first to last", bar, peer, martlet)
    for problem in problems:
        print(f"  WRONG: {problem}")
    if not problems:
        print("  every delivery of the killed process arrived and is recorded as delivered")
    return reached and not problems


def _make_backlog(options, gateway, sink_port):
    """Takes in the events while deliveries hang, then kills the process. Returns how many deliveries wait."""
    file = options.folder / "callbacks"
    callbacks.write(file, options.backlog, 0, gateway.payment_key)
    hole = peers.BlackHole(sink_port)
    try:
        gateway.start()
        # wrk goes round the file; repeats are acknowledged and make nothing, so the backlog is exactly the file.
        for _ in range(20):
            peers.wrk(gateway.port, HOOK, file, 2)
            if gateway.events() == options.backlog:
                break
        gateway.kill()
    finally:
        hole.stop()
        file.unlink(missing_ok=True)
    stored, waiting = gateway.events(), gateway.deliveries()
    if stored != options.backlog or waiting != stored * ENDPOINTS or gateway.deliveries("delivered"):
        raise RuntimeError(f"the backlog is {stored} events with {waiting} deliveries, not {options.backlog}")
    return waiting


def _drain(gateway, nginx, waiting):
    """Deliveries a second from the first to the last, and from the start of the process to the last."""
    base = nginx.requests()
    started = time.monotonic()
    gateway.start(wait=False)
    first = None
    while True:
        done = nginx.requests() - base
        now = time.monotonic()
        if done and first is None:
            first = (now, done)
        if done >= waiting:
            break
        gateway.require_running()
        if now - started > 300:
            raise RuntimeError(f"only {done} of {waiting} deliveries arrived within 300 s:\n{gateway.log_tail()}")
        time.sleep(0.01)
    moment, seen = first
    return (done - seen) / max(now - moment, 1e-6), done / (now - started)


def _problems(gateway, waiting):
    # The last answers are recorded after nginx counted them.
    gateway.stop()
    delivered = gateway.deliveries("delivered")
    return [] if delivered == waiting else [f"{delivered} of {waiting} deliveries are recorded as delivered"]
