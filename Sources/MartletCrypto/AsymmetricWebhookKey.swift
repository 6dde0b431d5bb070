// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// The gateway's half of an ed25519 pair of Standard Webhooks: `whsk_` and Base64.
///
/// The Base64 holds either the 64 bytes that NaCl and Svix call the secret key (seed, then public key), or the 32 bytes
/// of the seed alone. Of 64 bytes the halves must fit together: a wrong public half would let a mistyped key through
/// whose signatures nobody can verify.
package struct AsymmetricWebhookKey: Sendable {
    private let key: Ed25519PrivateKey

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ text: Secret) throws(CryptoError) {
        let rule = CryptoError(
            "must be \"whsk_\" and the Base64 of an ed25519 key of 64 or 32 bytes; "
                + "\"martlet keygen --asymmetric\" makes one"
        )
        key = try text.withExposedBytes { bytes throws(CryptoError) -> Ed25519PrivateKey in
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.hasPrefix("whsk_"), let decoded = Base64.decode(text.dropFirst(5)),
                decoded.count == 64 || decoded.count == 32
            else { throw rule }
            let key = try Ed25519PrivateKey(seed: Array(decoded.prefix(32)))
            guard decoded.count == 32 || constantTimeEquals(Array(decoded[32...]), key.publicKey) else {
                throw CryptoError(
                    "is an ed25519 key whose public half does not belong to it; copy the whole key again, "
                        + "or make one with \"martlet keygen --asymmetric\""
                )
            }
            return key
        }
    }

    /// The subscriber's half, `whpk_…`.
    package var publicKeyText: String { WebhookPublicKey.prefix + Base64.encode(key.publicKey) }

    /// A new pair as text: the secret half has 64 bytes.
    package static func generate() throws(CryptoError) -> (secret: String, publicKey: String) {
        let seed = secureRandomBytes(32)
        let publicKey = try Ed25519PrivateKey(seed: seed).publicKey
        return ("whsk_" + Base64.encode(seed + publicKey), WebhookPublicKey.prefix + Base64.encode(publicKey))
    }

    func sign(_ message: [UInt8]) -> [UInt8] { key.sign(message) }
}

/// The subscriber's half of an ed25519 pair: `whpk_` and the Base64 of 32 bytes.
package struct WebhookPublicKey: Sendable {
    private let key: Ed25519PublicKey
    package static let prefix = "whpk_"

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ text: String) throws(CryptoError) {
        guard text.hasPrefix(Self.prefix), let decoded = Base64.decode(text.dropFirst(5)), decoded.count == 32 else {
            throw CryptoError(
                "must be \"whpk_\" and the Base64 of 32 bytes, the second line of \"martlet keygen --asymmetric\""
            )
        }
        key = try Ed25519PublicKey(decoded)
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool { key.verifies(signature, of: message) }
}
