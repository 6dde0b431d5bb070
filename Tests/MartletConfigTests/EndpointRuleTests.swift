// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import Testing

/// The rules of `endpoints`: exact path and text.
struct EndpointRuleTests {
    @Test(arguments: urls + options)
    func namesFieldRuleAndRemedy(_ rule: ValidationRule) {
        #expect(rule.configuration.load().problems.lines == rule.expected)
    }

    @Test(arguments: unavailable + secrets)
    func refusesWhatItCannotDo(_ rule: ValidationRule) {
        #expect(rule.configuration.load().problems.lines == rule.expected)
    }

    private static let url = "$.endpoints[0].url"

    private static let urls = [
        ValidationRule("https is fine", url: "https://ledger.example:8443/hooks?shop=1"),
        ValidationRule("an IPv6 address is fine", url: "https://[2a00:1450::1]:443/"),
        ValidationRule(
            "plain http is readable by others",
            url: "http://ledger.example/",
            "warning: \(url): is not encrypted, so anybody on the way can read the events; use \"https://\""
        ),
        ValidationRule(
            "an address that deliveries refuse",
            url: "http://localhost:9090/",
            "warning: \(url): points to a special network (127.0.0.1), where deliveries are refused; "
                + "list it in \"allowNetworks\""
        ),
        ValidationRule(
            "relative",
            url: "/hooks",
            "error: \(url): must be an absolute URL such as \"https://ledger.example/hooks\""
        ),
        ValidationRule(
            "another scheme",
            url: "ftp://ledger.example/",
            "error: \(url): must begin with \"https://\" or \"http://\""
        ),
        ValidationRule("no host", url: "https:///hooks", "error: \(url): must name a host"),
        ValidationRule(
            "a password",
            url: "https://me:secret@ledger.example/",
            "error: \(url): must not hold a user or password; give them in \"auth\""
        ),
        ValidationRule(
            "a fragment",
            url: "https://ledger.example/#top",
            "error: \(url): must not have a fragment; remove \"#\" and what follows"
        ),
        ValidationRule(
            "a space",
            url: "https://ledger.example/a b",
            "error: \(url): has a character that a URL does not allow; write it as \"%XX\""
        ),
        ValidationRule(
            "a wrong port",
            url: "https://ledger.example:70000/",
            "error: \(url): has a port that is not a number from 1 to 65535"
        ),
        ValidationRule(
            "a wrong host",
            url: "https://ledger!example/",
            "error: \(url): has a host that is neither a name nor an address"
        ),
        ValidationRule(
            "wrong brackets",
            url: "https://[127.0.0.1]/",
            "error: \(url): has something in brackets that is not an IPv6 address"
        ),
    ]

    private static let unavailable = [
        ValidationRule(
            "null and the only choice are fine",
            endpoint: #""signature": "v1", "ordering": "none", "ratePerSecond": null, "auth": null, "tls": null"#
        )
    ]

