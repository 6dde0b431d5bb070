// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A shared secret of Standard Webhooks: `whsec_` and the Base64 of 24 to 64 bytes (contract.md section 4).
package struct WebhookSecret: Sendable, Equatable {
    private let text: Secret
    private let prepared: PreparedHMAC

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
        self.text = text
        prepared = PreparedHMAC(key: decoded)
    }

    /// A new secret's text, from 32 random bytes.
    package static func generate() -> String { "whsec_" + Base64.encode(secureRandomBytes(32)) }

    /// HMAC-SHA256 with the decoded bytes as key, as Standard Webhooks says.
    func mac(_ content: WebhookContent) -> [UInt8] { prepared.mac(content.head, content.body) }

    package static func == (left: WebhookSecret, right: WebhookSecret) -> Bool { left.text == right.text }

    /// HMAC-SHA256 with the secret's text as key, `whsec_` included, as systems without a key format do.
    func macWithText(_ message: [UInt8]) -> [UInt8] {
        text.withExposedBytes { HMAC.sha256(message, key: $0) }
    }
}

/// What signs deliveries: a shared secret or a private key, told apart by its prefix.
package enum WebhookSigner: Sendable {
    case v1(WebhookSecret)
    case v1a(AsymmetricWebhookKey)

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ secret: Secret) throws(CryptoError) {
        if secret.withExposedBytes({ $0.starts(with: WebhookPublicKey.prefix.utf8) }) {
            throw CryptoError(
                "is a public key (\"whpk_\"), which the subscriber needs; give the private key that belongs to it "
                    + "(\"whsk_\")"
            )
        }
        switch SignatureScheme(of: secret) {
        case .v1: self = .v1(try WebhookSecret(secret))
        case .v1a: self = .v1a(try AsymmetricWebhookKey(secret))
        }
    }

    package var scheme: SignatureScheme {
        switch self {
        case .v1: .v1
        case .v1a: .v1a
        }
    }
}

/// What verifies deliveries: a shared secret or a public key, told apart by its prefix.
package enum WebhookVerifier: Sendable {
    case v1(WebhookSecret)
    case v1a(WebhookPublicKey)

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ secret: Secret) throws(CryptoError) {
        let text = secret.withExposedBytes { String(decoding: $0, as: UTF8.self) }
        if text.hasPrefix(SignatureScheme.v1a.prefix) {
            throw CryptoError(
                "is a private key (\"whsk_\"), which only the gateway needs; give the public key that belongs to it "
                    + "(\"whpk_\")"
            )
        }
        self =
            text.hasPrefix(WebhookPublicKey.prefix)
            ? .v1a(try WebhookPublicKey(text)) : .v1(try WebhookSecret(secret))
    }

    package var scheme: SignatureScheme {
        switch self {
        case .v1: .v1
        case .v1a: .v1a
        }
    }
}
