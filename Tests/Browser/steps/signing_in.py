# SPDX-License-Identifier: Apache-2.0
"""With a wrong key, with a right one; what the browser keeps then."""

import json

from gateway import KEYS


def sign_in(walker):
    browser = walker.browser
    browser.go(walker.gateway.url + "/")
    browser.wait("document.activeElement?.name === 'key'", "the key's field with the focus")
    walker.check("sign-in", with_focus=False)
    walker.picture("sign-in-1280", whole=False)
    browser.type("not-a-key")
    browser.press("Enter")
    browser.wait("document.querySelector('[role=alert]')?.innerText.includes('not a key')", "a refusal")
    walker.sign_in(shows="tbody")
    browser.wait("document.querySelectorAll('.tile').length === 6", "the overview")
    assert browser.run("document.cookie") == "", "a script can read the cookie"
    cookies = browser.send("Network.getCookies")["cookies"]
    assert [each["name"] for each in cookies] == ["martlet_session"], cookies
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict", cookies
    assert not any(key in json.dumps(cookies) for key in KEYS.values()), "the key is in a cookie"
    stored = browser.run("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert not any(key in stored for key in KEYS.values()), "the key is stored"
