// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import Testing

/// The rules of every section but `endpoints`: exact path and text.
struct SectionRuleTests {
    @Test(arguments: listeners + admin + stores + retention)
    func namesFieldRuleAndRemedy(_ rule: ValidationRule) {
        #expect(rule.configuration.load().problems.lines == rule.expected)
    }

    @Test(arguments: shops + sources)
    func namesShopsAndSources(_ rule: ValidationRule) {
        #expect(rule.configuration.load().problems.lines == rule.expected)
    }

    private static let listeners = [
        ValidationRule("a small configuration is fine") { _ in },
        ValidationRule(
            "listen is an address and a port",
            #"error: $.ingest.listen: must be an address and a port, such as "127.0.0.1:8080" or "[::1]:8080""#
        ) { $0.ingest = #"{ "listen": "localhost:8080" }"# },
        ValidationRule(
            "listeners differ",
            #"error: $.admin.listen: must not be the address that $.ingest.listen takes ("127.0.0.1:9000"); "#
                + "choose another port"
        ) {
            $0.ingest = #"{ "listen": "127.0.0.1:9000" }"#
            $0.admin = #"{ "listen": "127.0.0.1:9000" }"#
        },
        ValidationRule("both may let the system choose the port") {
            $0.ingest = #"{ "listen": "127.0.0.1:0" }"#
            $0.admin = #"{ "listen": "127.0.0.1:0" }"#
        },
        ValidationRule(
            "an open listener wants a proxy",
            "warning: $.ingest.listen: is reachable from other machines without TLS; put a reverse proxy in front "
                + #"and list it in "trustedProxies""#
        ) { $0.ingest = #"{ "listen": "0.0.0.0:8080" }"# },
        ValidationRule("an open listener behind a proxy is fine") {
            $0.ingest = #"{ "listen": "[::]:8080", "trustedProxies": ["10.1.2.3"] }"#
        },
        ValidationRule(
            "TLS is not there yet",
            "error: $.ingest.tls: is not available in this version; end TLS in a reverse proxy, list it in "
                + #""trustedProxies" and set null here"#
        ) { $0.ingest = #"{ "tls": { "certificate": "file:cert.pem" } }"# },
        ValidationRule(
            "a body has bounds",
            "error: $.ingest.maxBodyBytes: must be a whole number from 1024 to 1048576"
        ) { $0.ingest = #"{ "maxBodyBytes": 2000000 }"# },
        ValidationRule(
            "proxies are networks",
            #"error: $.ingest.trustedProxies[1]: must be an address or a block such as "10.0.0.0/8" or "fd00::/8""#,
            "warning: $.ingest.trustedProxies[2]: covers every address there is; name the networks that are meant"
        ) { $0.ingest = #"{ "trustedProxies": ["10.0.0.0/8", "proxy.example", "0.0.0.0/0"] }"# },
        ValidationRule("the public address may have a path and a slash at its end") {
            $0.ingest = #"{ "publicURL": "https://pay.example:8443/martlet/" }"#
        },
        ValidationRule(
            "the public address is encrypted, unless it is this machine's",
            #"error: $.ingest.publicURL: must begin with "https://"; secrets of payments travel on it"#
        ) { $0.ingest = #"{ "publicURL": "http://pay.example" }"# },
        ValidationRule(
            "a public address on the loopback is for tests",
            "warning: $.ingest.publicURL: is this very machine's, which no provider reaches; fine for tests"
        ) { $0.ingest = #"{ "publicURL": "http://127.0.0.1:8080" }"# },
        ValidationRule(
            "the public address has no query",
            "error: $.ingest.publicURL: must not have a query or user information; leave them out"
        ) { $0.ingest = #"{ "publicURL": "https://pay.example/?a=b" }"# },
        ValidationRule(
            "the public address has no user",
            "error: $.ingest.publicURL: must not have a query or user information; leave them out"
        ) { $0.ingest = #"{ "publicURL": "https://me@pay.example" }"# },
        ValidationRule(
            "the public address is an address",
            #"error: $.ingest.publicURL: must be an absolute URL such as "https://ledger.example/hooks""#
        ) { $0.ingest = #"{ "publicURL": "pay.example" }"# },
        ValidationRule(
            "the public address leaves room for hooks",
            "error: $.ingest.publicURL: must have at most 110 characters"
        ) { $0.ingest = "{ \"publicURL\": \"https://pay.example/\(String(repeating: "a", count: 91))\" }" },
        ValidationRule("a section is an object", "error: $.ingest: must be an object, not text") {
            $0.ingest = #""x""#
        },
    ]

    private static let admin = [
        ValidationRule("keys are fine") {
            $0.admin = #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY", "role": "admin", "shops": ["nordic"] }] }"#
        },
        ValidationRule(
            "an open admin listener needs keys",
            #"error: $.admin.listen: is reachable from other machines, so "keys" must have a key; "#
                + "or listen on 127.0.0.1"
        ) { $0.admin = #"{ "listen": "0.0.0.0:8081" }"# },
        ValidationRule(
            "roles are known",
            #"error: $.admin.keys[0].role: must be one of "viewer", "operator", "admin""#
        ) { $0.admin = #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY", "role": "root" }] }"# },
        ValidationRule(
            "names and keys are unique",
            #"error: $.admin.keys[1].name: "ops" is the name of an earlier key; names are unique"#,
            "error: $.admin.keys[1].key: is the same as an earlier key; each name needs its own"
        ) {
            $0.admin =
                #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY" }, { "name": "ops", "key": "env:ADMIN_KEY" }] }"#
        },
        ValidationRule(
            "a key is given, long and fit for a header",
            #"error: $.admin.keys[0].key: is required; give it as "env:NAME" or "file:PATH""#,
            "warning: $.admin.keys[1].key: is shorter than 16 characters and can be guessed; use a longer one",
            "error: $.admin.keys[2].key: must be visible ASCII characters without spaces, since it is sent in a header"
        ) {
            $0.admin = #"""
                { "keys": [{ "name": "a" }, { "name": "b", "key": "env:SHORT_KEY" },
                  { "name": "c", "key": "env:SPACED_KEY" }] }
                """#
        },
        ValidationRule(
            "no key passes for the gateway",
            #"error: $.admin.keys[0].name: must not be "gateway": the audit log calls the gateway itself so"#
        ) { $0.admin = #"{ "keys": [{ "name": "gateway", "key": "env:ADMIN_KEY" }] }"# },
        ValidationRule(
            "a key's shops exist",
            #"error: $.admin.keys[0].shops[0]: "nordik" is not one of the shops; did you mean "nordic"?"#
        ) { $0.admin = #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY", "shops": ["nordik"] }] }"# },
    ]

    private static let stores = [
        ValidationRule(
            "PostgreSQL is not there yet",
            #"error: $.store: PostgreSQL is not available in this version yet; use "sqlite:PATH""#
        ) { $0.store = #""postgres://user:password@db/martlet""# },
        ValidationRule(
            "the store is a file",
            #"error: $.store: must be "sqlite:PATH" with the path of a file, such as "sqlite:data/martlet.db""#
        ) { $0.store = #""sqlite::memory:""# },
        ValidationRule("the store is text", "error: $.store: must be text, not a number") { $0.store = "5" },
    ]

    private static let retention = [
        ValidationRule(
            "raw goes with its event",
            #"error: $.retention.raw: must not be longer than "events" ("10d"): it goes with its event"#
        ) { $0.retention = #"{ "events": "10d", "raw": "11d" }"# },
        ValidationRule(
            "duplicates are known as long as events",
            #"error: $.retention.dedupe: must not be shorter than "events" ("90d"): "#
                + "a late repeat would be taken for news"
        ) { $0.retention = #"{ "dedupe": "36h" }"# },
        ValidationRule(
            "events outlive their retries",
            "warning: $.retention.events: is shorter than the longest retry schedule; make it longer, "
                + "or the schedule shorter"
        ) { $0.retention = #"{ "events": "1d" }"# },
        ValidationRule(
            "times have bounds",
            #"error: $.retention.events: must be from "1m" to "3650d""#,
            #"error: $.retention.quarantine: must be a duration such as "500ms", "15s", "5m", "2h" or "30d""#
        ) { $0.retention = #"{ "events": "1s", "quarantine": 30 }"# },
        ValidationRule(
            "jitter is a share, a schedule has pauses",
            #"error: $.delivery.schedule: must have 1 to 50 pauses, such as ["5s", "5m", "2h"]"#,
            "error: $.delivery.jitter: must be a number from 0.0 to 1.0",
            #"error: $.delivery.timeout: must be from "100ms" to "5m""#
        ) { $0.delivery = #"{ "schedule": [], "jitter": 2, "timeout": "1h" }"# },
    ]

    private static let shops = [
        ValidationRule(
            "shops are unique",
            #"error: $.shops[2].id: "nordic" is the id of an earlier shop; ids are unique"#
        ) { $0.shops = #"[{ "id": "nordic" }, { "id": "tashkent" }, { "id": "nordic" }]"# },
        ValidationRule(
            "ids are plain",
            #"error: $.shops[1].id: must be 1 to 64 lower-case letters, digits, "-" and "_", "#
                + "and begin with a letter or digit"
        ) { $0.shops = #"[{ "id": "nordic" }, { "id": "Tashkent" }]"# },
        ValidationRule(
            "there is a shop",
            #"error: $.shops: must name at least one shop, such as [{ "id": "main" }]"#,
            #"error: $.sources[0].shop: "nordic" is not one of the shops"#
        ) { $0.shops = "[]" },
    ]

    private static let sources = [
        ValidationRule(
            "no source is doubtful",
            "warning: $.sources: names no source, so every callback is answered with 404"
        ) { $0.sources = "[]" },
        ValidationRule(
            "providers are known",
            #"error: $.sources[0].provider: "bnak" is not a known provider; did you mean "bank"?"#,
            #"error: $.sources[1].provider: "stripe-connect" is not a known provider; there are "bank", "till""#,
            "error: $.sources[2].provider: is required; give it as text"
        ) {
            $0.sources = #"""
                [{ "provider": "bnak", "id": "a", "shop": "nordic" },
                 { "provider": "stripe-connect", "id": "b", "shop": "nordic" }, { "id": "c", "shop": "nordic" }]
                """#
        },
        ValidationRule(
            "ids of one provider are unique",
            #"error: $.sources[2].id: "bank/main" is an earlier source; the ids of one provider are unique"#
        ) {
            $0.sources = #"""
                [{ "provider": "bank", "id": "main", "shop": "nordic" },
                 { "provider": "till", "id": "main", "shop": "nordic", "command": "status" },
                 { "provider": "bank", "id": "main", "shop": "nordic" }]
                """#
        },
        ValidationRule(
            "the shop exists, and so do those of rules",
            #"error: $.sources[0].shop: "oslo" is not one of the shops; there are "nordic", "tashkent""#,
            #"error: $.sources[0].shopRules[0].shop: "norddic" is not one of the shops; did you mean "nordic"?"#,
            "error: $.sources[0].shopRules[1].orderPrefix: is required; give it as text",
            #"warning: $.sources[0].shopRules[2].orderPrefix: is never reached, since the earlier rule for "NO-" "#
                + "matches the same orders"
        ) {
            $0.sources = #"""
                [{ "provider": "bank", "id": "main", "shop": "oslo", "shopRules": [
                   { "orderPrefix": "NO-", "shop": "norddic" }, { "shop": "nordic" },
                   { "orderPrefix": "NO-7", "shop": "nordic" }] }]
                """#
        },
        ValidationRule(
            "a provider's own settings are checked, and unknown ones found",
            #"error: $.sources[0].kye: is not a known key; did you mean "key"?"#,
            "error: $.sources[1].command: is required; give it as text"
        ) {
            $0.sources = #"""
                [{ "provider": "bank", "id": "main", "shop": "nordic", "kye": "env:BANK_KEY" },
                 { "provider": "till", "id": "main", "shop": "nordic" }]
                """#
        },
    ]
}
