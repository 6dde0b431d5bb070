// SPDX-License-Identifier: Apache-2.0
import COpenSSL

typealias PassphraseCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

/// Owns one EVP_PKEY.
// Unchecked: the handle is set once and only read; EVP_PKEY is reference counted and may be used from several threads
// as long as nobody changes it (openssl-threads(7)).
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { EVP_PKEY_free(pointer) }

    var isRSA: Bool { EVP_PKEY_get_base_id(pointer) == EVP_PKEY_RSA }

    /// Reads PEM through a memory BIO with one of OpenSSL's `PEM_read_bio_…` functions.
    static func read(_ pem: [UInt8], _ reader: (OpaquePointer) -> OpaquePointer?) -> KeyHandle? {
        ERR_clear_error()
        // The BIO reads from the array's memory, so it lives only inside.
        return pem.withUnsafeBytes { buffer in
            guard buffer.count > 0, let length = Int32(exactly: buffer.count),
                let bio = BIO_new_mem_buf(buffer.baseAddress, length)
            else { return nil }
            defer { BIO_free(bio) }
            return reader(bio).map(KeyHandle.init)
        }
    }

    /// Gives no passphrase; OpenSSL's own callback would ask at the terminal and block (PEM_read_bio_PrivateKey(3)).
    static let noPassphrase: PassphraseCallback = { _, _, _, _ in -1 }
}
