// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// Signs with ed25519 (RFC 8032 section 5.1).
///
/// The key is prepared once; signing takes no lock and may happen on any queue.
package struct Ed25519PrivateKey: Sendable {
    private let handle: KeyHandle
    /// 32 bytes.
    package let publicKey: [UInt8]

    /// - Throws: `CryptoError` unless the seed has 32 bytes.
    package init(seed: [UInt8]) throws(CryptoError) {
        ERR_clear_error()
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .fromQueue("not an ed25519 seed of 32 bytes")
        }
        let handle = KeyHandle(key)
        var publicKey = [UInt8](repeating: 0, count: 32)
        var length = publicKey.count
        guard EVP_PKEY_get_raw_public_key(handle.pointer, &publicKey, &length) == 1 else {
            throw .fromQueue("cannot read the ed25519 public key")
        }
        self.handle = handle
        self.publicKey = publicKey
    }

    /// 64 bytes, the same for the same message.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { output, count in
            var length = 64
            // A context serves one signature (EVP_SIGNATURE-ED25519(7)); the digest stays unset, as the scheme has its own.
            let context = EVP_MD_CTX_new()
            defer { EVP_MD_CTX_free(context) }
            let isSigned =
                EVP_DigestSignInit(context, nil, nil, nil, handle.pointer) == 1
                && EVP_DigestSign(context, output.baseAddress, &length, message, message.count) == 1
            precondition(isSigned, "OpenSSL has lost ed25519 that it had at start")
            count = length
        }
    }
}

/// Verifies ed25519 signatures (RFC 8032 section 5.1.7).
package struct Ed25519PublicKey: Sendable {
    private let handle: KeyHandle

    /// - Throws: `CryptoError` unless there are 32 bytes.
    package init(_ bytes: [UInt8]) throws(CryptoError) {
        ERR_clear_error()
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
            throw .fromQueue("not an ed25519 public key of 32 bytes")
        }
        handle = KeyHandle(key)
    }

    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A wrong signature leaves entries in the thread's queue, which would be taken for the next call's.
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, nil, nil, handle.pointer) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
