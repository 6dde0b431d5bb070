// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Kryptoswap, and other sites of its engine: form bodies with a SHA-256 over seven members and a secret that may be
/// each order's own (providers.md section 6).
package struct Kryptoswap: ForcibleProvider {
    package let source: SourceID
    package let acknowledgement = Acknowledgement(body: "ok")

    /// For orders that have no secret of their own.
    let ipnSecret: Secret?
    /// Members that may carry the digest; its name is not documented.
    let hashFields: [String]
    /// Nobody knows yet which member carries the digest: what is proven is kept, and not delivered.
    let isLearning: Bool
    /// How old a notification may be; 24 hours by default.
    let maxAge: Duration
    /// How far ahead of our clock a notification may be; 5 minutes by default.
    let maxFuture: Duration
    /// For asking the provider back.
    package let apiBase: String?
    let polling: Polling
    var gate: AskGate { polling.gate }
    /// Of its own, so that polls which are due do not hold up a shop's order.
    let orderGate = AskGate()
    let orderFormat: OrderFormat

    package static let usualHashFields = ["hash", "sign", "signature"]

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
        hashFields: [String] = Self.usualHashFields,
        isLearning: Bool = false,
        maxAge: Duration = .seconds(86_400),
        maxFuture: Duration = .seconds(300),
        apiBase: String? = nil,
        orderFormat: OrderFormat = .json,
        polling: Polling? = nil
    ) {
        self.source = source
        self.ipnSecret = ipnSecret
        self.hashFields = hashFields
        self.isLearning = isLearning
        self.maxAge = maxAge
        self.maxFuture = maxFuture
        self.apiBase = apiBase
        self.polling = polling ?? Polling(schedule: Self.schedule)
        self.orderFormat = orderFormat
    }

    private init(source: SourceID, settings: SettingsReader) {
        let word = settings.value("hashFields")?.string
        let isLearning = word == "learn"
        let fields =
            word == nil ? settings.strings("hashFields", default: Self.usualHashFields) : Self.usualHashFields
        if word != nil, !isLearning {
            settings.fail("hashFields", "must be a list of names such as [\"hash\"], or \"learn\"")
        } else if isLearning {
            settings.warn(
                "hashFields",
                "is learning: genuine notifications are kept in quarantine and not delivered; their detail there names "
                    + "the member, such as [\"hash\"], that is to stand here"
            )
        } else if fields.isEmpty || fields.contains("") || Set(fields).count != fields.count {
            settings.fail("hashFields", "must hold one or more names, each once, such as [\"hash\"]")
        } else if fields.contains(where: { Self.signedMembers.contains($0) || $0 == "orderUID" }) {
            settings.fail("hashFields", "must not name a member that the digest covers")
        }
        let apiBase = settings.baseAddress("apiBase")
        let format = settings.choice(
            "orderFormat",
            default: OrderFormat.json.rawValue,
            of: OrderFormat.allCases.map(\.rawValue)
        )
        self.init(
            source: source,
            ipnSecret: settings.keyMaterial("ipnSecret"),
            hashFields: fields,
            isLearning: isLearning,
            maxAge: settings.duration("maxAge", default: .seconds(86_400)),
            maxFuture: settings.duration("maxFuture", default: .seconds(300)),
            apiBase: apiBase,
            orderFormat: OrderFormat(rawValue: format) ?? .json,
            polling: settings.polling(Self.schedule, base: apiBase)
        )
    }
}
