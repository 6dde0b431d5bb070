# SPDX-License-Identifier: Apache-2.0
"""How long lists and searches of the admin API take in a store of a million events, and what they cost ingest.

The events come in by the front door. Most are alike; a few are of rare shops, sources and types, and the ten oldest of a
shop of their own, so that searches for what is common, rare and far away can be told apart. See docs/benchmarks.md.
"""

import http.client
import json
import statistics
import threading
import time
import urllib.parse

import callbacks
import peers
from gateway import HOOK, Gateway

PORTION = 125_000
# Requests for each list, on one connection.
REPEATS = 60
# Lists a second that the reader asks for while callbacks come in.
PACE = 20
OTHERS = 2000


def measure(options, bars, row, verdict, at_most):
    """Prints the table; true if the bars are reached and every list answered."""
    file = options.folder / "callbacks"
    gateway = make_gateway(options)
    try:
        gateway.start()
        fill(options, gateway, file)
        client = Client(gateway)
        lists = _lists(options, gateway, client)
        times = {name: _times(client, path, key) for name, (path, key) in lists.items()}
        alone, beside, asked = _taking_in(options, gateway, file, [path for path, key in lists.values() if key is None])
        events, size = gateway.last_event(), gateway.store_bytes()
    finally:
        gateway.stop()
        file.unlink(missing_ok=True)

    print(f"\nLists: {options.events:,} events (in the end {events:,}, {size / 1e9:.1f} GB), {REPEATS} requests each")
    print(f"  {'':<60} {'median, ms':>12}   99 %")
    for name, taken in times.items():
        print(f"  {name:<60} {statistics.median(taken):>12.1f}   {sorted(taken)[int(len(taken) * 0.99)]:.1f}")
    slowest = max(statistics.median(taken) for taken in times.values())
    reached = at_most("slowest list at the median", slowest, bars["lists, ms"], " ms")
    print(row("callbacks taken in, nobody reads lists", alone))
    print(row(f"the same beside a reader of {asked:.0f} lists a second", beside))
    return verdict("share of the throughput without a reader", bars["lists, taking in"], alone, beside) and reached


class Client:
    """The admin API on one connection."""

    def __init__(self, gateway):
        self._gateway = gateway
        self._connection = http.client.HTTPConnection("127.0.0.1", gateway.admin_port, timeout=60)

    def ask(self, path, key=None, body=None):
        method = "GET" if body is None else "POST"
        headers = {"Authorization": f"Bearer {key or self._gateway.admin_key}"}
        self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path} answered {answer.status}: {text[:500]}")
        return json.loads(text)


def make_gateway(options):
    """One that has kinds of events that are common, rare, and far away."""
    source = {"provider": "cryptomus", "shop": "shop", "paymentKey": "env:PAYMENT_KEY", "merchant": "m-1",
              "apiBase": "http://127.0.0.1:9"}
    rules = [{"orderPrefix": "OLD-", "shop": "old"}, {"orderPrefix": "RARE-", "shop": "rare"}]
    others = [{"id": name, "url": "http://127.0.0.1:9/hooks", "enabled": False, **more} for name, more in (
        ("sink", {}), ("rare", {"events": ["payment.refunded"]}), ("old", {"shops": ["old"]}))]
    return Gateway(options.martlet, options.folder / "lists", others=others, settings={
        "admin": {"keys": [{"name": "all", "key": "env:ADMIN_KEY", "role": "operator"},
                           {"name": "one", "key": "env:LIMITED_KEY", "role": "viewer", "shops": ["old"]}]},
        "shops": [{"id": "shop"}, {"id": "old"}, {"id": "rare"}],
        "sources": [{**source, "id": "main", "shopRules": rules}, {**source, "id": "rare"}],
    })


def _order(number):
    if number < 10:
        return f"OLD-{number}"
    return f"RARE-{number}" if number % 1000 == 7 else f"BM-{number}"


def _status(number):
    return "refund_paid" if number % 5000 == 7 else "paid"


def fill(options, gateway, file):
    """Has `options.events` events taken in, and on top what else there are lists of."""
    # The oldest come first and in the order of their numbers; wrk sends many at once.
    for first, count, hook in ((0, 10, HOOK), (2_000_000_000, 20, HOOK.replace("main", "rare"))):
        callbacks.write(file, count, first, gateway.payment_key, _order, _status)
        for line in file.read_bytes().splitlines():
            peers.post(gateway.port, hook, line)
    sent = 10
    while sent < options.events:
        count = min(PORTION, options.events - sent)
        callbacks.write(file, count, sent, gateway.payment_key, _order, _status)
        known = gateway.last_event()
        peers.wrk_until(lambda: gateway.last_event() == known + count, gateway.port, HOOK, file, 120)
        sent += count
    client = Client(gateway)
    refused = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    for number in range(OTHERS):
        refused.request("POST", HOOK, b'{"order_id":"x"}', {"Content-Type": "application/json"})
        refused.getresponse().read()
        client.ask("/v1/watches", body={"source": "cryptomus/main", "kind": "payment", "orderId": f"W-{number}"})


