// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// The signed form body (providers.md sections 3.2 and 3.5).
extension SpectroCoin {
    /// The members under the signature, in its order.
    static let signedMembers = [
        "merchantId", "apiId", "orderId", "payCurrency", "payAmount", "receiveCurrency", "receiveAmount",
        "receivedAmount", "description", "orderRequestId", "status",
    ]

    func legacyEvent(of callback: Callback) throws(Refusal) -> Event {
        let form = try callback.readForm()
        guard let sign = form["sign"], !sign.isEmpty else {
            throw Refusal(.missingSignature, "sign is missing or empty")
        }
        let body = try LegacyBody(form)
        guard !publicKeys.isEmpty else { throw Refusal(.misconfigured, "no publicKeys are configured") }
        // A sender that forgot to encode the plus signs of the Base64 made spaces of them.
        guard let signature = Base64.decode(sign.replacing(" ", with: "+")) else {
            throw Refusal(.badSignature, "sign is not Base64")
        }
        guard verifies(signature, body) else {
            throw Refusal(.badSignature, "sign does not match the other members under any of publicKeys")
        }
        try requireShapes(body)
        try requireProject(body)
        return event(of: body, receivedAt: callback.receivedAt)
    }

    /// Java's form encoders leave an asterisk as it is and PHP's encode it, so both are tried.
    private func verifies(_ signature: [UInt8], _ body: LegacyBody) -> Bool {
        let text = body.signedText(escapingAsterisk: false)
        if publicKeys.contains(where: { $0.verifiesSHA1(signature, of: text) }) { return true }
        guard text.contains(0x2A) else { return false }
        let escaped = body.signedText(escapingAsterisk: true)
        return publicKeys.contains { $0.verifiesSHA1(signature, of: escaped) }
    }

    private func requireShapes(_ body: LegacyBody) throws(Refusal) {
        for name in ["orderRequestId", "status"] where body[name].isEmpty {
            throw Refusal(.invalidField, "\(name) must not be empty")
        }
        guard body["orderRequestId"].isDigits else {
            throw Refusal(.invalidField, "orderRequestId must be a whole number")
        }
        for name in ["payCurrency", "receiveCurrency"] {
            let code = body[name].utf8
            let isCode = code.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || (($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A) }
            guard code.count >= 3, isCode else {
                throw Refusal(.invalidField, "\(name) must be a currency code of 3 or more letters")
            }
        }
    }

    /// The two UUIDs are not signed, so they may cause a refusal and prove nothing.
    private func requireProject(_ body: LegacyBody) throws(Refusal) {
        guard body["merchantId"] == account.merchantID, body["apiId"] == account.apiID else {
            throw Refusal(.unknownProject, "merchantId and apiId are not the configured account")
        }
        for (name, configured) in [("merchantApiId", account.merchantAPIID), ("userId", account.userID)] {
            guard let given = body.form[name], let configured else { continue }
            guard given.lowercased() == configured else {
                throw Refusal(.unknownProject, "\(name) is not the configured one")
            }
        }
    }

    private func event(of body: LegacyBody, receivedAt: Timestamp) -> Event {
        let (status, meaning) = Self.status(body["status"])
        let dedupeKey = "order:\(body["orderRequestId"]):\(status):\(body.receivedAmount.canonical)"
        let refs = ["merchantId", "apiId", "userId", "merchantApiId"].compactMap { name in
            body.form[name].map { ProviderRef(name, $0) }
        }
        return Event(
            id: .make(source: source, dedupeKey: dedupeKey),
            type: meaning.type,
            detail: meaning.detail,
            source: source,
            finality: meaning.finality,
            providerStatus: status,
            merchantOrderID: body["orderId"].isEmpty ? nil : body["orderId"],
            providerObjectID: body["orderRequestId"],
            providerRefs: refs,
            money: Money(
                ordered: Amount(body.receiveAmount, code: body["receiveCurrency"]),
                due: Amount(body.payAmount, code: body["payCurrency"]),
                paid: Amount(body.receivedAmount, code: body["payCurrency"])
            ),
            receivedAt: receivedAt,
            verification: Verification(method: "rsa-sha1-form", uncoveredFields: body.uncoveredFields),
            dedupeKey: dedupeKey,
            objectKey: "order:\(body["orderRequestId"])",
            flags: account.testMode ? [.test] : []
        )
    }
}

/// A legacy body with all its signed members and readable amounts; not proven yet.
struct LegacyBody {
    let form: FormBody
    private let values: [String: String]
    let payAmount: DecimalText
    let receiveAmount: DecimalText
    let receivedAmount: DecimalText

    init(_ form: FormBody) throws(Refusal) {
        var values: [String: String] = [:]
        for name in SpectroCoin.signedMembers {
            guard let value = form[name] else { throw Refusal(.missingField, "\(name) is missing") }
            values[name] = value
        }
        self.form = form
        self.values = values
        payAmount = try Self.amount(values, "payAmount")
        receiveAmount = try Self.amount(values, "receiveAmount")
        receivedAmount = try Self.amount(values, "receivedAmount")
    }

    /// A signed member's value as decoded.
    subscript(name: String) -> String { values[name] ?? "" }

    /// Members that the signature does not protect, sorted.
    var uncoveredFields: [String] {
        form.members.map(\.name).filter { $0 != "sign" && values[$0] == nil }.sorted()
    }

    /// Steps 3 to 5 of providers.md section 3.5.
    func signedText(escapingAsterisk: Bool) -> [UInt8] {
        let amounts = ["payAmount": payAmount, "receiveAmount": receiveAmount, "receivedAmount": receivedAmount]
        let members = SpectroCoin.signedMembers.map { name in
            (name, amounts[name].map { Self.signedForm($0) } ?? self[name])
        }
        return FormText.encode(members, escapingAsterisk: escapingAsterisk)
    }

    /// Decimal without padding zeros, but with one place after the point at least.
    private static func signedForm(_ amount: DecimalText) -> String {
        amount.canonical.utf8.contains(0x2E) ? amount.canonical : amount.canonical + ".0"
    }

    /// Rounded half-even to 8 places, as it is signed: digits beyond those are not protected and must not count.
    private static func amount(_ values: [String: String], _ name: String) throws(Refusal) -> DecimalText {
        let text = values[name] ?? ""
        guard let amount = DecimalText(text.isEmpty ? "0" : text) else {
            throw Refusal(.invalidField, "\(name) must be a decimal number with a point")
        }
        return amount.rounded(toPlaces: 8)
    }
}
