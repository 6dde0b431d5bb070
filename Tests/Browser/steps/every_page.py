# SPDX-License-Identifier: Apache-2.0
"""Every page in two widths and two schemes, checked and pictured."""


def look_at_every_page(walker, event):
    places = [
        ("overview", "#/", ".tile"),
        ("events", "#/events", "tbody tr"),
        ("event", f"#/events/{event}", ".timeline"),
        ("deliveries", "#/deliveries", "tbody tr"),
        ("dead-letters", "#/dead", "tbody tr"),
        ("replays", "#/replays", ".empty"),
        ("endpoints", "#/endpoints", ".card"),
        ("endpoint", "#/endpoints/crm", ".facts"),
        ("quarantine", "#/quarantine", "tbody tr"),
        ("watches", "#/watches", "tbody tr"),
        ("sources", "#/sources", "tbody tr"),
        ("keys", "#/keys", "tbody tr"),
        ("audit", "#/audit", "tbody tr"),
    ]
    for width, height in [(1280, 860), (390, 844)]:
        for scheme in ["light", "dark"]:
            walker.browser.size(width, height, scheme)
            for name, hash, shows in places:
                walker.open(hash, f".page-{hash.split('/')[1] or 'overview'} {shows}")
                # Where the focus goes does not depend on colours.
                walker.check(f"{name} {width} {scheme}", with_focus=scheme == "light")
                walker.picture(f"{name}-{width}-{scheme}")
    walker.browser.size(1280, 860)


def use_the_menu(walker):
    browser = walker.browser
    browser.size(390, 844)
    walker.open("#/events", ".page-events tbody tr")
    browser.click("document.querySelector('#menu')", "the menu's button")
    browser.wait(
        "document.querySelector('#menu').ariaExpanded === 'true' && document.querySelector('#nav').checkVisibility()",
        "the menu",
    )
    walker.picture("menu-390", whole=False)
    walker.press("Overview", "#nav")
    browser.wait(
        "document.querySelector('.tile') && !document.querySelector('#nav').checkVisibility()",
        "the overview without the menu",
    )
    browser.size(1280, 860)
