// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletProviders
import MartletWire

/// One order at the Kryptoswap stand-in, with the statuses that it will go through (providers.md section 6.3).
struct KryptoswapOrder: Sendable {
    var id: String
    var uid: String
    var secret: String
    var rid: String
    /// Where and by which secret its changes are told; nil: to nobody.
    var ipnURL: String?
    var ipnSecret: String
    var inAmount: String
    var outAmount: String
    var from = "ETH"
    var to = "USDTTRC20"
    var createdAt: Timestamp
    var walk: [String]
    /// How many statuses of the walk were told; the order begins in the first of them.
    var told = 0

    var status: String { walk[max(0, told - 1)] }

    /// That share is paid out, a tenth of it only after a failed payment; half of the others are returned, half deleted.
    static func walk(paid: Double, using numbers: inout SeededNumbers) -> [String] {
        let start = ["new", "waitPayment"]
        let isPaid = numbers.chance(paid)
        guard !isPaid else {
            let detour = numbers.chance(0.1) ? ["errorPayment"] : []
            return start + detour + ["inProgress", "inProgressPayout", "done"]
        }
        return start + (numbers.chance(0.5) ? ["inProgress", "returned"] : ["deleted"])
    }

    /// Sent once, signed over seven members (providers.md sections 6.2 and 6.4).
    func notification(at now: Timestamp) -> ProviderNotification? {
        guard let ipnURL else { return nil }
        let signed = [
            ("orderId", id), ("newStatus", status), ("inAmount", inAmount), ("outAmount", outAmount),
            ("xml_from", from), ("xml_to", to), ("timestamp", String(now.milliseconds)),
        ]
        let text = (signed.map(\.1) + [ipnSecret]).joined(separator: ":")
        let members =
            [("orderUID", uid)] + signed + [
                ("toValues[0][key]", "wallet"), ("toValues[0][name]", "Wallet"), ("toValues[0][value]", "TSimulated"),
                ("hash", Hex.encode(Digest.sha256(Array(text.utf8)))),
            ]
        return ProviderNotification(
            url: ipnURL,
            headers: HeaderFields([("Content-Type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members)
        )
    }

    /// As `public/exchanger/order/get` and `create` show it (providers.md sections 6.1 and 6.6).
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("_id", id)
        json.member("uid", integer: Int64(uid))
        json.member("rid", rid)
        json.member("secret", secret)
        json.member("status", status)
        json.name("inAmount")
        json.raw(Array(inAmount.utf8))
        json.name("outAmount")
        json.raw(Array(outAmount.utf8))
        json.member("createdAt", createdAt.rfc3339)
        json.member("expiresAt", (createdAt + .seconds(1800)).rfc3339)
        json.name("route")
        json.beginObject()
        for (name, code) in [("from", from), ("to", to)] {
            json.name(of: name)
            json.beginObject()
            json.member("xml", code)
            json.endObject()
        }
        json.endObject()
        json.endObject()
    }
}
