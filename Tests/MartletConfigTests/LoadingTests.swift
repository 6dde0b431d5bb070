// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

/// Files that cannot be read at all, and what comes out of one that can.
struct LoadingTests {
    @Test func fillsInTheDefaultsOfTheContract() throws {
        let (loaded, problems) = ConfigurationText.load(
            #"{ "shops": [{ "id": "main" }], "sources": [], "endpoints": [] }"#
        )
        #expect(problems.allSatisfy { $0.severity == .warning })
        let configuration = try #require(loaded)
        #expect(configuration.ingest.listen.text == "127.0.0.1:8080")
        #expect(configuration.ingest.listen.host == .loopback)
        #expect(configuration.ingest.listen.port == 8080)
        #expect(configuration.ingest.maxBodyBytes == 65_536)
        #expect(configuration.ingest.trustedProxies.isEmpty)
        #expect(configuration.admin.listen.text == "127.0.0.1:8081")
        #expect(configuration.admin.keys.isEmpty)
        #expect(configuration.store == .sqlite(path: "data/martlet.db"))
        #expect(configuration.delivery.schedule == .standard)
        #expect(configuration.delivery.timeout == .seconds(15))
        #expect(configuration.delivery.egress == EgressPolicy())
        #expect(configuration.retention.events == .seconds(90 * 86_400))
        #expect(configuration.retention.raw == .seconds(30 * 86_400))
        #expect(configuration.retention.quarantine == .seconds(30 * 86_400))
        #expect(configuration.retention.dedupe == .seconds(400 * 86_400))
        #expect(configuration.retention.audit == .seconds(400 * 86_400))
    }

