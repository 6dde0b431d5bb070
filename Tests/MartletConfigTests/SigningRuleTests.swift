// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

/// The rules of `secrets`, `signature`, `signatureStyles` and `auth`: exact path and text.
struct SigningRuleTests {
    /// Some weeks before the ends that stand in these tests.
    private static let now = Timestamp(milliseconds: 1_795_288_260_000)

    @Test(arguments: signatures + ends + styles + authentication)
    func namesFieldRuleAndRemedy(_ rule: ValidationRule) {
        #expect(rule.configuration.load(now: Self.now).problems.lines == rule.expected)
    }

    private static let place = "$.endpoints[0].secrets"

    private static func rule(_ name: String, secrets: String, _ members: String = "", _ expected: String...)
        -> ValidationRule
    {
        var rule = ValidationRule(name) {
            $0.endpoints = #"""
                [{ "id": "ledger", "url": "https://ledger.example/", "secrets": [\#(secrets)]\#(members) }]
                """#
        }
        rule.expected = expected
        return rule
    }

    private static let signatures = [
        rule("a private key for v1a", secrets: #""env:PRIVATE_KEY""#, #", "signature": "v1a""#),
        rule("a seed is a private key", secrets: #""env:SEED""#, #", "signature": "v1a""#),
        rule("both", secrets: #""env:PRIVATE_KEY", "env:LEDGER_SECRET""#, #", "signature": "v1+v1a""#),
        rule(
            "v1a wants a private key",
            secrets: #""env:LEDGER_SECRET""#,
            #", "signature": "v1a""#,
            #"error: \#(place): must have a private key ("whsk_"), since "signature": "v1a" needs one; "#
                + #""martlet keygen --asymmetric" makes one, or use "signature": "v1""#
        ),
        rule(
            "v1 wants a shared secret",
            secrets: #""env:PRIVATE_KEY""#,
            "",
            #"error: \#(place): must have a shared secret ("whsec_"), since "signature": "v1" needs one; "#
                + #""martlet keygen" makes one, or use "signature": "v1a""#
        ),
        rule(
            "an idle secret",
            secrets: #""env:LEDGER_SECRET", "env:PRIVATE_KEY""#,
            "",
            #"warning: \#(place): has a secret "whsk_", which signs nothing with "signature": "v1"; remove it, or "#
                + #"use "signature": "v1+v1a""#
        ),
        rule(
            "both want both",
            secrets: #""env:LEDGER_SECRET""#,
            #", "signature": "v1+v1a""#,
            #"error: \#(place): must have a private key ("whsk_"), since "signature": "v1+v1a" needs one; "#
                + #""martlet keygen --asymmetric" makes one"#
        ),
        rule(
            "no such signature",
            secrets: #""env:LEDGER_SECRET""#,
            #", "signature": "v2""#,
            #"error: $.endpoints[0].signature: must be one of "v1", "v1a", "v1+v1a""#
        ),
        rule(
            "keys have a form",
            secrets: #""env:PUBLIC_KEY", "env:SHORT_PRIVATE_KEY""#,
            #", "signature": "v1a""#,
            #"error: \#(place)[0]: is a public key ("whpk_"), which the subscriber needs; give the private key that "#
                + #"belongs to it ("whsk_")"#,
            #"error: \#(place)[1]: must be "whsk_" and the Base64 of an ed25519 key of 64 or 32 bytes; "#
                + #""martlet keygen --asymmetric" makes one"#
        ),
    ]

    private static let ends = [
        rule(
            "a rotation",
            secrets: #""env:LEDGER_SECRET_2", { "secret": "env:LEDGER_SECRET", "until": "2026-12-01T00:00:00Z" }"#
        ),
        rule(
            "no end is no end",
            secrets: #"{ "secret": "env:LEDGER_SECRET", "until": null }, { "secret": "env:LEDGER_SECRET_2" }"#
        ),
        rule(
            "an end has passed",
            secrets: #""env:LEDGER_SECRET_2", { "secret": "env:LEDGER_SECRET", "until": "2026-11-21T19:11:00Z" }"#,
            "",
            "warning: \(place)[1].until: has passed, so this secret signs no more; remove the secret"
        ),
        rule(
            "all end",
            secrets: #"{ "secret": "env:LEDGER_SECRET", "until": "2026-12-01T01:00:00+01:00" }"#,
            "",
            #"warning: \#(place): has only secrets "whsec_" that end, the last at 2026-12-01T00:00:00.000Z, and that "#
                + #"one signs on until a reload or restart refuses it; add its successor without "until""#
        ),
        rule(
            "all have ended",
            secrets: #"{ "secret": "env:LEDGER_SECRET", "until": "2026-11-01T00:00:00Z" }"#,
            "",
            #"error: \#(place): has no secret "whsec_" that still signs, and "signature": "v1" needs one; give the "#
                + #"endpoint a new one without "until""#,
            "warning: \(place)[0].until: has passed, so this secret signs no more; remove the secret"
        ),
        rule(
            "all of one scheme have ended",
            secrets: #""env:LEDGER_SECRET", { "secret": "env:PRIVATE_KEY", "until": "2026-11-01T00:00:00Z" }"#,
            #", "signature": "v1+v1a""#,
            #"error: \#(place): has no secret "whsk_" that still signs, and "signature": "v1+v1a" needs one; give the "#
                + #"endpoint a new one without "until""#,
            "warning: \(place)[1].until: has passed, so this secret signs no more; remove the secret"
        ),
        rule(
            "members of a secret",
            secrets: #"""
                { "until": "tomorrow" }, { "secret": "hunter2", "until": 5 }, { "secret": "env:LEDGER_SECRET", "from": "x" },
                { "secret": "env:LEDGER_SECRET" }, 7
                """#,
            "",
            #"error: \#(place)[0].until: must be a date with time and offset, such as "2026-12-01T00:00:00Z""#,
            #"error: \#(place)[0].secret: is required; give it as "env:NAME" or "file:PATH""#,
            #"error: \#(place)[1].secret: must be a secret's reference: "env:NAME", "file:PATH" or "plain:VALUE""#,
            "error: \(place)[1].until: must be text, not a number",
            "error: \(place)[2].from: is not a known key; known keys: secret, until",
            "error: \(place)[3]: repeats an earlier secret; each signs once",
            #"error: \#(place)[4]: must be a secret's reference: "env:NAME", "file:PATH" or "plain:VALUE""#
        ),
    ]

    private static let styles = [
        rule("all styles", secrets: #""env:LEDGER_SECRET""#, #", "signatureStyles": ["stripe", "github", "svix"]"#),
        rule(
            "beside v1a",
            secrets: #""env:PRIVATE_KEY", "env:LEDGER_SECRET""#,
            #", "signature": "v1a", "signatureStyles": ["svix", "github"]"#
        ),
        rule("svix repeats", secrets: #""env:SEED""#, #", "signature": "v1a", "signatureStyles": ["svix"]"#),
        rule(
            "a style wants a shared secret",
            secrets: #""env:SEED""#,
            #", "signature": "v1a", "signatureStyles": ["svix", "stripe"]"#,
            #"error: \#(place): must have a shared secret ("whsec_"), since the style "stripe" needs one; "#
                + #""martlet keygen" makes one"#
        ),
        rule(
            "styles are words, each once",
            secrets: #""env:LEDGER_SECRET""#,
            #", "signatureStyles": ["svix", "slack", "svix", 5]"#,
            #"error: $.endpoints[0].signatureStyles[1]: must be one of "stripe", "github", "svix""#,
            "error: $.endpoints[0].signatureStyles[2]: repeats an earlier style; name each once",
            "error: $.endpoints[0].signatureStyles[3]: must be text, not a number"
        ),
        rule(
            "headers replace no signature",
            secrets: #""env:LEDGER_SECRET""#,
            #"""
            , "signatureStyles": ["stripe", "github", "svix"], "headers": { "webhook-signature": "x", "Svix-Id": "x",
              "svix-timestamp": "1", "SVIX-Signature": "x", "Stripe-Signature": "x", "X-Hub-Signature-256": "x" }
            """#,
            "error: $.endpoints[0].headers.webhook-signature: is set by Martlet itself; remove it",
            ownedByStyle("Svix-Id", "svix"),
            ownedByStyle("svix-timestamp", "svix"),
            ownedByStyle("SVIX-Signature", "svix"),
            ownedByStyle("Stripe-Signature", "stripe"),
            ownedByStyle("X-Hub-Signature-256", "github")
        ),
    ]

    private static func ownedByStyle(_ header: String, _ style: String) -> String {
        #"error: $.endpoints[0].headers.\#(header): is set by the style "\#(style)" of "signatureStyles"; "#
            + "remove one of them"
    }

    private static let auth = "$.endpoints[0].auth"

    private static let authentication = [
        ValidationRule(
            "basic",
            endpoint: #""auth": { "type": "basic", "username": "martlet", "password": "env:SPACED_KEY" }"#
        ),
        ValidationRule("bearer", endpoint: #""auth": { "type": "bearer", "token": "env:ADMIN_KEY" }"#),
        ValidationRule(
            "a type",
            endpoint: #""auth": { "bearer": "env:ADMIN_KEY" }"#,
            "error: \(auth).type: is required; give it as text"
        ),
        ValidationRule(
            "a type there is",
            endpoint: #""auth": { "type": "digest", "username": "a" }"#,
            #"error: \#(auth).type: must be one of "basic", "bearer""#
        ),
        ValidationRule(
            "basic has a name and a password",
            endpoint: #""auth": { "type": "basic", "token": "env:ADMIN_KEY" }"#,
            #"error: \#(auth).token: is not a known key; did you mean "type"?"#,
            "error: \(auth).username: is required; give it as text",
            #"error: \#(auth).password: is required; give it as "env:NAME" or "file:PATH""#
        ),
        ValidationRule(
            "the colon ends the name",
            endpoint: #""auth": { "type": "basic", "username": "a:b", "password": "plain:a\nb" }"#,
            "error: \(auth).username: must have no colon and no control characters",
            #"warning: \#(auth).password: the secret stands in the file itself; prefer "env:NAME" or "file:PATH""#,
            "error: \(auth).password: must have no line breaks or other control characters"
        ),
        ValidationRule(
            "a token goes into a header",
            endpoint: #""auth": { "type": "bearer", "token": "env:SPACED_KEY" }"#,
            "error: \(auth).token: must be at most 4096 visible ASCII characters without spaces"
        ),
        ValidationRule(
            "a token is there",
            endpoint: #""auth": { "type": "bearer" }"#,
            #"error: \#(auth).token: is required; give it as "env:NAME" or "file:PATH""#
        ),
        ValidationRule(
            "no header beside auth",
            endpoint: #"""
                "auth": { "type": "bearer", "token": "env:ADMIN_KEY" }, "headers": { "AUTHORIZATION": "env:ADMIN_KEY_2" }
                """#,
            #"error: $.endpoints[0].headers.AUTHORIZATION: is set by "auth"; remove one of them"#
        ),
        ValidationRule("a header without auth", endpoint: #""headers": { "Authorization": "env:ADMIN_KEY" }"#),
    ]

    // MARK: what comes out

    @Test func fillsInTheEndpoint() throws {
        var text = ConfigurationText()
        text.endpoints = #"""
            [{ "id": "plain", "url": "https://a.example/", "secrets": ["env:LEDGER_SECRET"] },
             { "id": "own", "url": "https://b.example/", "signature": "v1+v1a", "signatureStyles": ["svix", "github"],
               "secrets": ["env:LEDGER_SECRET_2", { "secret": "env:LEDGER_SECRET", "until": "2026-12-01T00:00:00Z" },
                           "env:PRIVATE_KEY"],
               "auth": { "type": "basic", "username": "martlet", "password": "env:BANK_KEY" } }]
            """#
        let (loaded, problems) = text.load(now: Self.now)
        #expect(problems.lines == [])
        let endpoints = try #require(loaded?.endpoints)
        try #require(endpoints.count == 2)
        #expect(endpoints[0].signature == .v1)
        #expect(endpoints[0].signatureStyles.isEmpty)
        #expect(endpoints[0].authentication == nil)
        #expect(endpoints[1].signature == .both)
        #expect(endpoints[1].signatureStyles == [.svix, .github])
        #expect(endpoints[1].secrets.map(\.scheme) == [.v1, .v1, .v1a])
        #expect(endpoints[1].secrets.map(\.until?.rfc3339) == [nil, "2026-12-01T00:00:00.000Z", nil])
        let password = Secret(text: "bank-key-that-nobody-may-see")
        #expect(endpoints[1].authentication == .basic(username: "martlet", password: password))
        var dumped = ""
        dump(loaded, to: &dumped)
        for hidden in ["nobody-may-see", "MfKQ9r8", "6Xb/"] { #expect(!dumped.contains(hidden)) }
    }

    @Test func judgesEndsByTheMachinesClockUnlessToldOtherwise() throws {
        var text = ConfigurationText()
        text.endpoints = #"""
            [{ "id": "ledger", "url": "https://a.example/",
               "secrets": ["env:LEDGER_SECRET_2", { "secret": "env:LEDGER_SECRET", "until": "1970-01-02T00:00:00Z" }] }]
            """#
        #expect(text.load().problems.map(\.path) == ["\(Self.place)[1].until"])
        #expect(text.load(now: Timestamp(milliseconds: 0)).problems.lines == [])
    }
}
