// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

extension Kryptoswap {
    /// Signed with the source's own secret: an order's secret is known to the running gateway only.
    package func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        guard Self.statuses[request.status] != nil else {
            throw SampleError("no such status; one of \(Self.statuses.list)")
        }
        guard let ipnSecret, !ipnSecret.isEmpty, let hashField = hashFields.first else {
            throw SampleError("\(source) has no ipnSecret of its own; configure one to sign samples")
        }
        let orderID = request.orderID ?? request.digits(24)
        guard orderID.utf8.count == 24, orderID.isHexadecimal else {
            throw SampleError("the order must be the provider's orderId of 24 hexadecimal digits")
        }
        let amount = try request.amount(default: "0.015")
        let values = [
            orderID, request.status, amount, amount, request.currency ?? "BTC", "USDTTRC20",
            String(request.now.milliseconds),
        ]
        var message = Array((values.joined(separator: ":") + ":").utf8)
        ipnSecret.withExposedBytes { message.append(contentsOf: $0) }
        let members =
            zip(Self.signedMembers, values).map { ($0, $1) } + [(hashField, Hex.encode(Digest.sha256(message)))]
        return SampleCallback(
            headers: HeaderFields([("content-type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members)
        )
    }
}
