// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto

/// Correctly signed Cryptomus callbacks, each for an order of its own.
package struct SignedCallback {
    package static let paymentKey = "test-payment-key-5c1d9a7e"
    package static let source = """
        { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:\(paymentKey)" }
        """
    package static let path = "/hooks/cryptomus/main"
    package static let headers = [("Content-Type", "application/json")]

    package let order: String
    package let body: [UInt8]

    /// Made by the formula of providers.md 4.5: MD5 over the Base64 of the body without `sign`, then the key.
    package init(order: String, status: String = "paid") {
        self.order = order
        let unsigned = """
            {"type":"payment","uuid":"uuid-\(order)","order_id":"\(order)","amount":"15.00","payment_amount":"15.00",\
            "is_final":true,"status":"\(status)","network":"tron","currency":"USDT","payer_currency":"USDT",\
            "payer_amount":"15.00"
            """
        let text = Base64.encodeToBytes(Array("\(unsigned)}".utf8)) + Array(Self.paymentKey.utf8)
        body = Array("\(unsigned),\"sign\":\"\(Hex.encode(Digest.md5(text)))\"}".utf8)
    }

    /// The whole HTTP request, for a client that sends bytes.
    package var request: [UInt8] {
        let head = """
            POST \(Self.path) HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n\
            Content-Length: \(body.count)\r\n\r\n
            """
        return Array(head.utf8) + body
    }

    /// The id that the event has by providers.md section 2.
    package var eventID: EventID {
        let key = "payment:uuid-\(order):paid:final:15:-"
        let digest = Digest.sha256(Array("v1|cryptomus|main|\(key)".utf8))
        return EventID(rawValue: "evt_" + Hex.encode(Array(digest[..<16])))
    }
}
