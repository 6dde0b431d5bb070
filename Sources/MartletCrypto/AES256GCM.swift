// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// AES-256 in Galois/Counter Mode with a nonce of 96 bits and a tag of 128 (NIST SP 800-38D).
enum AES256GCM {
    static let keyLength = 32
    static let nonceLength = 12
    static let tagLength = 16

    /// The ciphertext, as long as the plaintext, and the tag behind it.
    static func seal(_ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        precondition(key.count == keyLength && nonce.count == nonceLength, "the caller has checked both lengths")
        let context = newContext()
        defer { EVP_CIPHER_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: plaintext.count + tagLength)
        var length: Int32 = 0
        var rest: Int32 = 0
        let isDone = output.withUnsafeMutableBufferPointer { output in
            EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_EncryptUpdate(context, nil, &rest, associated, Int32(associated.count)) == 1
                && EVP_EncryptUpdate(context, output.baseAddress, &length, plaintext, Int32(plaintext.count)) == 1
                && EVP_EncryptFinal_ex(context, output.baseAddress?.advanced(by: Int(length)), &rest) == 1
                && EVP_CIPHER_CTX_ctrl(
                    context,
                    EVP_CTRL_AEAD_GET_TAG,
                    Int32(tagLength),
                    output.baseAddress?.advanced(by: plaintext.count)
                ) == 1
        }
        precondition(isDone && Int(length) == plaintext.count, "OpenSSL has lost a cipher that it always has")
        return output
    }

    /// The plaintext; nil if anything of key, nonce, associated data, ciphertext or tag is not as it was.
    static func open(_ sealed: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8]? {
        guard key.count == keyLength, nonce.count == nonceLength, sealed.count >= tagLength else { return nil }
        let context = newContext()
        defer {
            EVP_CIPHER_CTX_free(context)
            // A tag that does not fit may leave entries in the thread's queue.
            ERR_clear_error()
        }
        let count = sealed.count - tagLength
        var tag = Array(sealed[count...])
        // Room for one byte at least: an empty array has no address, and without one the bytes count as associated data.
        var output = [UInt8](repeating: 0, count: max(count, 1))
        var length: Int32 = 0
        var rest: Int32 = 0
        let isGenuine = output.withUnsafeMutableBufferPointer { output in
            EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1
                && EVP_DecryptUpdate(context, nil, &rest, associated, Int32(associated.count)) == 1
                && EVP_DecryptUpdate(context, output.baseAddress, &length, sealed, Int32(count)) == 1
                && EVP_DecryptFinal_ex(context, output.baseAddress?.advanced(by: Int(length)), &rest) == 1
        }
        return isGenuine ? Array(output.prefix(count)) : nil
    }

    private static func newContext() -> OpaquePointer {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("OpenSSL has no memory for a cipher") }
        return context
    }
}