    private static let secrets = [
        ValidationRule(
            "a secret has a format and is given once",
            #"error: $.endpoints[0].secrets[1]: must be "whsec_" and the Base64 of 24 to 64 bytes; "#
                + #""martlet keygen" makes one"#,
            "error: $.endpoints[0].secrets[2]: repeats an earlier secret; each signs once",
            "error: $.endpoints[0].secrets[3]: the environment variable EMPTY is empty; give it the secret",
            "error: $.endpoints[0].secrets[4]: must be a secret's reference: \"env:NAME\", \"file:PATH\" or "
                + "\"plain:VALUE\""
        ) {
            $0.endpoints = #"""
                [{ "id": "ledger", "url": "https://ledger.example/", "secrets": ["env:LEDGER_SECRET",
                   "env:SHORT_SECRET", "env:LEDGER_SECRET", "env:EMPTY", "hunter2"] }]
                """#
        },
        ValidationRule(
            "there is a secret",
            #"error: $.endpoints[0].secrets: must name at least one secret, such as "env:LEDGER_SECRET"; "#
                + #""martlet keygen" makes one"#
        ) { $0.endpoints = #"[{ "id": "ledger", "url": "https://ledger.example/" }]"# },
        ValidationRule(
            "a secret in the file is doubtful",
            #"warning: $.endpoints[0].secrets[0]: the secret stands in the file itself; prefer "env:NAME" or "file:PATH""#
        ) {
            $0.endpoints = #"""
                [{ "id": "ledger", "url": "https://ledger.example/",
                   "secrets": ["plain:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }]
                """#
        },
        ValidationRule(
            "ids are unique",
            #"error: $.endpoints[1].id: "ledger" is the id of an earlier endpoint; ids are unique"#
        ) {
            $0.endpoints = #"""
                [{ "id": "ledger", "url": "https://a.example/", "secrets": ["env:LEDGER_SECRET"] },
                 { "id": "ledger", "url": "https://b.example/", "secrets": ["env:LEDGER_SECRET_2"] }]
                """#
        },
        ValidationRule(
            "no endpoint is doubtful",
            "warning: $.endpoints: names no endpoint, so events are kept and delivered to nobody"
        ) { $0.endpoints = "[]" },
    ]

    private static let options = [
        ValidationRule(
            "shops exist",
            endpoint: #""shops": ["*", "nordic", "paris-outlet", 5]"#,
            #"error: $.endpoints[0].shops[2]: "paris-outlet" is not one of the shops; there are "nordic", "tashkent""#,
            "error: $.endpoints[0].shops[3]: must be text, not a number"
        ),
        ValidationRule(
            "patterns are patterns and match something",
            endpoint: #""events": ["payment.*", "endpoint.disabled", "payment.payed", "Payment paid"]"#,
            #"warning: $.endpoints[0].events[2]: matches no type of event; did you mean "payment.paid"?"#,
            #"error: $.endpoints[0].events[3]: must be "*", a group such as "payment.*" or a type such as "payment.paid""#
        ),
        ValidationRule(
            "empty lists say nothing",
            endpoint: #""events": [], "shops": []"#,
            #"error: $.endpoints[0].events: must name at least one type, or "*" for all"#,
            #"error: $.endpoints[0].shops: must name at least one shop, or "*" for all"#
        ),
        ValidationRule(
            "numbers have bounds",
            endpoint: #""maxInFlight": 0, "timeout": "50ms", "schedule": ["5s", "0s", "31d"], "enabled": "yes""#,
            "error: $.endpoints[0].maxInFlight: must be a whole number from 1 to 256",
            #"error: $.endpoints[0].timeout: must be from "100ms" to "5m""#,
            #"error: $.endpoints[0].schedule[1]: must be a duration longer than 0 and at most "30d", "#
                + #"such as "5s", "5m" or "2h""#,
            #"error: $.endpoints[0].schedule[2]: must be a duration longer than 0 and at most "30d", "#
                + #"such as "5s", "5m" or "2h""#,
            "error: $.endpoints[0].enabled: must be true or false, not text"
        ),
        ValidationRule(
            "no rate of zero",
            endpoint: #""ratePerSecond": 0"#,
            "error: $.endpoints[0].ratePerSecond: must be a number from 0.001 to 10000; leave it out for no limit but "
                + #""maxInFlight""#
        ),
        ValidationRule(
            "a rate is a number",
            endpoint: #""ratePerSecond": "5/s""#,
            "error: $.endpoints[0].ratePerSecond: must be a number from 0.001 to 10000; leave it out for no limit but "
                + #""maxInFlight""#
        ),
        ValidationRule(
            "headers are headers, and not Martlet's own",
            endpoint: #"""
                "headers": { "X-Tenant": "7", "Webhook-Id": "x", "content-type": "text/plain", "bad name": "x",
                  "x-tenant": "8", "X-Break": "a\r\nb", "Authorization": "Bearer abc", "X-Key": "env:MISSING", "X-N": 5 }
                """#,
            "error: $.endpoints[0].headers.Webhook-Id: is set by Martlet itself; remove it",
            "error: $.endpoints[0].headers.content-type: is set by Martlet itself; remove it",
            "error: $.endpoints[0].headers.bad name: is not a header's name; use letters, digits and hyphens",
            "error: $.endpoints[0].headers.x-tenant: is given twice; the case of letters does not matter in a "
                + "header's name",
            "error: $.endpoints[0].headers.X-Break: must be at most 4096 ASCII characters, without line breaks and "
                + "without spaces around",
            "warning: $.endpoints[0].headers.Authorization: the secret stands in the file itself; prefer "
                + #""env:NAME" or "file:PATH""#,
            "error: $.endpoints[0].headers.X-Key: the environment variable MISSING is not set; set it, or use "
                + #""file:PATH""#,
            "error: $.endpoints[0].headers.X-N: must be text, not a number"
        ),
        ValidationRule(
            "networks are networks",
            endpoint: #""allowNetworks": ["10.0.0.0/33"]"#,
            #"error: $.endpoints[0].allowNetworks[0]: must be an address or a block such as "10.0.0.0/8" or "fd00::/8""#
        ),
    ]
}
