# SPDX-License-Identifier: Apache-2.0
"""What must not be lost when an answer fails, is late, or comes after somebody has gone on."""

import json

from walker import until

# Puts `fake(path, options)` before what the page asks; null lets the request through. `unfake()` ends it.
FAKE = """
(() => {
  const send = window.fetch;
  window.unfake = () => { window.fetch = send; };
  window.answered = (status, body) => new Response(JSON.stringify(body), {
    status, headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" } });
  window.fetch = async (path, options) => (await window.fake(path, options ?? {}, send)) ?? send(path, options);
  return true;
})()
"""


def fake(walker, function):
    walker.browser.run(f"(window.fake = {function}, true)")
    walker.browser.run(FAKE)


def unfake(walker):
    walker.browser.run("(window.unfake(), true)")


# Each answer says nothing of what became of the wish, but for the last two.
NAMES = """
(async () => {
  const { create } = await import("/assets/api.js");
  const answers = [
    () => { throw new TypeError("no line"); }, () => answered(503, {}), () => answered(502, { detail: "a proxy's" }),
    () => answered(409, { code: "request_under_way" }), () => answered(504, { code: "outcome_unknown" }),
    () => answered(409, { detail: "in no state for it" }), () => answered(201, {}),
  ];
  const names = [];
  window.fake = (path, { headers }) => { names.push(headers["Idempotency-Key"]); return answers.shift()(); };
  while (answers.length > 0) await create("/v1/things", { name: "one" }).catch(() => {});
  return names.map((name) => names.indexOf(name)).join("");
})()
"""


def send_the_same_wish_again(walker):
    fake(walker, "null")
    same = walker.browser.run(NAMES)
    unfake(walker)
    assert same == "0000056", f"the Idempotency-Keys of seven tries are {same}"


# Two deliveries made due: one is removed, the other never ends. Time passes as fast as it is waited for.
FOLLOWED = """
(async () => {
  const { RetryRun } = await import("/assets/bulk.js");
  const [later, now] = [window.setTimeout, performance.now];
  const pauses = [];
  let [clock, asked, isHidden] = [0, 0, false];
  window.fake = (path, { method }) => {
    if (method !== "GET") return answered(200, {});
    asked += 1;
    return path.endsWith("gone") ? answered(404, {}) : answered(200, { state: "pending" });
  };
  performance.now = () => clock;
  Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
  window.setTimeout = (done, pause) => {
    pauses.push(pause);
    clock += pause;
    isHidden = clock > 1800000;
    queueMicrotask(done);
  };
  try {
    const run = new RetryRun(["gone", "stays"], () => {}, new AbortController().signal);
    await run.start();
    return { pauses: pauses.slice(0, 9).join(" "), asked, said: run.ended.textContent, clock };
  } finally {
    window.setTimeout = later;
    delete performance.now;
    delete document.hidden;
  }
})()
"""


def follow_no_longer_than_is_sensible(walker):
    fake(walker, "null")
    followed = walker.browser.run(FOLLOWED)
    unfake(walker)
    assert followed["pauses"] == "500 1000 2000 4000 8000 16000 30000 30000 30000", followed
    assert followed["asked"] < 80 and followed["clock"] >= 3600000, followed
    assert followed["said"] == "1 removed, 1 on the way, no longer followed here: see the deliveries", followed


def read_the_last_hour_again_after_a_failure(walker):
    read = """(async () => {
      const { lastHour } = await import("/assets/lasthour.js");
      lastHour.clear();
      await lastHour.look(AbortSignal.abort()).catch(() => {});
      await lastHour.look();
      return lastHour.steps.length; })()"""
    assert walker.browser.run(read) > 0, "what was not read counts as read"


def see_only_news_of_the_gateway(walker):
    only = """async (path, options, send) => {
      if (!path.startsWith("/v1/events?limit=")) return null;
      const page = await (await send(path, options)).json();
      return answered(200, { ...page, data: page.data.map((row) => ({ ...row, source: "martlet/gateway" })) }); }"""
    walker.open("#/events", ".page-events tbody tr")
    fake(walker, only)
    walker.open("#/", ".tile")
    walker.sees("No provider's event among the latest", ".page-overview .empty")
    unfake(walker)


