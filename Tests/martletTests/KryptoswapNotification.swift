// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCrypto

/// One notification of an order of its own, with the seven members and the digest of providers.md 6.4.
struct KryptoswapNotification {
    let orderID: String
    private let body: String

    /// `hashField`: the member that carries the digest, whose name is not documented.
    init(number: Int, secret: String, hashField: String = "hash", at moment: Date = Date()) {
        let digits = String(number, radix: 16)
        orderID = String(repeating: "0", count: 24 - digits.count) + digits
        let values = [
            ("orderId", orderID), ("newStatus", "done"), ("inAmount", "0.015"), ("outAmount", "600.5"),
            ("xml_from", "BTC"), ("xml_to", "USDTTRC20"),
            ("timestamp", String(Int64(moment.timeIntervalSince1970 * 1000))),
        ]
        let text = (values.map { $0.1 } + [secret]).joined(separator: ":")
        let hash = Hex.encode(Digest.sha256(Array(text.utf8)))
        body = (values + [(hashField, hash)]).map { "\($0)=\($1)" }.joined(separator: "&")
    }

    /// The whole HTTP request, for a client that sends bytes.
    func request(to path: String) -> String {
        """
        POST \(path) HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/x-www-form-urlencoded\r\n\
        Content-Length: \(body.utf8.count)\r\n\r\n\(body)
        """
    }
}
