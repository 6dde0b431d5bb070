// SPDX-License-Identifier: Apache-2.0
import COpenSSL

/// A failed OpenSSL call: what was tried and OpenSSL's own reason; never key material.
package struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }

    /// Takes the oldest entry of this thread's OpenSSL error queue and empties the queue.
    static func fromQueue(_ operation: String) -> CryptoError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return CryptoError(operation) }
        return CryptoError("\(operation): \(String(cString: reason))")
    }
}

/// Hash functions, computed by OpenSSL.
package enum Digest {
    /// 16 bytes.
    ///
    /// For Cryptomus only, whose protocol fixes it.
    package static func md5(_ message: [UInt8]) -> [UInt8] { compute(algorithms.md5, message) }
    /// 32 bytes.
    package static func sha256(_ message: [UInt8]) -> [UInt8] { compute(algorithms.sha256, message) }

    static let algorithms = Algorithms()

    private static func compute(_ algorithm: OpaquePointer?, _ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
            var length: UInt32 = 0
            let status = EVP_Digest(message, message.count, output.baseAddress, &length, algorithm, nil)
            precondition(status == 1, "OpenSSL has lost a digest that it had at start")
            count = Int(length)
        }
    }
}

/// Algorithms fetched once: fetching by name on every call costs more than hashing a callback.
// Unchecked: the pointers are set in init and never freed; EVP_MD objects are immutable and shared between threads
// by design (EVP_MD_fetch(3), "safe to share").
struct Algorithms: @unchecked Sendable {
    let md5 = EVP_MD_fetch(nil, "MD5", nil)
    let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
    let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}

/// HMAC (RFC 2104) with SHA-256.
package enum HMAC {
    /// 32 bytes.
    ///
    /// An empty key is refused by the callers, who answer `misconfigured`.
    package static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { output, count in
            var length: UInt32 = 0
            let result = COpenSSL.HMAC(
                Digest.algorithms.sha256,
                key,
                Int32(key.count),
                message,
                message.count,
                output.baseAddress,
                &length
            )
            precondition(result != nil, "OpenSSL has lost HMAC that it had at start")
            count = Int(length)
        }
    }
}

/// Whether two byte strings are equal, in a time that depends only on their lengths (CRYPTO_memcmp(3)).
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}

/// Bytes from OpenSSL's generator, for keys.
package func secureRandomBytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
        // A generator that cannot be seeded must stop the program rather than give guessable keys.
        precondition(RAND_bytes(output.baseAddress, Int32(count)) == 1, "the system gives no randomness")
        initialized = count
    }
}
