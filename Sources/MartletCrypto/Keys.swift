// SPDX-License-Identifier: Apache-2.0
import COpenSSL
package import MartletCore

/// A provider's RSA key.
package struct RSAPublicKey: Sendable {
    private let handle: KeyHandle
    /// SHA-256 of the DER form (SubjectPublicKeyInfo), in hexadecimal.
    package let fingerprint: String

    /// - Throws: `CryptoError` unless the bytes are a PEM public key of RSA with at least 1024 bits.
    package init(pem: [UInt8]) throws(CryptoError) {
        guard let handle = KeyHandle.read(pem, { PEM_read_bio_PUBKEY($0, nil, KeyHandle.noPassphrase, nil) }),
            handle.isRSA
        else {
            throw .fromQueue("not a PEM public key of RSA (\"-----BEGIN PUBLIC KEY-----\")")
        }
        guard EVP_PKEY_get_bits(handle.pointer) >= 1024 else {
            throw CryptoError("an RSA key below 1024 bits proves nothing")
        }
        var der: UnsafeMutablePointer<UInt8>?
        let length = i2d_PUBKEY(handle.pointer, &der)
        guard length > 0, let start = der else { throw .fromQueue("cannot encode the public key") }
        fingerprint = Hex.encode(Digest.sha256(Array(UnsafeBufferPointer(start: start, count: Int(length)))))
        CRYPTO_free(start, #file, #line)
        self.handle = handle
    }

    /// Whether `signature` is RSA, PKCS #1 version 1.5, with SHA-1 over `message` (SpectroCoin legacy).
    package func verifiesSHA1(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer {
            EVP_MD_CTX_free(context)
            // A wrong signature leaves entries in the thread's queue, which would be taken for the next call's.
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit(context, nil, Digest.algorithms.sha1, nil, handle.pointer) == 1 else { return false }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

/// An RSA key that stands in for a provider's, for samples and tests.
package struct RSAPrivateKey: Sendable {
    private let handle: KeyHandle

    package init(pem: Secret) throws(CryptoError) {
        let handle = pem.withExposedBytes {
            KeyHandle.read($0) { PEM_read_bio_PrivateKey($0, nil, KeyHandle.noPassphrase, nil) }
        }
        guard let handle, handle.isRSA else {
            throw .fromQueue("not a PEM private key of RSA (\"-----BEGIN PRIVATE KEY-----\")")
        }
        self.handle = handle
    }

    /// A new key pair as PEM.
    package static func generatePEM(bits: Int32 = 2048) throws(CryptoError) -> (privateKey: Secret, publicKey: [UInt8])
    {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
            throw .fromQueue("RSA is not available")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw .fromQueue("cannot make an RSA key") }
        let handle = KeyHandle(key)
        let privatePEM = try writePEM { PEM_write_bio_PrivateKey($0, handle.pointer, nil, nil, 0, nil, nil) }
        let publicPEM = try writePEM { PEM_write_bio_PUBKEY($0, handle.pointer) }
        return (Secret(privatePEM), publicPEM)
    }

    /// RSA, PKCS #1 version 1.5, with SHA-1.
    package func signSHA1(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw .fromQueue("no memory for signing") }
        defer { EVP_MD_CTX_free(context) }
        var length = Int(EVP_PKEY_get_size(handle.pointer))
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSignInit(context, nil, Digest.algorithms.sha1, nil, handle.pointer) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw .fromQueue("cannot sign with RSA and SHA-1") }
        return Array(signature[..<length])
    }

    private static func writePEM(_ write: (OpaquePointer) -> Int32) throws(CryptoError) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_mem()) else { throw .fromQueue("no memory for a key") }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw .fromQueue("cannot write the key as PEM") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = BIO_read(bio, &chunk, Int32(chunk.count))
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: chunk[..<Int(count)])
        }
    }
}
