# SPDX-License-Identifier: Apache-2.0
"""Refused callbacks: forced with a reason, dropped, released one by one and all together."""


def see_to_the_refused(walker, reload_signal):
    browser, gateway = walker.browser, walker.gateway
    walker.press("Quarantine", "#nav")
    walker.press("qtn_2", "tbody")
    walker.sees('"order_id": "TK-2"')
    walker.press("Release")
    walker.sees("Problem:", ".notice.bad")
    walker.press("Force")
    reason = "seen on the provider's pages <script>"
    walker.answer("nothing proves it", "Force", reason=reason)
    see_the_event(walker, "TK-2")
    walker.sees("Not verified")
    walker.sees(f"Forced by desk-admin: “{reason}”.")

    walker.open("#/quarantine/qtn_3", ".page-quarantine .facts")
    walker.press("Drop")
    walker.answer("Drop qtn_3 for good?", "Drop")
    browser.wait("location.hash === '#/quarantine'", "the list")
    browser.wait("document.querySelectorAll('tbody tr').length === 2", "the list without them")
    assert gateway.exchange("/v1/quarantine/qtn_3")[0] == 404

    gateway.mend_source(reload_signal)
    walker.press("qtn_1", "tbody")
    walker.sees('"order_id": "TK-1"')
    walker.check("refused callback")
    walker.picture("quarantined-1280")
    walker.press("Release")
    walker.sees("released", ".notice.good")
    see_the_event(walker, "TK-1")

    walker.open("#/quarantine", ".page-quarantine tbody tr")
    walker.press("Release all that match")
    walker.answer("Release all that match?", "Release")
    walker.sees("1 released, 0 refused still", ".notice.good")
    walker.sees("Nothing in quarantine", ".empty")


def see_the_event(walker, order):
    walker.sees("See the event", ".notice.good")
    walker.press("See the event", ".notice")
    walker.browser.wait(
        f"document.querySelector('.timeline') && document.querySelector('h1').innerText === '{order}'",
        "the event's page",
    )
