# SPDX-License-Identifier: Apache-2.0
"""What a viewer and an operator of one shop see, and what the gateway refuses them whatever the page shows."""

import json

from gateway import KEYS, NORDIC_KEY

# Buttons that change nothing.
HARMLESS = {"Show older ones", "Show more"}
# Each page, and what shows that all of it is there.
SEEN = {
    "": ".tile",
    "events": "tbody tr",
    "events/EVENT": ".timeline",
    "deliveries": "tbody tr",
    "dead": "tbody tr",
    "replays": "tbody tr",
    "replays/rpl_1": ".facts",
    "endpoints": ".card",
    "endpoints/crm": ".facts",
    "quarantine": ".empty",
    "watches": "tbody tr",
    "watches/wch_1": ".facts",
    "sources": "tbody tr",
    "keys": ".notice.warn",
    "audit": ".notice.warn",
}
REFUSED = [
    ("POST", "/v1/deliveries/dlv_2/retry"),
    ("POST", "/v1/deliveries/dlv_2/cancel"),
    ("POST", "/v1/quarantine/qtn_1/release"),
    ("DELETE", "/v1/quarantine/qtn_1"),
    ("POST", "/v1/replays"),
    ("POST", "/v1/replays/rpl_1/pause"),
    ("POST", "/v1/watches/wch_1/poll"),
    ("POST", "/v1/endpoints"),
    ("PATCH", "/v1/endpoints/crm"),
    ("DELETE", "/v1/endpoints/crm"),
    ("POST", "/v1/endpoints/crm/disable"),
    ("POST", "/v1/endpoints/crm/test"),
    ("POST", "/v1/keys"),
]


def look_as_a_viewer(walker, event):
    walker.sign_in(KEYS["viewer"])
    names = walker.browser.run("[...document.querySelectorAll('#nav a')].map((each) => each.innerText)")
    assert "Keys" not in names and "Audit" not in names, names
    for place, shows in SEEN.items():
        place = place.replace("EVENT", event)
        walker.open(f"#/{place}", f".page-{place.split('/')[0] or 'overview'} {shows}")
        pressable = set(walker.buttons()) - HARMLESS
        assert not pressable, f"a viewer may press {pressable} at {place!r}"
        assert walker.browser.run("document.querySelectorAll('main tbody input').length") == 0, place
    walker.sees("needs a key with the role operator")
    check_refusals(walker, REFUSED)


def check_refusals(walker, requests):
    """As the page would send them, token and all."""
    for method, path in requests:
        status = walker.browser.run(
            f"""fetch("/v1/session").then((answer) => answer.json()).then(({{ csrfToken }}) =>
            fetch({json.dumps(path)}, {{ method: {json.dumps(method)}, body: "{{}}",
              headers: {{ "Content-Type": "application/json", "Martlet-CSRF": csrfToken }} }}))
            .then((answer) => answer.status)"""
        )
        assert status == 403, f"{method} {path} is answered {status}"


def look_as_an_operator_of_one_shop(walker, foreign):
    """`foreign`: an event of another shop."""
    browser, gateway = walker.browser, walker.gateway
    walker.sign_in(NORDIC_KEY)
    assert walker.text("#who") == "nordic (operator, shop nordic)", walker.text("#who")
    walker.open("#/", ".page-overview .tile")
    seen = gateway.ask("/v1/endpoints", key=NORDIC_KEY)["data"]
    assert [each["id"] for each in seen] == ["archive"], seen
    shown = browser.run("[...document.querySelectorAll('#health ~ .scroller tbody a')].map((each) => each.innerText)")
    assert shown == ["archive"], shown
    dead = browser.run("document.querySelector('[data-key=\"tile-Dead letters\"] .tile-value').innerText")
    assert dead == "0", f"{dead} dead letters, of other shops' endpoints too"
    walker.open("#/events", ".page-events tbody tr")
    assert "tashkent" not in walker.text(), "an event of another shop is shown"
    walker.open("#/sources", ".page-sources tbody tr")
    assert "cryptomus/second" not in walker.text(), "a source of another shop is shown"
    walker.open(f"#/events/{foreign}", ".page-events .notice.bad")
    assert "tashkent" not in walker.text() and "TK-" not in walker.text(), walker.text()
    walker.open("#/endpoints/archive", ".page-endpoints .facts")
    assert set(walker.buttons()) == set(), "it may change an endpoint"
    walker.sees("needs a key with the role admin")
    walker.picture("one-shop-1280")
    check_refusals(walker, [("POST", "/v1/endpoints/archive/disable"), ("POST", "/v1/keys")])
