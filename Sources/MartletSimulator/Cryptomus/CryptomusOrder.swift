// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletWire

/// One payment or payout at the Cryptomus stand-in, with the statuses that it will go through (providers.md section 4.4).
struct CryptomusOrder: Sendable {
    enum Kind: String, Sendable {
        case payment
        case payout
    }

    var kind: Kind
    var uuid: String
    var orderID: String
    var amount: String
    var currency = "USDT"
    var txid: String
    var callbackURL: String?
    var createdAt: Timestamp
    var walk: [String]
    var told = 0
    var resends = 0

    var status: String { walk[max(0, told - 1)] }
    var isFinal: Bool { told == walk.count }
    private var isPaid: Bool { status == "paid" }

    /// That share is paid; other payments are cancelled, other payouts fail.
    static func walk(_ kind: Kind, paid: Double, using numbers: inout SeededNumbers) -> [String] {
        let isPaid = numbers.chance(paid)
        return switch kind {
        case .payment: isPaid ? ["check", "confirm_check", "paid"] : ["check", "cancel"]
        case .payout: isPaid ? ["process", "check", "paid"] : ["process", "fail"]
        }
    }

    /// The members of the webhook in the provider's order (providers.md sections 4.2 and 4.3), without `sign`.
    private func writeWebhook(to json: inout JSONWriter) {
        json.member("type", kind.rawValue)
        json.member("uuid", uuid)
        json.member("order_id", orderID)
        json.member("amount", amount)
        if kind == .payment {
            json.member("payment_amount", paidAmount)
            json.member("payment_amount_usd", paidAmount)
        }
        json.member("merchant_amount", amount)
        json.member("commission", "0.10000000")
        json.name("is_final")
        json.bool(isFinal)
        json.member("status", status)
        if kind == .payment { json.member("from", isPaid ? "TSimulatedPayer" : nil) }
        json.member("network", "tron")
        json.member("currency", currency)
        json.member("payer_currency", currency)
        json.member("payer_amount", amount)
        if let transaction { json.member("txid", transaction) }
    }

    /// A webhook whose `sign` is the digest of what stands before it (providers.md section 4.5).
    ///
    /// Nil for a payment in `check`, of which no webhook tells (section 4.4).
    func webhook(key: Secret?) -> ProviderNotification? {
        guard let callbackURL, let key, kind == .payout || status != "check" else { return nil }
        var json = JSONWriter()
        json.beginObject()
        writeWebhook(to: &json)
        var signed = json
        json.endObject()
        signed.member("sign", CryptomusStandIn.sign(json.bytes, key: key))
        signed.endObject()
        return ProviderNotification(
            url: callbackURL,
            headers: HeaderFields([("Content-Type", "application/json")]),
            body: signed.bytes
        )
    }

    /// As the information calls and lists show it (providers.md section 4.7); amounts of payouts are numbers there.
    func writeInformation(to json: inout JSONWriter) {
        json.beginObject()
        json.member("uuid", uuid)
        json.member("order_id", orderID)
        json.name("amount")
        if kind == .payout { json.raw(Array(amount.utf8)) } else { json.string(amount) }
        if kind == .payment {
            json.member("payment_amount", paidAmount)
            json.member("payment_status", status)
        }
        json.member("merchant_amount", amount)
        json.member("commission", "0.10000000")
        json.member("payer_amount", amount)
        json.member("payer_currency", currency)
        json.member("currency", currency)
        json.member("network", "tron")
        json.member("address", "TSimulated")
        if kind == .payment { json.member("from", isPaid ? "TSimulatedPayer" : nil) }
        json.member("txid", transaction)
        json.member("status", status)
        json.name("is_final")
        json.bool(isFinal)
        json.member("created_at", createdAt.rfc3339)
        json.endObject()
    }

    private var paidAmount: String { isPaid || status == "confirm_check" ? amount : "0.00000000" }
    private var transaction: String? { isPaid || status == "confirm_check" ? txid : nil }
}
