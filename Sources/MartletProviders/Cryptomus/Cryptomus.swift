// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Cryptomus: JSON bodies that carry an MD5 digest made with an API key (providers.md section 4).
package struct Cryptomus: ForcibleProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "ok")

    /// Signs payments and static wallets; nil answers them `misconfigured`.
    let paymentKey: Secret?
    /// Signs payouts; nil answers them `misconfigured`.
    let payoutKey: Secret?
    /// Senders that are let in; empty lets everybody in, who then has to know the key.
    let allowedSources: [AddressBlock]
    /// For asking the provider back.
    package let apiBase: String
    /// For asking the provider back.
    package let merchant: String?
    let polling: Polling
    var gate: AskGate { polling.gate }
    /// Which callbacks are believed only once the information call says the same.
    let confirmation: ConfirmationRule
    package let sweptAt: DailyTime?

    package static let kind = ProviderKind(
        name: "cryptomus",
        makePush: { source, settings in
            let problems = settings.problems.all.count
            let provider = Cryptomus(source: source, settings: settings)
            return settings.hasErrors(since: problems) ? nil : provider
        }
    )

    package init(
        source: SourceID,
        paymentKey: Secret?,
        payoutKey: Secret?,
        allowedSources: [AddressBlock] = [],
        apiBase: String = "https://api.cryptomus.com",
        merchant: String? = nil,
        confirmation: ConfirmationRule = ConfirmationRule(),
        sweptAt: DailyTime? = nil,
        polling: Polling? = nil
    ) {
        self.source = source
        self.confirmation = confirmation
        self.sweptAt = sweptAt
        self.paymentKey = paymentKey
        self.payoutKey = payoutKey
        self.allowedSources = allowedSources
        self.apiBase = apiBase
        self.merchant = merchant
        self.polling = polling ?? Polling(schedule: Self.schedule)
    }

    private init(source: SourceID, settings: SettingsReader) {
        let apiBase = settings.baseAddress("apiBase") ?? "https://api.cryptomus.com"
        let paymentKey = settings.keyMaterial("paymentKey")
        let payoutKey = settings.keyMaterial("payoutKey")
        let merchant = settings.headerText("merchant")
        let canBeAsked = merchant != nil && (paymentKey != nil || payoutKey != nil)
        self.init(
            source: source,
            paymentKey: paymentKey,
            payoutKey: payoutKey,
            allowedSources: settings.addressBlocks("allowedSources"),
            apiBase: apiBase,
            merchant: merchant,
            confirmation: ConfirmationRule(settings, hasMerchant: merchant != nil),
            sweptAt: settings.sweep(missing: canBeAsked ? nil : "merchant, and paymentKey or payoutKey"),
            polling: settings.polling(Self.schedule, base: apiBase)
        )
        if !settings.has("paymentKey"), !settings.has("payoutKey") {
            let message = "has neither paymentKey nor payoutKey, so every callback is answered 503; give the API keys"
            settings.warn("", message)
        }
    }
}
