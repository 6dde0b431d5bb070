// SPDX-License-Identifier: Apache-2.0
import COpenSSL
import MartletCore

/// HMAC-SHA256 (RFC 2104) with one key for many messages: what the key alone determines is computed once.
// Unchecked: both contexts are set in init and only copied from afterwards, which changes nothing in them
// (EVP_DigestInit(3)); no other reference to them exists.
final class PreparedHMAC: @unchecked Sendable {
    private let inner: OpaquePointer
    private let outer: OpaquePointer
    /// The block of SHA-256 in bytes (FIPS 180-4).
    private static let block = 64

    init(key: [UInt8]) {
        var padded = key.count > Self.block ? Digest.sha256(key) : key
        padded += [UInt8](repeating: 0, count: Self.block - padded.count)
        inner = Self.context(absorbing: padded.map { $0 ^ 0x36 })
        outer = Self.context(absorbing: padded.map { $0 ^ 0x5C })
    }

    deinit {
        // Frees and cleanses what was derived from the key.
        EVP_MD_CTX_free(inner)
        EVP_MD_CTX_free(outer)
    }

    /// Of a message in two parts; 32 bytes.
    func mac(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        let working = Self.newContext()
        defer { EVP_MD_CTX_free(working) }
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
            var length: UInt32 = 0
            let isDone =
                EVP_MD_CTX_copy_ex(working, inner) == 1
                && EVP_DigestUpdate(working, first, first.count) == 1
                && EVP_DigestUpdate(working, second, second.count) == 1
                && EVP_DigestFinal_ex(working, output.baseAddress, &length) == 1
                && EVP_MD_CTX_copy_ex(working, outer) == 1
                && EVP_DigestUpdate(working, output.baseAddress, Int(length)) == 1
                && EVP_DigestFinal_ex(working, output.baseAddress, &length) == 1
            precondition(isDone, "OpenSSL has lost a digest that it had at start")
            count = Int(length)
        }
    }

    private static func context(absorbing bytes: [UInt8]) -> OpaquePointer {
        let context = newContext()
        let isDone =
            EVP_DigestInit_ex(context, Digest.algorithms.sha256, nil) == 1
            && EVP_DigestUpdate(context, bytes, bytes.count) == 1
        precondition(isDone, "OpenSSL has lost a digest that it had at start")
        return context
    }

    private static func newContext() -> OpaquePointer {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("OpenSSL has no memory for a digest") }
        return context
    }
}