def choose_another_filter_while_it_counts(walker):
    """What is counted is what is replayed."""
    browser = walker.browser
    walker.open("#/dead", ".page-dead tbody tr")
    hold = """(() => { window.wishes = []; const go = new Promise((done) => { window.goOn = done; });
      return async (path, { body }) => {
        if (path !== "/v1/replays") return null;
        window.wishes.push(JSON.parse(body));
        if (window.wishes.length > 1) return answered(409, { detail: "not this time" });
        await go;
        return null; }; })()"""
    fake(walker, hold)
    browser.click("document.querySelector('[data-key=all]')", "the box for all")
    walker.press("Replay all", ".bulk")
    browser.wait("window.wishes.length === 1", "the question how many there are")
    browser.choose("document.querySelector('[data-key=state]')", "skipped")
    browser.run("(window.goOn(), true)")
    walker.answer("Replay 1", "Replay", reason="of what was counted")
    walker.sees("not this time", "dialog[open]")
    browser.press("Escape")
    walker.is_answered()
    unfake(walker)
    states = browser.run("window.wishes.map((each) => each.state).join()")
    assert states == "dead,dead", states


def go_on_in_the_middle_of_a_change(walker):
    """Escape does not lose a secret that is being made, nor does another page, nor does the end of the session."""
    browser = walker.browser
    walker.open("#/endpoints/shop-api", ".page-endpoints .facts")
    hold = """(() => { const go = new Promise((done) => { window.goOn = done; }); window.isHeld = false;
      return async (path) => {
        if (!path.endsWith("/rotate-secret")) return null;
        window.isHeld = true;
        await go;
        return null; }; })()"""
    fake(walker, hold)
    walker.press("Rotate secret")
    walker.answer("Make a new secret", "Rotate")
    browser.wait("window.isHeld", "the request")
    browser.press("Escape")
    browser.press("Escape")
    browser.click(walker.by_text("dialog[open] button", "Cancel"), "the button to cancel")
    assert browser.run("document.querySelector('dialog[open]') !== null"), "what is being done was called back"
    walker.open("#/events", ".page-events tbody tr")
    walker.is_answered()
    browser.run("(window.goOn(), true)")
    walker.sees("The new secret of shop-api", "dialog[open]")
    unfake(walker)
    walker.open("#/endpoints/shop-api", ".page-endpoints .facts")
    browser.run("(window.dispatchEvent(new CustomEvent('signed-out')), true)")
    walker.sees("Your session is over")
    secret = walker.text("dialog[open] .secret code")
    assert secret.startswith("whsec_"), f"the secret is not shown any more: {secret!r}"
    walker.press("I have kept it", "dialog[open]")
    walker.sign_in(shows=".facts")
    return secret


def look_away_and_back(walker):
    """A tab that nobody sees has no stream; seen again it is at once what it should be."""
    browser, gateway = walker.browser, walker.gateway
    streams = lambda: gateway.ask("/v1/stats")["streams"]
    walker.open("#/events", ".page-events tbody tr")
    until("the stream", lambda: streams() == 1)
    turn = (
        "(Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {0} }}),"
        " document.dispatchEvent(new Event('visibilitychange')), true)"
    )
    browser.run(turn.format("true"))
    until("end of the stream", lambda: streams() == 0)
    assert gateway.callback("AWAY-1") == 200
    browser.run(turn.format("false"))
    walker.lists("AWAY-1")
    until("the stream again", lambda: streams() == 1)
    browser.run("delete document.hidden")


def stop_releasing_in_the_middle(walker):
    """The second of two calls fails: what the first has done is still said."""
    browser = walker.browser
    walker.open("#/quarantine", ".page-quarantine tbody tr")
    result = {"released": 3, "withheld": 0, "duplicates": 1, "hints": 0, "stillRefused": {"signature": 2}, "more": True}
    body = json.dumps({**result, "nextCursor": "next"})
    first = f"""(path, {{ body }}) => path !== "/v1/quarantine/release" ? null
      : JSON.parse(body).cursor ? answered(503, {{ detail: "The store is in trouble." }}) : answered(200, {body})"""
    fake(walker, first)
    walker.press("Release all that match")
    walker.answer("Release all that match?", "Release")
    walker.sees("The store is in trouble. Until then: 3 released, 2 refused still", ".notice.bad")
    unfake(walker)
    # Another page is opened while the first call is under way: there is no second one.
    leave = f"""(path) => {{ if (path !== "/v1/quarantine/release") return null;
      window.calls = (window.calls ?? 0) + 1;
      return new Promise((done) => {{ window.goOn = () => done(answered(200, {body})); }}); }}"""
    fake(walker, leave)
    walker.press("Release all that match")
    walker.answer("Release all that match?", "Release")
    browser.wait("window.calls === 1", "the first call")
    walker.open("#/events", ".page-events tbody tr")
    browser.run("(window.goOn(), true)")
    walker.sees("The page was left before all were released: 3 released", "#toasts")
    assert browser.run("window.calls") == 1, "it goes on although the page was left"
    unfake(walker)
