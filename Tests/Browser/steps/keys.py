# SPDX-License-Identifier: Apache-2.0
"""A key made and taken away."""


def make_and_revoke_a_key(walker):
    gateway = walker.gateway
    walker.press("Keys", "#nav")
    walker.sees("in the configuration file")
    walker.press("New key")
    walker.answer("New key", "Make it", name="Not a name")
    walker.sees("name", "dialog[open] [role=alert]")
    walker.answer("New key", "Make it", name="nightly-report")
    walker.sees("The key nightly-report", "dialog[open]")
    key = walker.text("dialog[open] .secret code")
    assert gateway.exchange("/v1/events", key=key)[0] == 200, "the key that is shown is none"
    assert gateway.exchange("/v1/keys", key=key)[0] == 403, "a viewer's key lists keys"
    walker.press("I have kept it", "dialog[open]")
    walker.is_answered()
    walker.sees("nightly-report")
    walker.check("keys")
    walker.press("Revoke")
    walker.answer("Revoke nightly-report?", "Revoke")
    walker.sees("revoked", "tbody")
    assert gateway.exchange("/v1/events", key=key)[0] == 401, "a revoked key is let in"
