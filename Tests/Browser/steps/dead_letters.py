# SPDX-License-Identifier: Apache-2.0
"""Dead letters sent again: by a replay that is paused, goes on and is cancelled, by one that ends, and by boxes."""

import json

from walker import until


def replay_the_dead(walker, dead):
    browser = walker.browser
    browser.run("(window.notReloaded = true)")
    walker.press("Dead letters", "#nav")
    browser.wait(f"document.querySelectorAll('tbody tr').length === {dead}", "every dead letter")
    walker.subscriber.mend()
    made = stop_one_in_the_middle(walker, dead)
    left = dead - made
    walker.open("#/dead", ".page-dead tbody tr")
    begin(walker, f"Replay {left} deliver", "crm has been mended")
    browser.wait("document.querySelector('.badge')?.innerText.includes('done')", "the end of the replay")
    assert f"{left} of {left}" in walker.text(), walker.text()
    walker.check("replay")
    walker.picture("replay-done-1280", whole=False)
    assert browser.run("window.notReloaded === true"), "the page was loaded again"
    wanted = {("/crm", f"DEAD-{each}") for each in range(1, dead + 1)}
    until("deliveries after the replay", lambda: wanted <= set(walker.subscriber.received))
    received = [each for each in walker.subscriber.received if each in wanted]
    assert len(received) == dead, f"{len(received)} deliveries of {dead}"


def stop_one_in_the_middle(walker, dead):
    """Pauses a slow replay, lets it go on and cancels it; gives back how many it has made."""
    browser = walker.browser
    begin(walker, f"Replay {dead} deliver", "a slow one", rate="1")
    walker.press("Pause")
    walker.sees("paused", "main .badge")
    walker.press("Resume")
    walker.sees("running", "main .badge")
    walker.picture("replay-running-1280", whole=False)
    walker.press("Cancel…")
    walker.answer("What has been made goes on", "Cancel the replay")
    walker.sees("cancelled", "main .badge")
    assert walker.buttons() == [], "what has ended can be steered"
    id = browser.run("location.hash.split('/').pop()")

    def ended():
        replay = walker.gateway.ask(f"/v1/replays/{id}")
        return replay["waiting"] == 0 and replay

    replay = until("its last delivery", ended)
    assert 0 < replay["made"] < dead, replay
    walker.sees(f"Delivered\n{replay['delivered']}")
    walker.sees("a slow one")
    walker.open(f"#/deliveries?replay={id}&state=dead", ".page-deliveries .empty")
    boxes = browser.run("document.querySelectorAll('[data-key=all]').length")
    assert boxes == 0, "all that match would be more than those of this replay"
    return replay["made"]


def begin(walker, asks, reason, rate=None):
    browser = walker.browser
    browser.click("document.querySelector('[data-key=all]')", "the box for all")
    walker.press("Replay all", ".bulk")
    walker.sees(asks, "dialog[open]")
    if rate is None:
        walker.check("replay's question", with_focus=False)
        walker.picture("replay-question-1280", whole=False)
    walker.answer(asks, "Replay", reason=reason, **({"ratePerSecond": rate} if rate else {}))
    browser.wait("location.hash.startsWith('#/replays/')", "the replay's page")


def send_some_again(walker):
    """By the boxes; the page says how far it is and what came of each."""
    browser, gateway = walker.browser, walker.gateway
    before = gateway.ask("/v1/deliveries?state=dead&endpoint=crm&limit=500")["data"]
    walker.open("#/dead?endpoint=crm", ".page-dead tbody tr")
    assert browser.run("document.querySelector('[data-key=endpoint]').value") == "crm", "the address is not heeded"
    first = "document.querySelector('tbody input')"
    key = browser.run(f"{first}.dataset.key")
    browser.click(first, "a box")
    walker.press("Replay 1 delivery", ".bulk")
    walker.answer("Send 1 delivery again?", "Replay")
    browser.wait("document.querySelector('.run')?.dataset.state === 'done'", "the end of it")
    walker.sees("1 of 1 made due", ".run-line")
    browser.wait("/^1 (delivered|dead)$/.test(document.querySelector('.run-ended').innerText)", "what came of it")
    assert key.removeprefix("box-") in [each["id"] for each in before], json.dumps(before)[:300]
