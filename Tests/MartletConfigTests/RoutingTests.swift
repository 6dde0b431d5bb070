// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import MartletWire
import Testing

/// Which shop gets an event, and what a reload may change.
struct RoutingTests {
    private static let rules = #"""
        [{ "provider": "bank", "id": "main", "shop": "tashkent", "shopRules": [
           { "orderPrefix": "NO-7", "shop": "tashkent" }, { "orderPrefix": "NO-", "shop": "nordic" }] }]
        """#

    @Test(arguments: [
        ("NO-1", "nordic"), ("NO-77", "tashkent"), ("NO-", "nordic"), ("no-1", "tashkent"), ("X", "tashkent"),
        ("", "tashkent"), (nil, "tashkent"),
    ])
    func theFirstMatchingRuleWins(order: String?, shop: String) throws {
        var text = ConfigurationText()
        text.sources = Self.rules
        let (configuration, problems) = text.load()
        #expect(problems.lines == [])
        let source = try #require(configuration?.sources.first)
        #expect(source.shop(forOrder: order) == shop)
        #expect(source.id == SourceID(provider: "bank", id: "main"))
        #expect(source.provider == "bank")
        #expect(source.raw["shop"]?.string == "tashkent")
    }

    @Test func pathsAreRelativeToTheFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("bank-key", to: "keys/bank")
        var text = ConfigurationText()
        text.sources = #"[{ "provider": "bank", "id": "main", "shop": "nordic", "key": "file:keys/bank" }]"#
        let path = try folder.write(text.text, to: "config.json")
        let (configuration, problems) = ConfigurationLoader.load(
            path: path,
            providers: ConfigurationText.providers,
            environment: ConfigurationText.environment
        )
        #expect(problems.lines == [])
        #expect(configuration?.store == .sqlite(path: "\(folder.path)/martlet.db"))
        text.store = #""sqlite:/var/lib/martlet/martlet.db""#
        text.sources = ConfigurationText().sources
        let absolute = try #require(text.load(folder: folder.path).configuration)
        #expect(absolute.store == .sqlite(path: "/var/lib/martlet/martlet.db"))
    }

    @Test func tellsWhichChangesNeedARestart() throws {
        let old = try #require(ConfigurationText().load().configuration)
        #expect(old.changesNeedingRestart(from: old) == [])
        var text = ConfigurationText.endpoint(#""timeout": "1s""#)
        text.sources = Self.rules
        text.retention = #"{ "events": "30d" }"#
        text.delivery = #"{ "jitter": 0 }"#
        text.admin = #"{ "listen": "127.0.0.1:8081", "keys": [{ "name": "ops", "key": "env:ADMIN_KEY" }] }"#
        let reloadable = try #require(text.load().configuration)
        #expect(reloadable.changesNeedingRestart(from: old) == [])
        text.ingest = #"{ "listen": "127.0.0.1:9080", "maxBodyBytes": 2048, "trustedProxies": ["10.0.0.1"] }"#
        text.admin = #"{ "listen": "127.0.0.1:9081" }"#
        text.store = #""sqlite:other.db""#
        let moved = try #require(text.load().configuration)
        #expect(
            moved.changesNeedingRestart(from: old) == [
                "ingest.listen", "ingest.maxBodyBytes", "ingest.trustedProxies", "admin.listen", "store",
            ]
        )
    }

    @Test(arguments: [
        ("127.0.0.1:0", true), ("[::1]:8080", true), ("0.0.0.0:65535", true), ("::1:8080", false),
        ("[127.0.0.1]:80", false),
        ("localhost:80", false), (":8080", false), ("127.0.0.1", false), ("127.0.0.1:", false),
        ("127.0.0.1:65536", false),
        ("127.0.0.1:+80", false), ("127.0.0.1: 80", false), ("[::1]", false), ("", false),
    ])
    func readsAnAddressAndAPort(text: String, isValid: Bool) {
        #expect((ListenSetting(text) != nil) == isValid)
    }
}
