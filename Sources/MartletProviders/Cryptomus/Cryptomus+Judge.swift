// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension Cryptomus {
    package func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        do {
            return judged(try event(of: callback))
        } catch {
            return .refused(error)
        }
    }

    /// The checks in the order of providers.md section 4.5 and section 1, rule 3.
    private func event(of callback: Callback) throws(Refusal) -> Event {
        try callback.requirePOST()
        try callback.requireMediaType("application/json")
        guard allowedSources.isEmpty || allowedSources.contains(where: { $0.contains(callback.sourceAddress) }) else {
            throw Refusal(.forbiddenSource, "the sender's address is not in allowedSources")
        }
        let (object, ranges) = try callback.readJSONObject()
        let members = JSONMembers(object: object)
        let sign = try signature(members)
        let kind = try Kind(members)
        let key = kind == .payout ? payoutKey : paymentKey
        guard let key, !key.isEmpty else {
            throw Refusal(.misconfigured, "\(kind == .payout ? "payoutKey" : "paymentKey") is not configured")
        }
        let signed = CryptomusSignature(body: callback.body, object: object, ranges: ranges)
        guard signed.matches(sign, key: key) else {
            throw Refusal(.badSignature, "sign does not match the body; is it the \(kind.rawValue) API key?")
        }
        return try event(
            kind,
            members,
            status: try members.text("status"),
            method: "md5-base64-json",
            receivedAt: callback.receivedAt
        )
    }

    package func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event {
        try callback.requirePOST()
        let members = JSONMembers(object: try callback.readJSONObject().object)
        // The engine names the method of what it was forced to take.
        return try event(
            try Kind(members),
            members,
            status: try members.text("status"),
            method: "forced",
            receivedAt: callback.receivedAt
        )
    }

    /// Which of the three webhooks a body is; it decides which API key signs.
    enum Kind: String {
        case payment
        case wallet
        case payout

        init(_ members: JSONMembers) throws(Refusal) {
            guard let kind = Kind(rawValue: try members.text("type")) else {
                throw Refusal(.invalidField, "type must be payment, wallet or payout")
            }
            self = kind
        }
    }

    /// The bytes of `sign`: 32 lower-case hexadecimal digits.
    private func signature(_ members: JSONMembers) throws(Refusal) -> [UInt8] {
        switch members.value("sign") {
        case nil, .string(""): throw Refusal(.missingSignature, "sign is missing or empty")
        case .string(let text):
            let bytes = Array(text.utf8)
            let isLowerCase = bytes.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
            guard bytes.count == 32, isLowerCase else {
                throw Refusal(.badSignature, "sign must be 32 lower-case hexadecimal digits")
            }
            return bytes
        case .some(let other): throw Refusal(.badSignature, "sign must be text, not \(other.kind)")
        }
    }

    // MARK: normalising

    /// What the members of a webhook, or of the answer to an information call, say.
    func event(
        _ kind: Kind,
        _ members: JSONMembers,
        status: String,
        method: String,
        receivedAt: Timestamp
    ) throws(Refusal) -> Event {
        let uuid = try members.text("uuid")
        let isFinal = try members.flag("is_final")
        let money = kind == .payout ? try payoutMoney(members) : try paymentMoney(members)
        let txid = try members.optionalText("txid")
        let meaning = Self.meaning(of: status, isPayout: kind == .payout, isFinal: isFinal)
        let paymentAmount = kind == .payout ? nil : Self.keyAmount(money.paid, members, method: method)
        let dedupeKey =
            "\(kind.rawValue):\(uuid):\(status):\(isFinal ? "final" : "open"):\(paymentAmount ?? "-"):\(txid ?? "-")"
        var event = Event(
            id: .make(source: source, dedupeKey: dedupeKey),
            type: meaning.type,
            detail: meaning.detail,
            source: source,
            object: kind == .payout ? .payout : .payment,
            finality: meaning.finality,
            providerStatus: status,
            merchantOrderID: try members.optionalText("order_id"),
            providerObjectID: uuid,
            money: money,
            network: try members.optionalText("network"),
            txid: txid,
            receivedAt: receivedAt,
            verification: Verification(method: method),
            dedupeKey: dedupeKey,
            objectKey: "\(kind.rawValue):\(uuid)"
        )
        if kind == .payout {
            event.failureReason = try members.optionalText("fail_reason")
        } else {
            event.addressFrom = try members.optionalText("from")
            for name in ["wallet_address_uuid", "transfer_id"] {
                if let value = try members.optionalText(name) { event.providerRefs.append(ProviderRef(name, value)) }
            }
        }
        return event
    }

    /// What was paid, as the dedupe key has it (providers.md section 4.7).
    ///
    /// Where nothing was paid a webhook says zero and the information call null; both mean the same change.
    private static func keyAmount(_ paid: Amount?, _ members: JSONMembers, method: String) -> String? {
        if let paid { return paid.amount.canonical }
        return method == "fetched" && members.object["payment_amount"] == .null ? "0" : nil
    }

    /// What was paid; nil where that is nothing, or left out.
    static func stated(_ paid: Amount?) -> String? {
        guard let text = paid?.amount.canonical, text != "0" else { return nil }
        return text
    }

    private func payoutMoney(_ members: JSONMembers) throws(Refusal) -> Money {
        let currency = try members.text("currency")
        let payerCurrency = try members.optionalText("payer_currency")
        // The provider does not say in which currency these two are, unless there is only one.
        let balance = currencyCode(currency) == currencyCode(payerCurrency) ? currency : nil
        return Money(
            ordered: Amount(try members.decimal("amount"), code: currency),
            paid: Amount(try members.optionalDecimal("payer_amount"), code: payerCurrency),
            settled: Amount(try members.optionalDecimal("merchant_amount"), code: balance),
            fee: Amount(try members.optionalDecimal("commission"), code: balance)
        )
    }

    private func paymentMoney(_ members: JSONMembers) throws(Refusal) -> Money {
        let payerCurrency = try members.optionalText("payer_currency")
        return Money(
            ordered: Amount(try members.decimal("amount"), code: try members.text("currency")),
            due: Amount(try members.optionalDecimal("payer_amount"), code: payerCurrency),
            paid: Amount(try members.optionalDecimal("payment_amount"), code: payerCurrency),
            settled: Amount(try members.optionalDecimal("merchant_amount"), code: payerCurrency),
            fee: Amount(try members.optionalDecimal("commission"), code: payerCurrency),
            converted: try converted(members)
        )
    }

    private func converted(_ members: JSONMembers) throws(Refusal) -> Money.Converted? {
        switch members.value("convert") {
        // PHP writes an empty object as an empty list.
        case nil, .array([]): return nil
        case .object(let object):
            let convert = JSONMembers(object: object)
            guard let amount = try convert.optionalDecimal("amount") else { return nil }
            return Money.Converted(
                amount: amount,
                currency: currencyCode(try convert.optionalText("to_currency")),
                rate: try convert.optionalDecimal("rate"),
                fee: try convert.optionalDecimal("commission")
            )
        case .some(let other): throw Refusal(.invalidField, "convert must be an object, not \(other.kind)")
        }
    }
}
