// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto

extension SpectroCoin {
    package static let kind = ProviderKind(
        name: "spectrocoin",
        makePush: { source, settings in
            let problems = settings.problems.all.count
            let provider = SpectroCoin(source: source, settings: settings)
            return settings.hasErrors(since: problems) ? nil : provider
        }
    )

    /// The warning about the key pair of providers.md Appendix A; outside of test runs it must count as an error.
    package static let publishedTestKeyMessage =
        "holds the published test key, whose private half everybody has; configure the provider's own key"

    /// Whether a key is the one published in providers.md Appendix A, by its SHA-256 fingerprint.
    package static func isPublishedTestKey(_ fingerprint: String) -> Bool {
        fingerprint == "a71deaf73c1ba0b80daa673b88d50c1c507da2225f0806185f98bc62e052bf76"
    }

    private init(source: SourceID, settings: SettingsReader) {
        let account = Account(
            merchantID: settings.digits("merchantId"),
            apiID: settings.digits("apiId"),
            userID: settings.uuid("userId"),
            merchantAPIID: settings.uuid("merchantApiId"),
            clientID: settings.string("clientId"),
            clientSecret: settings.keyMaterial("clientSecret"),
            apiBase: settings.baseAddress("apiBase") ?? "https://spectrocoin.com",
            testMode: settings.bool("testMode", default: false)
        )
        let keys = Self.publicKeys(settings)
        if !keys.isEmpty {
            for (name, value) in [("merchantId", account.merchantID), ("apiId", account.apiID)] where value == nil {
                settings.fail(name, "is required where publicKeys are given; legacy callbacks are compared with it")
            }
        }
        if account.merchantAPIID != nil, account.clientID == nil || account.clientSecret == nil {
            settings.warn("merchantApiId", "needs clientId and clientSecret as well, or its orders cannot be fetched")
        }
        if keys.isEmpty, account.merchantAPIID == nil {
            settings.warn(
                "",
                "has neither publicKeys nor merchantApiId, so every callback is refused; give one of them"
            )
        }
        let canBeAsked = account.clientID != nil && account.clientSecret != nil
        self.init(
            source: source,
            account: account,
            publicKeys: keys,
            sweptAt: settings.sweep(missing: canBeAsked ? nil : "clientId and clientSecret"),
            polling: settings.polling(Self.schedule, base: account.apiBase)
        )
    }

    private static func publicKeys(_ settings: SettingsReader) -> [RSAPublicKey] {
        let pems = settings.keyMaterials("publicKeys")
        if pems.count > 2 { settings.fail("publicKeys", "may hold two keys at most, the old one and the new one") }
        return pems.compactMap { pem in
            do throws(CryptoError) {
                let key = try pem.withExposedBytes { bytes throws(CryptoError) in try RSAPublicKey(pem: bytes) }
                if isPublishedTestKey(key.fingerprint) { settings.warn("publicKeys", publishedTestKeyMessage) }
                return key
            } catch {
                settings.fail("publicKeys", "holds something that is \(error)")
                return nil
            }
        }
    }
}
