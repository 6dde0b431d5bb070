// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore

/// A small valid configuration; a test replaces only the part that matters to it.
struct ConfigurationText {
    var ingest = #"{ "listen": "127.0.0.1:8080" }"#
    var admin = #"{ "listen": "127.0.0.1:8081" }"#
    var store = #""sqlite:martlet.db""#
    var shops = #"[{ "id": "nordic" }, { "id": "tashkent" }]"#
    var sources = #"[{ "provider": "bank", "id": "main", "shop": "nordic", "key": "env:BANK_KEY" }]"#
    var endpoints = #"[{ "id": "ledger", "url": "https://ledger.example/hooks", "secrets": ["env:LEDGER_SECRET"] }]"#
    var delivery = "{}"
    var retention = "{}"
    /// Further members, each followed by a comma.
    var extra = ""

    var text: String {
        """
        { \(extra)
          "ingest": \(ingest),
          "admin": \(admin),
          "store": \(store),
          "shops": \(shops),
          "sources": \(sources),
          "endpoints": \(endpoints),
          "delivery": \(delivery),
          "retention": \(retention)
        }
        """
    }

    /// One endpoint with further members, such as `"timeout": "1s"`.
    static func endpoint(_ members: String, url: String = "https://ledger.example/hooks") -> ConfigurationText {
        var text = ConfigurationText()
        text.endpoints = #"[{ "id": "ledger", "url": "\#(url)", "secrets": ["env:LEDGER_SECRET"], \#(members) }]"#
        return text
    }

    func load(folder: String = "", environment: [String: String] = Self.environment, now: Timestamp? = nil)
        -> LoadResult
    {
        Self.load(text, folder: folder, environment: environment, now: now)
    }

    static func load(
        _ text: String,
        folder: String = "",
        environment: [String: String] = Self.environment,
        now: Timestamp? = nil
    ) -> LoadResult {
        ConfigurationLoader.load(
            bytes: Array(text.utf8),
            folder: folder,
            providers: Self.providers,
            environment: environment,
            now: now
        )
    }

    typealias LoadResult = (configuration: Configuration?, problems: [SettingsProblem])

    static let environment = [
        "BANK_KEY": "bank-key-that-nobody-may-see",
        "ADMIN_KEY": "admin-key-that-nobody-may-see",
        "ADMIN_KEY_2": "second-admin-key-nobody-may-see",
        "SHORT_KEY": "short-key",
        "SPACED_KEY": "key with spaces in between",
        "EMPTY": "",
        "LEDGER_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "LEDGER_SECRET_2": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "SHORT_SECRET": "whsec_AAECAwQ=",
        "PRIVATE_KEY":
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        "PUBLIC_KEY": "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        "SHORT_PRIVATE_KEY": "whsk_AAECAwQ=",
        "SEED": "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]

    /// Stand-ins for the real providers, so that these tests are about the configuration's own rules.
    static let providers = [
        ProviderKind(
            name: "bank",
            makePush: { _, reader in
                _ = reader.secret("key")
                if reader.bool("testMode", default: false) { reader.warn("testMode", "is on") }
                return nil
            }
        ),
        ProviderKind(name: "till", checkSettings: { _, reader in _ = reader.requiredString("command") }),
    ]
}

extension [SettingsProblem] {
    /// Each problem on a line of its own, as the failure messages of tests show it.
    var lines: [String] { map(\.description) }
}
