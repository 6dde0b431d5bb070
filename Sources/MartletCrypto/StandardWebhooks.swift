// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Standard Webhooks 1.0.0, symmetric scheme `v1`: HMAC-SHA256 over `id.timestamp.body`.
/// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package enum StandardWebhooks {
    /// How far a receiver's clock may be from the sender's.
    package static let tolerance = Duration.seconds(300)

    /// The value of `webhook-signature`: one `v1,<Base64>` per secret, separated by spaces.
    ///
    /// `timestamp`: Unix seconds of the attempt.
    package static func signatures(id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]) -> String {
        let message = signedContent(id: id, timestamp: String(timestamp), body: body)
        return secrets.map { "v1," + Base64.encode($0.mac(message)) }.joined(separator: " ")
    }

    /// Checks a message as a subscriber would.
    ///
    /// `timestamp`: the header's text.
    /// `signatures`: the header's text; schemes other than `v1` are passed over.
    /// Returns nil if it verifies, or the reason why not.
    package static func failure(
        id: String,
        timestamp: String,
        signatures: String,
        body: [UInt8],
        secrets: [WebhookSecret],
        now: Timestamp
    ) -> String? {
        guard let seconds = Int64(timestamp), timestamp.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return "webhook-timestamp is not Unix seconds"
        }
        let distance = seconds.subtractingReportingOverflow(now.seconds)
        guard !distance.overflow, distance.partialValue.magnitude <= UInt64(tolerance.components.seconds) else {
            return "webhook-timestamp is outside the tolerance of 5 minutes"
        }
        let message = signedContent(id: id, timestamp: timestamp, body: body)
        let candidates = signatures.split(separator: " ").compactMap { entry in
            entry.hasPrefix("v1,") ? Base64.decode(entry.dropFirst(3)) : nil
        }
        if candidates.isEmpty { return "webhook-signature holds no v1 signature" }
        for secret in secrets {
            let expected = secret.mac(message)
            for candidate in candidates where constantTimeEquals(candidate, expected) { return nil }
        }
        return "no v1 signature matches"
    }

    private static func signedContent(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(id.utf8.count + timestamp.utf8.count + body.count + 2)
        message.append(contentsOf: id.utf8)
        message.append(0x2E)
        message.append(contentsOf: timestamp.utf8)
        message.append(0x2E)
        message.append(contentsOf: body)
        return message
    }
}

/// A signing secret: `whsec_` and the Base64 of 24 to 64 bytes (contract.md section 4).
package struct WebhookSecret: Sendable, Equatable {
    private let key: Secret

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ text: Secret) throws(CryptoError) {
        let decoded = text.withExposedBytes { bytes -> [UInt8]? in
            let text = String(decoding: bytes, as: UTF8.self)
            return text.hasPrefix("whsec_") ? Base64.decode(text.dropFirst(6)) : nil
        }
        guard let decoded, (24...64).contains(decoded.count) else {
            throw CryptoError(
                "must be \"whsec_\" and the Base64 of 24 to 64 bytes; \"martlet keygen\" makes one"
            )
        }
        key = Secret(decoded)
    }

    /// A new secret's text, from 32 random bytes.
    package static func generate() -> String { "whsec_" + Base64.encode(secureRandomBytes(32)) }

    func mac(_ message: [UInt8]) -> [UInt8] { key.withExposedBytes { HMAC.sha256(message, key: $0) } }
}