def _lists(options, gateway, client):
    """Paths by name, with the key where it is not that of all shops."""
    middle = options.events // 2 + 1
    while _order(middle)[:2] != "BM":
        middle += 1
    event = client.ask(f"/v1/events?order=BM-{middle}")["data"][0]
    first = client.ask("/v1/events?order=OLD-0")["data"][0]
    moment = urllib.parse.quote(event["receivedAt"])
    start = urllib.parse.quote(first["receivedAt"])

    def after(path):
        cursor = client.ask(path)["nextCursor"]
        if cursor is None:
            raise RuntimeError(f"{path} has one page only; give more --events")
        return f"{path}{'&' if '?' in path else '?'}cursor={cursor}"

    limited = gateway.limited_key
    return {
        "events": ("/v1/events", None),
        "events, second page": (after("/v1/events"), None),
        "events, 500 on a page": ("/v1/events?limit=500", None),
        "events by order number": (f"/v1/events?order=BM-{middle}", None),
        "events by an order number that there is not": ("/v1/events?order=nowhere", None),
        "events by the provider's number": (f"/v1/events?object={event['providerObjectId']}", None),
        "events of a shop": ("/v1/events?shop=shop", None),
        "events of a rare shop (1 in 1,000)": ("/v1/events?shop=rare", None),
        "events of a shop of old": ("/v1/events?shop=old", None),
        "events of a shop that there is not": ("/v1/events?shop=nowhere", None),
        "events of a source": ("/v1/events?source=cryptomus/main", None),
        "events of a source of old": ("/v1/events?source=cryptomus/rare", None),
        "events of a provider that there is not": ("/v1/events?provider=hype", None),
        "events of a type": ("/v1/events?type=payment.paid", None),
        "events of a rare type (1 in 5,000)": ("/v1/events?type=payment.refunded", None),
        "events of a rare type, second page": (after("/v1/events?type=payment.refunded&limit=2"), None),
        "events since a moment": (f"/v1/events?since={moment}", None),
        "events until a moment": (f"/v1/events?until={moment}", None),
        "events until a moment, of a rare type": (f"/v1/events?until={moment}&type=payment.refunded", None),
        "events, by a key of the shop of old": ("/v1/events", limited),
        "one event": (f"/v1/events/{event['id']}", None),
        "deliveries": ("/v1/deliveries", None),
        "deliveries, second page": (after("/v1/deliveries"), None),
        "deliveries of an event": (f"/v1/deliveries?event={event['id']}", None),
        "deliveries skipped": ("/v1/deliveries?state=skipped", None),
        "deliveries dead": ("/v1/deliveries?state=dead", None),
        "deliveries pending": ("/v1/deliveries?state=pending", None),
        "deliveries delivered": ("/v1/deliveries?state=delivered", None),
        "deliveries of an endpoint": ("/v1/deliveries?endpoint=sink", None),
        "deliveries of a rare endpoint": ("/v1/deliveries?endpoint=rare", None),
        "deliveries of an endpoint of old": ("/v1/deliveries?endpoint=old", None),
        "deliveries skipped, of an endpoint of old": ("/v1/deliveries?endpoint=old&state=skipped", None),
        "deliveries until the first event": (f"/v1/deliveries?until={start}", None),
        "deliveries, by a key of the shop of old": ("/v1/deliveries", limited),
        "endpoints": ("/v1/endpoints", None),
        "sources": ("/v1/sources", None),
        "quarantine": ("/v1/quarantine", None),
        "quarantine by reason": ("/v1/quarantine?reason=stale_timestamp", None),
        "quarantine of a source": ("/v1/quarantine?source=cryptomus/main", None),
        "watches": ("/v1/watches", None),
        "watches overdue": ("/v1/watches?state=overdue", None),
        "watches of a source": ("/v1/watches?source=cryptomus/main", None),
    }


def _times(client, path, key):
    """Milliseconds of each request."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        client.ask(path, key)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _taking_in(options, gateway, file, paths):
    """Callbacks a second without and with a reader, in turn, and how many lists a second the reader got."""
    alone, beside, asked = [], [], []
    first = 3_000_000_000
    for _ in range(options.rounds):
        for rates, reads in ((alone, False), (beside, True)):
            callbacks.write(file, options.callbacks, first, gateway.payment_key)
            first += options.callbacks
            peers.sync(options.folder)
            reader = Reader(gateway, paths) if reads else None
            result = peers.wrk(gateway.port, HOOK, file, options.seconds)
            if reader:
                asked.append(reader.stop() / result.seconds)
            if result.refused or result.broken or result.answers >= options.callbacks:
                raise RuntimeError(f"taking in beside lists: {result}")
            rates.append(result.rate)
    return alone, beside, statistics.median(asked)


class Reader(threading.Thread):
    """Asks for every list in turn, so many a second, like a few dashboards that are looked at."""

    def __init__(self, gateway, paths):
        super().__init__(daemon=True)
        self._client = Client(gateway)
        self._paths = paths
        self._end = threading.Event()
        self._answers = 0
        self.start()

    def run(self):
        due = time.monotonic()
        while not self._end.is_set():
            self._client.ask(self._paths[self._answers % len(self._paths)])
            self._answers += 1
            due += 1 / PACE
            self._end.wait(max(0, due - time.monotonic()))

    def stop(self):
        self._end.set()
        self.join()
        return self._answers
