# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a page: addresses, other tabs, slow answers, a lost line, a gateway that starts anew."""

import json

from gateway import KEYS
from walker import until


def go_by_addresses(walker, event):
    browser = walker.browser
    walker.open("#/deliveries?state=dead&endpoint=crm", ".page-deliveries tbody tr")
    assert browser.run("document.querySelector('[data-key=state]').value") == "dead"
    browser.choose("document.querySelector('[data-key=state]')", "skipped")
    browser.wait("location.hash === '#/deliveries?state=skipped&endpoint=crm'", "the filter in the address")
    walker.open("#/dead?since=2026-01-01T00:00:00Z", ".page-dead [data-key=since]")
    assert browser.run("document.querySelector('[data-key=since]').value") == "2026-01-01T00:00"
    walker.open(f"#/events/{event}", ".timeline")
    browser.run("(history.back(), true)")
    since = "document.querySelector('.page-dead [data-key=since]')?.value"
    browser.wait(f"{since} === '2026-01-01T00:00'", "the page before")
    browser.run("(history.back(), true)")
    state = "document.querySelector('.page-deliveries [data-key=state]')?.value"
    browser.wait(f"{state} === 'skipped'", "the one before it")
    browser.run("(history.go(2), true)")
    browser.wait("document.querySelector('.timeline')", "the event again")
    delivery = walker.gateway.ask(f"/v1/events/{event}")["deliveries"][0]["id"]
    browser.run(f"location.hash = '#/deliveries/{delivery}', true")
    browser.wait(f"location.hash === '#/events/{event}' && document.querySelector('.timeline')", "a delivery's event")
    for nowhere in ["#/events/evt_nowhere", "#/endpoints/nowhere", "#/watches/wch_999", "#/events/%E0%A4%A"]:
        walker.open(nowhere, ".page .notice.bad")
    walker.open("#/nothing-of-that-name", ".tile")


def answer_late(walker):
    """The answer to what was typed first comes after that to what was typed last."""
    browser = walker.browser
    walker.open("#/events", ".page-events tbody tr")
    browser.run(
        """(() => { const send = window.fetch; window.held = 0; const go = new Promise((done) => { window.goOn = done; });
        window.fetch = (path, ...more) => {
          if (!/order=NO-104(&|$)/.test(path)) return send(path, ...more);
          window.held += 1;
          return go.then(() => send(path, ...more)).finally(() => { window.held -= 1; }); };
        window.unhold = () => { window.fetch = send; }; return true; })()"""
    )
    browser.press("/", "/")
    browser.type("NO-104")
    browser.wait("window.held > 0", "the first question")
    browser.type("2")
    browser.wait("document.querySelectorAll('tbody tr').length === 1", "the answer to the second")
    browser.run("(window.goOn(), true)")
    browser.wait("window.held === 0", "the answer to the first")
    browser.run("new Promise((done) => setTimeout(() => requestAnimationFrame(done)))")
    assert walker.rows() == 1 and walker.text("tbody a") == "NO-1042", "a late answer has overwritten a newer one"
    browser.run("(window.unhold(), true)")


# A list whose answers come when they are told to; what it holds after each mishap.
LISTS = """
(async () => {
  const { PagedList } = await import("/assets/list.js");
  const asked = [];
  let drawn = 0;
  let beside = 0;
  const list = new PagedList({
    key: (row) => row,
    show: (rows) => { drawn += 1; return rows.join(" "); },
    beside: () => beside,
    load: (cursor) => new Promise((done) => { asked.push({ cursor, done }); }),
  });
  const turn = () => new Promise((done) => { setTimeout(done); });
  const answer = async (question, rows, nextCursor = null) => {
    question.done({ data: [...rows], nextCursor });
    await turn();
  };
  const held = [];
  list.restart();
  await answer(asked[0], "dc", "older");
  list.more();
  list.restart();
  await answer(asked[2], "x");
  await answer(asked[1], "ba");
  held.push(`older ones of the filter before: ${list.rows.join("")}`);

  list.restart();
  await answer(asked[3], "dc", "older");
  list.more();
  list.refresh();
  await answer(asked[5], "ed", "old");
  await answer(asked[4], "ba");
  await answer(asked[6], "cba");
  held.push(`older ones while news come: ${list.rows.join("")} ${asked[6].cursor}`);

  list.refresh();
  await answer(asked[7], "fe", "new");
  held.push(`news above older ones: ${list.rows.join("")} ${list.nextCursor}`);
  await answer(asked[8], "db", "last");
  held.push(`an older one has gone: ${list.rows.join("")} ${asked[8].cursor}`);
  list.refresh();
  await answer(asked[9], "fe", "new");
  await answer(asked[10], "");
  held.push(`the last one has gone: ${list.rows.join("")} ${asked[10].cursor} ${list.nextCursor}`);
  beside = drawn;
  list.refresh();
  await answer(asked[11], "fe", "new");
  held.push(`drawn anew for what is beside: ${drawn - beside}`);

  list.refresh();
  await answer(asked[13], "zy", "newest");
  held.push(`so many news that there is a gap: ${list.rows.join("")} ${list.nextCursor}`);

  const many = (first, count) => Array.from({ length: count }, (_, index) => String.fromCodePoint(first + index));
  const next = () => asked.at(-1);
  list.more();
  await answer(next(), "xw", "some");
  list.refresh();
  await answer(next(), [...many(0x4e00, 1000), ..."zy"], "newest");
  held.push(`a thousand news: ${list.rows.length}`);
  list.refresh();
  await answer(next(), [...many(0x5e00, 500), ...many(0x4e00, 1)], "anew");
  held.push(`more than that: ${list.rows.length} ${list.nextCursor}`);
  return held;
})()
"""