    @Test func endpointsFallBackToTheSectionDelivery() throws {
        var text = ConfigurationText()
        text.delivery =
            #"{ "schedule": ["1s", "2m"], "jitter": 0.5, "timeout": "3s", "allowNetworks": ["10.0.0.0/8"] }"#
        text.endpoints = #"""
            [{ "id": "plain", "url": "https://a.example/", "secrets": ["env:LEDGER_SECRET"] },
             { "id": "own", "url": "https://b.example/", "shops": ["tashkent"], "events": ["payout.*"],
               "secrets": ["env:LEDGER_SECRET", "env:LEDGER_SECRET_2"], "enabled": false, "includeRaw": true,
               "maxInFlight": 2, "ratePerSecond": 0.5, "timeout": "250ms", "schedule": ["7s"], "allowNetworks": ["fd00::/8"],
               "headers": { "X-Tenant": "7", "X-Key": "env:BANK_KEY" } }]
            """#
        let (loaded, problems) = text.load()
        #expect(problems.lines == [])
        let endpoints = try #require(loaded?.endpoints)
        try #require(endpoints.count == 2)
        #expect(endpoints[0].schedule == RetrySchedule(delays: [.seconds(1), .seconds(120)], jitter: 0.5))
        #expect(endpoints[0].timeout == .seconds(3))
        #expect(endpoints[0].egress.allowed.map(\.description) == ["10.0.0.0/8"])
        #expect(endpoints[0].shops == ["*"])
        #expect(endpoints[0].events.map(\.text) == ["*"])
        #expect(endpoints[0].isEnabled)
        #expect(endpoints[0].maxInFlight == 16)
        #expect(endpoints[1].schedule == RetrySchedule(delays: [.seconds(7)], jitter: 0.5))
        #expect(endpoints[1].timeout == .milliseconds(250))
        #expect(endpoints[1].egress.allowed.map(\.description) == ["fd00::/8"])
        #expect(endpoints[1].shops == ["tashkent"])
        #expect(endpoints[1].events.map(\.text) == ["payout.*"])
        #expect(!endpoints[1].isEnabled)
        #expect(endpoints[1].includeRaw)
        #expect(endpoints[0].ratePerSecond == nil)
        #expect(endpoints[1].maxInFlight == 2)
        #expect(endpoints[1].ratePerSecond == 0.5)
        #expect(endpoints[1].secrets.count == 2)
        #expect(endpoints[1].headers.map(\.name) == ["X-Tenant", "X-Key"])
        #expect(endpoints[1].headers[1].value == Secret(text: "bank-key-that-nobody-may-see"))
    }

    @Test func saysWhyAFileCannotBeRead() throws {
        let folder = try TemporaryFolder()
        let missing = ConfigurationLoader.load(path: "\(folder.path)/none.json", providers: [], environment: [:])
        #expect(missing.configuration == nil)
        #expect(missing.problems.lines == ["error: $: the configuration file does not exist"])
        let directory = ConfigurationLoader.load(path: folder.path, providers: [], environment: [:])
        #expect(directory.problems.lines == ["error: $: the configuration file is a folder, not a file"])
        let long = try folder.write(String(repeating: " ", count: ConfigurationLoader.longestFile + 1), to: "long.json")
        let tooLong = ConfigurationLoader.load(path: long, providers: [], environment: [:])
        #expect(tooLong.problems.lines == ["error: $: the configuration file is longer than 4194304 bytes"])
    }

    @Test(arguments: [
        ("", "the configuration file is empty; config.example.json shows what belongs there"),
        ("[]", "must be an object, not a list"),
        (
            "{\n  \"é\": tru }",
            "the configuration file has a character that JSON does not allow there, at line 2, column 11"
        ),
        ("{\n", "the configuration file ends in the middle of a value, at line 2, column 1"),
        (
            "{ \"shops\": [],\n  \"shops\": [] }",
            "the configuration file has a member twice; keep one (\"shops\"), at line 2, column 3"
        ),
    ])
    func pointsAtTheLineAndColumn(text: String, message: String) {
        let (configuration, problems) = ConfigurationText.load(text)
        #expect(configuration == nil)
        #expect(problems.lines == ["error: $: \(message)"])
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let bytes = Array("{\n\"a\": \"".utf8) + [0xFF] + Array("\" }".utf8)
        let problems = ConfigurationLoader.load(bytes: bytes, folder: "", providers: [], environment: [:]).problems
        #expect(problems.lines == ["error: $: the configuration file is not valid UTF-8, at line 2, column 7"])
    }

    @Test func findsUnknownKeysAtEveryDepth() {
        var text = ConfigurationText.endpoint(#""maxInflight": 4"#)
        text.extra = #""endpoint": [],"#
        text.ingest = #"{ "lisen": "127.0.0.1:8080" }"#
        text.admin = #"{ "keys": [{ "name": "ops", "key": "env:ADMIN_KEY", "rolle": "viewer" }] }"#
        text.shops = #"[{ "id": "nordic", "title": "Nordic" }]"#
        text.retention = #"{ "forever": true }"#
        #expect(
            text.load().problems.lines == [
                #"error: $.endpoint: is not a known key; did you mean "endpoints"?"#,
                #"error: $.ingest.lisen: is not a known key; did you mean "listen"?"#,
                #"error: $.admin.keys[0].rolle: is not a known key; did you mean "role"?"#,
                "error: $.shops[0].title: is not a known key; known keys: id",
                #"error: $.endpoints[0].maxInflight: is not a known key; did you mean "maxInFlight"?"#,
                "error: $.retention.forever: is not a known key; known keys: audit, dedupe, events, quarantine, raw",
            ]
        )
    }

    @Test func listsAllProblemsInTheOrderOfTheFile() {
        let (configuration, problems) = ConfigurationText.load(
            #"""
            { "retention": { "raw": 5 },
              "endpoints": [{ "url": "x", "id": "ok", "secrets": [] }, 7],
              "shops": [{ "id": "Main" }],
              "sources": [{ "provider": "bank", "id": "main" }],
              "ingest": { "maxBodyBytes": -1, "listen": "x" } }
            """#
        )
        #expect(configuration == nil)
        #expect(
            problems.map(\.path) == [
                "$.retention.raw", "$.endpoints[0].url", "$.endpoints[0].secrets", "$.endpoints[1]", "$.shops[0].id",
                "$.sources[0].shop", "$.ingest.maxBodyBytes", "$.ingest.listen",
            ]
        )
    }

    @Test func aWarningDoesNotStopTheConfiguration() {
        var text = ConfigurationText()
        text.endpoints = "[]"
        let (configuration, problems) = text.load()
        #expect(configuration != nil)
        #expect(problems.map(\.severity) == [.warning])
    }

    @Test func rejectsHugeNestingWithoutFalling() {
        let text = String(repeating: "[", count: 100_000)
        #expect(ConfigurationText.load(text).problems.map(\.path) == ["$"])
    }
}
