// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Standard Webhooks 1.0.0: `v1` is HMAC-SHA256 and `v1a` is ed25519, both over `id.timestamp.body`.
///
/// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package enum StandardWebhooks {
    /// How far a receiver's clock may be from the sender's.
    package static let tolerance = Duration.seconds(300)

    /// The value of `webhook-signature`: one `v1,<Base64>` per secret, separated by spaces.
    ///
    /// `timestamp`: Unix seconds of the attempt.
    package static func signatures(id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]) -> String {
        signatures(id: id, timestamp: timestamp, body: body, signers: secrets.map(WebhookSigner.v1))
    }

    /// The same with secrets and keys of either scheme.
    package static func signatures(id: String, timestamp: Int64, body: [UInt8], signers: [WebhookSigner]) -> String {
        var header = SignatureHeader.standard(WebhookContent(id: id, timestamp: String(timestamp), body: body))
        for signer in signers { header.sign(with: signer) }
        return header.value
    }

    /// Checks a message as a subscriber that knows only shared secrets would; see the one with verifiers.
    package static func failure(
        id: String,
        timestamp: String,
        signatures: String,
        body: [UInt8],
        secrets: [WebhookSecret],
        now: Timestamp
    ) -> String? {
        failure(
            id: id,
            timestamp: timestamp,
            signatures: signatures,
            body: body,
            verifiers: secrets.map(WebhookVerifier.v1),
            now: now
        )
    }

    /// Checks a message as a subscriber would: one signature that one of the verifiers accepts is enough.
    ///
    /// `timestamp`: the header's text.
    /// `signatures`: the header's text; those of schemes without a verifier are passed over.
    /// Returns nil if it verifies, or the reason why not.
    package static func failure(
        id: String,
        timestamp: String,
        signatures: String,
        body: [UInt8],
        verifiers: [WebhookVerifier],
        now: Timestamp
    ) -> String? {
        guard let seconds = Int64(timestamp), timestamp.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
            return "webhook-timestamp is not Unix seconds"
        }
        let distance = seconds.subtractingReportingOverflow(now.seconds)
        guard !distance.overflow, distance.partialValue.magnitude <= UInt64(tolerance.components.seconds) else {
            return "webhook-timestamp is outside the tolerance of 5 minutes"
        }
        let schemes = SignatureScheme.allCases.filter { scheme in verifiers.contains { $0.scheme == scheme } }
        let names = schemes.isEmpty ? "v1" : schemes.map(\.rawValue).joined(separator: " or ")
        let entries = signatures.split(separator: " ").compactMap {
            entry -> (scheme: SignatureScheme, bytes: [UInt8])? in
            let parts = entry.split(separator: ",", maxSplits: 1)
            guard parts.count == 2, let scheme = SignatureScheme(rawValue: String(parts[0])) else { return nil }
            return Base64.decode(parts[1]).map { (scheme, $0) }
        }
        let isSigned = entries.contains { entry in
            schemes.isEmpty ? entry.scheme == .v1 : schemes.contains(entry.scheme)
        }
        guard isSigned else { return "webhook-signature holds no \(names) signature" }
        let content = WebhookContent(id: id, timestamp: timestamp, body: body)
        for verifier in verifiers {
            let candidates = entries.filter { $0.scheme == verifier.scheme }.map(\.bytes)
            if verifier.accepts(candidates, of: content) { return nil }
        }
        return "no \(names) signature matches"
    }
}

extension WebhookVerifier {
    fileprivate func accepts(_ signatures: [[UInt8]], of content: WebhookContent) -> Bool {
        switch self {
        case .v1(let secret):
            let expected = secret.mac(content)
            return signatures.contains { constantTimeEquals($0, expected) }
        case .v1a(let key): return signatures.contains { key.verifies($0, of: content.bytes) }
        }
    }
}
