# SPDX-License-Identifier: Apache-2.0
"""An endpoint's whole life by the buttons: made, changed, tested, rotated, disabled, enabled, deleted."""

import json

from steps import mishaps
from walker import until


def lead_one_through_its_life(walker):
    secret = make(walker)
    receives(walker, "LIFE-1", secret)
    change(walker)
    test(walker)
    receives(walker, "LIFE-2", rotate(walker, secret), also=secret)
    mishaps.go_on_in_the_middle_of_a_change(walker)
    disable_and_enable(walker)
    delete(walker)


def make(walker):
    browser = walker.browser
    walker.open("#/endpoints", ".page-endpoints .card")
    walker.press("New endpoint")
    walker.sees("New endpoint", "dialog[open]")
    walker.check("form of an endpoint", with_focus=False)
    walker.picture("endpoint-form-1280", whole=False)
    walker.answer("New endpoint", "Make it", id="shop-api", url="ftp://nowhere.example/")
    walker.sees("url", "dialog[open] [role=alert]")
    assert browser.run("document.activeElement.name") == "url", "the focus is not where the fault is"
    assert browser.run("document.querySelector('dialog [name=id]').value") == "shop-api", "what was typed is lost"
    # Of what is stored but could not be looked at yet the answer has the secret and nothing else.
    bare = """async (path, options, send) => {
      if (path !== "/v1/endpoints" || options.method !== "POST") return null;
      const answer = await send(path, options);
      const { endpoint, ...rest } = await answer.json();
      return answered(answer.status, rest); }"""
    mishaps.fake(walker, bare)
    walker.answer("New endpoint", "Make it", url=f"{walker.subscriber.url}/shop-api", events="payment.*")
    secret = kept_secret(walker, "The secret of shop-api")
    mishaps.unfake(walker)
    return secret


def kept_secret(walker, title):
    """Copies the secret that is shown once; after that it is nowhere."""
    browser = walker.browser
    walker.sees(title, "dialog[open]")
    walker.picture("secret-1280", whole=False)
    secret = walker.text("dialog[open] .secret code")
    assert secret.startswith("whsec_"), secret
    browser.permit_clipboard()
    browser.press("Escape")
    browser.press("Escape")
    assert browser.run("document.querySelector('dialog[open]') !== null"), "Escape has lost the secret"
    walker.press("copy", "dialog[open] .secret")
    walker.sees("copied", "dialog[open] .copy")
    assert browser.run("navigator.clipboard.readText()") == secret
    walker.press("I have kept it", "dialog[open]")
    walker.is_answered()
    everything = browser.run(
        "JSON.stringify([document.documentElement.innerText, { ...localStorage }, { ...sessionStorage }])"
    )
    assert secret not in everything, "the secret is still in the page"
    return secret


def receives(walker, order, *secrets, also=None):
    assert walker.gateway.callback(order) == 200
    until(f"delivery of {order}", lambda: ("/shop-api", order) in walker.subscriber.received)
    for secret in [*secrets, *([also] if also else [])]:
        assert walker.subscriber.is_signed("/shop-api", order, secret), f"{order} is not signed with the secret shown"


def change(walker):
    walker.open("#/endpoints/shop-api", ".page-endpoints .facts")
    walker.press("Change")
    walker.answer("Change shop-api", "Change")
    walker.sees("Nothing is different", "dialog[open] [role=alert]")
    walker.answer("Change shop-api", "Change", maxInFlight="4", ratePerSecond="50")
    walker.sees("Requests at once\n4")
    walker.sees("At most, a second\n50")
    shown = walker.gateway.ask("/v1/endpoints/shop-api")
    assert (shown["maxInFlight"], shown["ratePerSecond"], shown["events"]) == (4, 50, ["payment.*"]), shown
    walker.check("endpoint of the API")
    walker.picture("endpoint-made-1280")


def test(walker):
    walker.press("Send a test")
    walker.sees("shop-api accepts", "dialog[open]")
    walker.sees("Answer\n200", "dialog[open]")
    walker.picture("endpoint-test-1280", whole=False)
    walker.press("Close", "dialog[open]")
    walker.is_answered()


def rotate(walker, former):
    walker.press("Rotate secret")
    walker.answer("Make a new secret", "Rotate")
    walker.sees("The old one signs along until", "dialog[open]")
    secret = kept_secret(walker, "The new secret of shop-api")
    assert secret != former
    return secret


def disable_and_enable(walker):
    walker.press("Disable")
    walker.browser.press("Escape")
    walker.is_answered()
    assert walker.gateway.ask("/v1/endpoints/shop-api")["state"] == "active", "Escape has confirmed"
    walker.press("Disable")
    walker.answer("Disable shop-api?", "Disable")
    walker.sees("disabled", "main .heading .badge")
    assert walker.gateway.callback("LIFE-3") == 200
    walker.sees("Skipped\n1")
    walker.press("Enable")
    walker.sees("what was skipped", "dialog[open]")
    walker.browser.click("document.querySelector('dialog [name=offerSkipped]')", "the box for what was skipped")
    walker.answer("Enable shop-api?", "Enable")
    until("what was skipped", lambda: ("/shop-api", "LIFE-3") in walker.subscriber.received)
    walker.sees("Skipped\n0")


def delete(walker):
    walker.press("Delete")
    walker.answer("Delete shop-api?", "Delete")
    walker.browser.wait("location.hash === '#/endpoints'", "the list of endpoints")
    names = "[...document.querySelectorAll('.card h2 a')].map((each) => each.innerText)"
    walker.browser.wait(f"{names}.length > 0 && !{names}.includes('shop-api')", "the list without it")
    status, _ = walker.gateway.exchange("/v1/endpoints/shop-api")
    assert status == 404, status
    audit = json.dumps(walker.gateway.ask("/v1/audit?object=shop-api")["data"])
    assert "whsec_" not in audit and "rotate-secret" in audit, audit
