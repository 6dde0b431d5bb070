// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Kryptoswap, and other sites of its engine: form bodies with a SHA-256 over seven members and a secret that may be
/// each order's own (providers.md section 6).
package struct Kryptoswap: ForcibleProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "ok")

    /// For orders that have no secret of their own.
    let ipnSecret: Secret?
    /// Members that may carry the digest; its name is not documented.
    let hashFields: [String]
    /// How old a notification may be; 24 hours by default.
    let maxAge: Duration
    /// How far ahead of our clock a notification may be; 5 minutes by default.
    let maxFuture: Duration
    /// For asking the provider back.
    package let apiBase: String?
    let polling: Polling
    var gate: AskGate { polling.gate }

    /// The members under the digest, in its order.
    static let signedMembers = ["orderId", "newStatus", "inAmount", "outAmount", "xml_from", "xml_to", "timestamp"]

    package static let kind = ProviderKind(
        name: "kryptoswap",
        makePush: { source, settings in
            let problems = settings.problems.all.count
            let provider = Kryptoswap(source: source, settings: settings)
            return settings.hasErrors(since: problems) ? nil : provider
        }
    )

    package init(
        source: SourceID,
        ipnSecret: Secret? = nil,
        hashFields: [String] = ["hash", "sign", "signature"],
        maxAge: Duration = .seconds(86_400),
        maxFuture: Duration = .seconds(300),
        apiBase: String? = nil,
        polling: Polling? = nil
    ) {
        self.source = source
        self.ipnSecret = ipnSecret
        self.hashFields = hashFields
        self.maxAge = maxAge
        self.maxFuture = maxFuture
        self.apiBase = apiBase
        self.polling = polling ?? Polling(schedule: Self.schedule)
    }

    private init(source: SourceID, settings: SettingsReader) {
        let fields = settings.strings("hashFields", default: ["hash", "sign", "signature"])
        if fields.isEmpty || fields.contains("") || Set(fields).count != fields.count {
            settings.fail("hashFields", "must hold one or more names, each once, such as [\"hash\"]")
        } else if fields.contains(where: { Self.signedMembers.contains($0) || $0 == "orderUID" }) {
            settings.fail("hashFields", "must not name a member that the digest covers")
        }
        let apiBase = settings.baseAddress("apiBase")
        self.init(
            source: source,
            ipnSecret: settings.keyMaterial("ipnSecret"),
            hashFields: fields,
            maxAge: settings.duration("maxAge", default: .seconds(86_400)),
            maxFuture: settings.duration("maxFuture", default: .seconds(300)),
            apiBase: apiBase,
            polling: settings.polling(Self.schedule, base: apiBase)
        )
    }
}
