# SPDX-License-Identifier: Apache-2.0
"""Finding an event, reading its story, and what strangers can write into it."""

import json

from gateway import HOSTILE
from steps import mishaps
from walker import until


def find_an_event(walker):
    """By keyboard alone: the slash, what is typed, the arrow, Enter."""
    browser = walker.browser
    browser.press("/", "/")
    browser.wait("document.activeElement.id === 'q'", "the search field with the focus")
    browser.type("NO-10")
    browser.wait("document.querySelectorAll('tbody tr').length > 10", "events whose number begins so")
    assert browser.run("document.activeElement.id") == "q", "the focus left the search while it was typed"
    browser.type("42")
    browser.wait("document.querySelectorAll('tbody tr').length === 1", "one event")
    browser.press("ArrowDown")
    browser.wait("document.activeElement.textContent === 'NO-1042'", "the event with the focus")
    browser.press("Enter")
    browser.wait("document.querySelector('.timeline')", "a timeline")


def read_the_timeline(walker):
    text = walker.text()
    for words in [
        "NO-1042",
        "Callback received from 127.0.0.1",
        "Verified",
        "Became payment.paid",
        "ledger attempt 1: answered 200",
        "crm attempt 1: answered 200",
        "warehouse",
        "skipped",
        '"order_id": "NO-1042"',
        '"merchant_order_id": "NO-1042"',
    ]:
        assert words in text, f"the event's page does not say {words}:\n{text}"


# Gives the event another `raw`, and the proof that goes with it.
ASKED = """async (path, options, send) => {
  if (!path.startsWith("/v1/events/evt_")) return null;
  const event = await (await send(path, options)).json();
  event.raw = (RAW)(event.raw);
  event.body.data.verification.method = "fetched";
  return answered(200, event); }"""


def tell_an_answer_from_a_callback(walker):
    """What the gateway asked for is shown as the provider's answer, beside the callback if there was one."""
    event = walker.gateway.ask("/v1/events?order=NO-1042")["data"][0]["id"]
    for name, raw, words, lacks in [
        ("hint", r"""(raw) => ({ ...raw, fetched: '{"status":"PAID","sum":75.50}' })""",
         ["Callback received from 127.0.0.1", "POST · application/json", "asked about it, the provider answered", "75.50"],
         "No callback"),
        ("poll", r"""() => ({ status: "PAID", orderId: "INV-7" })""",
         ["The provider was asked and answered", "No callback: this is what the provider answered", '"INV-7"'],
         "Headers"),
    ]:
        mishaps.fake(walker, ASKED.replace("RAW", raw))
        walker.open("#/events", ".page-events tbody tr")
        walker.open(f"#/events/{event}", ".timeline")
        text = walker.text()
        assert all(each in text for each in words) and lacks not in text and "undefined" not in text, text
        walker.picture(f"event-{name}-1280")
        mishaps.unfake(walker)


def show_what_came_as_it_is(walker):
    """What a stranger sends becomes text that is seen, and no digit and no member of it gets lost."""
    browser, gateway = walker.browser, walker.gateway
    order = "<img src=x onerror=alert(1)>EVIL\u202e\u0007" + "x" * 80
    shown = order.replace("\u202e", "⟨U+202E⟩").replace("\u0007", "⟨U+0007⟩")
    assert gateway.callback(order) == 200
    event = until("its event", lambda: gateway.ask("/v1/events?type=payment.paid&limit=1")["data"][0])
    assert event["merchantOrderId"] == order, event
    until("its end", lambda: gateway.ask(f"/v1/deliveries?event={event['id']}&state=dead")["data"])
    walker.open("#/events", ".page-events tbody tr")
    walker.lists(shown)
    for width in [1280, 390]:
        browser.size(width, 860)
        for hash in ["#/", "#/events", "#/dead", f"#/events/{event['id']}"]:
            walker.open(hash, f".page-{hash.split('/')[1] or 'overview'} h1")
            browser.wait("document.querySelector('main').innerText.length > 100", "the page")
            walker.check(f"hostile {hash} {width}", with_focus=False)
    browser.size(1280, 860)
    browser.wait("document.querySelectorAll('.timeline summary').length > 1", "the endpoints' answers")
    browser.run("(document.querySelectorAll('details').forEach((each) => { each.open = true; }), true)")
    text = walker.text()
    assert shown in text and "⟨U+202E⟩dekcits⟨U+202C⟩ ⟨U+0007⟩ ⟨U+2066⟩x" in text, text
    assert HOSTILE.split(" ")[0] in text, text
    assert browser.run("document.querySelector('main img, main script, main b')") is None, "text has become markup"
    assert browser.run("window.spoilt") is None, "a script of an answer has run"
    came = '{"a":15.00,"a":[1e3,{}],"b":12345678901234567890,"c":"x\\"}{","d":null}'
    shown = browser.run(
        f"import('/assets/parts.js').then((parts) => parts.bodyView({json.dumps(came)}, 'body').textContent)"
    )
    assert "".join(shown.split()) == came, shown


def send_and_cancel(walker):
    """One delivery that waits for its next attempt, by the buttons of its event's page."""
    gateway = walker.gateway
    walker.subscriber.is_broken = True
    assert gateway.callback("WAIT-1") == 200
    until("a failed attempt", lambda: "WAIT-1" in walker.subscriber.refused)
    event = gateway.ask("/v1/events?order=WAIT-1")["data"][0]["id"]
    walker.open(f"#/events/{event}", ".timeline")
    walker.sees("archive attempt 1: answered 500")
    walker.sees("It waits: until")
    walker.picture("event-waiting-1280")
    walker.browser.click(walker.by_text(".standing button", "Cancel"), "the button to cancel")
    named = "(each) => each.querySelector('a').textContent === 'archive'"
    standing = f"[...document.querySelectorAll('.standing')].find({named})"
    walker.browser.wait(f"{standing}.querySelector('.badge').textContent.includes('cancelled')", "its end")
    walker.subscriber.mend()
    walker.browser.click(f"{standing}.querySelector('button')", "the button to send it")
    walker.sees("archive attempt 2: answered 200")


def remove_what_it_says_of_people(walker):
    assert walker.gateway.callback("PERSON-1") == 200
    event = walker.gateway.ask("/v1/events?order=PERSON-1")["data"][0]["id"]
    until("its deliveries", lambda: ("/archive", "PERSON-1") in walker.subscriber.received)
    until("no waiting", lambda: not walker.gateway.ask(f"/v1/deliveries?event={event}&state=pending")["data"])
    walker.open(f"#/events/{event}", ".timeline")
    walker.press("Remove personal data")
    walker.answer("says of people", "Remove", reason="request 2026-17")
    walker.sees("desk-admin removed what it said of people: “request 2026-17”.")
    assert walker.gateway.ask(f"/v1/events/{event}")["expunged"]["reason"] == "request 2026-17"
