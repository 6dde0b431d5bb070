# SPDX-License-Identifier: Apache-2.0
"""Orders that are asked about: polled now, closed, resumed; and the comparison with the provider's list."""

from walker import until


def steer_a_watch(walker):
    gateway = walker.gateway
    id = gateway.ask("/v1/watches")["data"][0]["id"]
    polls = lambda: gateway.ask(f"/v1/watches/{id}")["polls"]
    walker.open("#/watches", ".page-watches tbody tr")
    walker.press(id, "tbody")
    walker.sees("What the provider said")
    before = polls()
    walker.press("Poll now")
    until("one more poll", lambda: polls() > before)
    walker.browser.wait(f"document.querySelectorAll('main tbody tr').length > {before}", "the poll, live")
    walker.check("watch")
    walker.picture("watch-1280")
    walker.press("Close")
    walker.answer(f"Close {id}?", "Close")
    walker.sees("closed", "main .badge")
    assert walker.buttons() == ["Resume"], walker.buttons()
    walker.press("Resume")
    walker.sees("open", "main .badge")
    assert gateway.ask(f"/v1/watches/{id}")["state"] == "open"


def compare_with_the_list(walker):
    walker.open("#/sources", ".page-sources tbody tr")
    walker.press("Compare now")
    walker.sees("cryptomus/main is being compared", "#toasts")
