// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension Cryptomus {
    /// The status may name its kind, as in `payout:paid`; without one it is a payment if there is a payment key.
    package func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        let (kind, status) = try kindAndStatus(request.status)
        let key = kind == .payout ? payoutKey : paymentKey
        guard let key, !key.isEmpty else {
            throw SampleError(
                "\(source) has no \(kind == .payout ? "payoutKey" : "paymentKey"); configure it to sign a \(kind.rawValue)"
            )
        }
        let amount = try request.amount(default: "12.50000000")
        let currency = request.currency ?? "USDT"
        let table = kind == .payout ? Self.payoutStatuses : Self.paymentStatuses
        let isClosed = table[status].map { $0.finality != .none } ?? false
        var members: [(String, JSONValue)] = [
            ("type", .string(kind.rawValue)), ("uuid", .string(request.uuid)),
            ("order_id", .string(request.orderID ?? "sample-\(request.nonce)")), ("amount", .string(amount)),
        ]
        if kind != .payout { members.append(("payment_amount", .string(amount))) }
        members += [
            ("merchant_amount", .string(amount)), ("commission", .string("0.00000000")), ("is_final", .bool(isClosed)),
            ("status", .string(status)), ("network", .string("tron")), ("currency", .string(currency)),
            ("payer_currency", .string(currency)), ("payer_amount", .string(amount)),
            ("txid", .string(request.digits(64))),
        ]
        let unsigned = JSONObject(members)
        let sign = CryptomusSignature.digest(of: PHPJSON.write(unsigned), key: key)
        let signed = JSONObject(members + [("sign", .string(String(decoding: sign, as: UTF8.self)))])
        return SampleCallback(
            headers: HeaderFields([("content-type", "application/json")]),
            body: PHPJSON.write(signed)
        )
    }

    private func kindAndStatus(_ text: String) throws(SampleError) -> (Kind, String) {
        let parts = text.split(separator: ":", maxSplits: 1).map { String($0) }
        let isNamed = parts.count == 2
        let kind = isNamed ? Kind(rawValue: parts[0]) : paymentKey == nil && payoutKey != nil ? .payout : .payment
        guard let kind, let status = parts.last,
            (kind == .payout ? Self.payoutStatuses : Self.paymentStatuses)[status] != nil
        else {
            throw SampleError(
                "no such status; payment: or wallet: with \(Self.paymentStatuses.list); payout: with "
                    + Self.payoutStatuses.list
            )
        }
        return (kind, status)
    }
}
