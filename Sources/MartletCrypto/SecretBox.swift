// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A key that seals secrets at rest: the Base64 of 32 bytes.
package struct SecretsKey: Sendable, Equatable {
    /// Eight hexadecimal digits of the key's SHA-256, with words of its own before it; not enough to guess by.
    package let id: String
    fileprivate let bytes: Secret

    /// - Throws: `CryptoError` that names the rule and the remedy.
    package init(_ text: Secret) throws(CryptoError) {
        let decoded = text.withExposedBytes { Base64.decode(String(decoding: $0, as: UTF8.self)) }
        guard let decoded, decoded.count == AES256GCM.keyLength else {
            throw CryptoError("must be the Base64 of 32 bytes; \"martlet keygen --secrets-key\" makes one")
        }
        bytes = Secret(decoded)
        id = String(Hex.encode(Digest.sha256(Array("martlet secrets key\n".utf8) + decoded)).prefix(8))
    }

    /// A new key's text.
    package static func generate() -> String { Base64.encode(secureRandomBytes(AES256GCM.keyLength)) }
}

/// Seals with AES-256-GCM under one key, and opens what former keys have sealed as well.
///
/// A sealed value is text: `aes256gcm:KEYID:` and the Base64 of nonce, ciphertext and tag. Its place is the associated
/// data. The nonce is 96 random bits; by NIST SP 800-38D section 8.3 a key may seal 2³² values with such nonces.
package struct SecretBox: SecretSealer {
    private static let form = "aes256gcm"
    private let current: SecretsKey
    private let keys: [String: SecretsKey]

    package var keyID: String { current.id }

    /// `previous`: keys that only open.
    package init(_ current: SecretsKey, previous: [SecretsKey] = []) {
        self.current = current
        keys = Dictionary((previous + [current]).map { ($0.id, $0) }) { _, last in last }
    }

    package func has(_ keyID: String) -> Bool { keys[keyID] != nil }

    package func seal(_ secret: Secret, for place: String) -> [UInt8] {
        let nonce = secureRandomBytes(AES256GCM.nonceLength)
        let sealed = secret.withExposedBytes { plaintext in
            current.bytes.withExposedBytes {
                AES256GCM.seal(plaintext, key: $0, nonce: nonce, associated: Array(place.utf8))
            }
        }
        return Array("\(Self.form):\(current.id):".utf8) + Base64.encodeToBytes(nonce + sealed)
    }

    package func open(_ sealed: [UInt8], for place: String) throws(SealingError) -> Secret {
        let parts = sealed.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual(Self.form.utf8),
            let bytes = Base64.decode(String(decoding: parts[2], as: UTF8.self)), bytes.count > AES256GCM.nonceLength
        else { throw SealingError("a stored secret is not in the form of sealed ones, as if the store were damaged") }
        let id = String(decoding: parts[1], as: UTF8.self)
        guard let key = keys[id] else {
            throw SealingError(
                "a stored secret is sealed with the key \(id.prefix(16)), which is neither \"secretsKey\" nor one of "
                    + "\"previousSecretsKeys\""
            )
        }
        let nonce = Array(bytes.prefix(AES256GCM.nonceLength))
        let opened = key.bytes.withExposedBytes {
            AES256GCM.open(
                Array(bytes.dropFirst(AES256GCM.nonceLength)),
                key: $0,
                nonce: nonce,
                associated: Array(place.utf8)
            )
        }
        guard let opened else {
            throw SealingError("a stored secret was changed or moved since it was sealed; restore it from a backup")
        }
        return Secret(opened)
    }
}