def keep_lists_whole(walker):
    held = walker.browser.run(LISTS)
    assert held == [
        "older ones of the filter before: x",
        "older ones while news come: edcba old",
        "news above older ones: fedcba null",
        "an older one has gone: fedba new",
        "the last one has gone: fedb last null",
        "drawn anew for what is beside: 1",
        "so many news that there is a gap: zy newest",
        "a thousand news: 1004",
        "more than that: 501 anew",
    ], held
    durations = "import('/assets/format.js').then(({ duration }) => [59999, 119700, 7199999].map(duration).join(', '))"
    assert walker.browser.run(durations) == "60 s, 1 min 59 s, 1 h 59 min", walker.browser.run(durations)


def lose_the_stream(walker):
    browser = walker.browser
    walker.open("#/events", ".page-events tbody tr")
    browser.send("Network.setBlockedURLs", {"urls": ["*/v1/stream*"]})
    browser.run("(location.reload(), true)")
    browser.wait("document.querySelector('#live')?.innerText.startsWith('Not live')", "the word that it is not live")
    browser.wait("document.querySelector('.page-events tbody tr')", "the page")
    assert walker.gateway.callback("POLLED-1") == 200
    walker.lists("POLLED-1")
    walker.check("not live", with_focus=False)
    walker.picture("not-live-1280", whole=False)
    browser.send("Network.setBlockedURLs", {"urls": []})
    browser.wait("document.querySelector('#live').innerText === 'Live'", "the stream again")


def share_with_another_tab(walker):
    """One signs out while the other has a question open; somebody else signs in; each says what is so."""
    browser = walker.browser
    walker.open("#/endpoints/crm", ".page-endpoints .facts")
    walker.press("Disable")
    walker.sees("Disable crm?", "dialog[open]")
    first = browser.new_tab()
    browser.size(1280, 860)
    browser.go(f"{walker.gateway.url}/#/events")
    browser.wait("document.querySelector('.page-events tbody tr')", "the page in the other tab")
    walker.sign_out()
    second = browser.use_tab(first)
    browser.wait("document.activeElement?.name === 'key'", "the form in the first tab as well")
    assert_nothing_is_asked(browser)
    walker.sees("signed out in another tab")
    browser.use_tab(second)
    walker.sign_in(KEYS["operator"])
    browser.use_tab(first)
    walker.sees("desk-operator (operator)", "#who")
    browser.wait("location.hash === '#/endpoints/crm' && document.querySelector('.facts')", "the page that was left")
    assert walker.buttons() == [], "an operator may change an endpoint"
    walker.open("#/dead", ".page-dead tbody tr")
    # The cookie is another session's now, and the page does not know; it gets the token of that by itself.
    begun = browser.run(
        f"""fetch("/v1/session", {{ method: "POST", headers: {{ "Content-Type": "application/json" }},
        body: {json.dumps(json.dumps({"key": KEYS["operator"]}))} }}).then((answer) => answer.status)"""
    )
    assert begun == 201, begun
    browser.click("document.querySelector('tbody input')", "a box")
    walker.press("Replay 1 delivery", ".bulk")
    walker.answer("Send 1 delivery again?", "Replay")
    walker.sees("1 of 1 made due", ".run-line")
    browser.use_tab(second)
    browser.send("Page.close")
    browser.use_tab(first)


def assert_nothing_is_asked(browser):
    open_questions = browser.run("document.querySelectorAll('dialog[open]').length")
    assert open_questions == 0, "a question is open while nobody is signed in"


def outlive_a_restart(walker):
    """What is shown stays, and says that it is old; after the restart one signs in again and is back where one was."""
    browser, gateway = walker.browser, walker.gateway
    walker.open("#/events?source=cryptomus%2Fmain", ".page-events tbody tr")
    rows = walker.rows()
    assert gateway.stop() == 0
    browser.wait("document.querySelector('#live').innerText.startsWith('Not reached')", "the word that it is gone")
    assert walker.rows() == rows > 10, "what was shown is gone"
    walker.check("not reached", with_focus=False)
    walker.picture("not-reached-1280", whole=False)
    gateway.start()
    walker.sees("Your session is over. Sign in again to go on where you were.")
    walker.picture("session-over-1280", whole=False)
    walker.sign_in(shows="tbody tr")
    assert browser.run("location.hash") == "#/events?source=cryptomus%2Fmain"
    assert browser.run("document.querySelector('[data-key=source]').value") == "cryptomus/main"
    browser.wait("document.querySelector('#live').innerText === 'Live'", "the stream")
    assert gateway.callback("AFTER-1") == 200
    walker.lists("AFTER-1")


def end_in_the_middle(walker):
    """The session is taken away; the next press says so, and nothing was done."""
    browser = walker.browser
    walker.open("#/endpoints/crm", ".page-endpoints .facts")
    walker.press("Disable")
    walker.sees("Disable crm?", "dialog[open]")
    for cookie in browser.send("Network.getCookies")["cookies"]:
        browser.send("Network.deleteCookies", {"name": cookie["name"], "url": walker.gateway.url})
    walker.press("Disable", "dialog[open]")
    walker.sees("Your session is over")
    assert_nothing_is_asked(browser)
    assert walker.gateway.ask("/v1/endpoints/crm")["state"] != "disabled"
    walker.sign_in(shows=".facts")
    until("the page", lambda: json.loads(browser.run("JSON.stringify(location.hash)")) == "#/endpoints/crm")
