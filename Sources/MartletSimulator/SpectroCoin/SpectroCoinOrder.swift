// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletProviders
import MartletWire

/// One order at the SpectroCoin stand-in, with the statuses that it will go through (providers.md section 3.4).
struct SpectroCoinStandInOrder: Sendable {
    /// The UUID that JSON callbacks and the interface name it by.
    var id: String
    /// The number that legacy callbacks name it by.
    var requestID: String
    var merchantOrderID: String
    var payAmount: String
    var payCurrency = "BTC"
    var receiveAmount: String
    var receiveCurrency = "EUR"
    var createdAt: Timestamp
    var walk: [String]
    var told = 0

    var status: String { walk[max(0, told - 1)] }

    static let codes = ["NEW": "1", "PENDING": "2", "PAID": "3", "FAILED": "4", "CANCELLED": "13"]

    /// That share is paid; half of the others fail, half are cancelled.
    static func walk(paid: Double, using numbers: inout SeededNumbers) -> [String] {
        if numbers.chance(paid) { return ["NEW", "PENDING", "PAID"] }
        return numbers.chance(0.5) ? ["NEW", "PENDING", "FAILED"] : ["NEW", "CANCELLED"]
    }

    /// As the interface shows it (providers.md section 3.3, step 4).
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", id)
        json.member("orderId", merchantOrderID)
        json.member("status", status)
        json.member("receiveAmount", receiveAmount)
        json.member("receiveCurrencyCode", receiveCurrency)
        json.member("payAmount", payAmount)
        json.member("payCurrencyCode", payCurrency)
        json.member("payNetworkCode", "BITCOIN")
        json.member("depositAddress", "bc1qsimulated")
        json.member("createdAt", createdAt.rfc3339)
        json.member("validUntil", (createdAt + .seconds(900)).rfc3339)
        json.endObject()
    }

    /// The unsigned body that only points at the order (providers.md section 3.3).
    func hint(to url: String, project: String) -> ProviderNotification {
        var json = JSONWriter()
        json.beginObject()
        json.member("id", id)
        json.member("merchantApiId", project)
        json.endObject()
        return ProviderNotification(
            url: url,
            headers: HeaderFields([("Content-Type", "application/json")]),
            body: json.bytes
        )
    }

    /// The signed form (providers.md sections 3.2 and 3.5); nil if the key cannot sign.
    func legacy(to url: String, _ account: SpectroCoinStandIn.Legacy) -> ProviderNotification? {
        let isPaid = status == "PAID" || status == "PENDING"
        var members = [
            ("merchantId", account.merchantID), ("apiId", account.apiID), ("orderId", merchantOrderID),
            ("payCurrency", payCurrency), ("payAmount", payAmount), ("receiveCurrency", receiveCurrency),
            ("receiveAmount", receiveAmount), ("receivedAmount", isPaid ? payAmount : "0.0"),
            ("description", "Simulated order \(merchantOrderID)"), ("orderRequestId", requestID),
            ("status", Self.codes[status] ?? ""),
        ]
        // These amounts already have the form that is signed: at least one place, no padding zeros.
        guard let signature = try? account.key.signSHA1(FormText.encode(members)) else { return nil }
        members.append(("sign", Base64.encode(signature)))
        return ProviderNotification(
            url: url,
            headers: HeaderFields([("Content-Type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members)
        )
    }
}
