// SPDX-License-Identifier: Apache-2.0
import COpenSSL
package import MartletCore

/// PEM certificates, read so that a mistake shows before a connection fails of it.
package struct PEMCertificates: Sendable {
    private let pem: [UInt8]
    /// At least one.
    package let count: Int
    /// All of them have expired.
    package let areExpired: Bool

    /// Other parts of the text, such as a private key beside the certificate, are passed over.
    ///
    /// - Throws: `CryptoError` unless the bytes hold at least one certificate and every one can be read.
    package init(pem: [UInt8]) throws(CryptoError) {
        var count = 0
        var expired = 0
        var isDamaged = false
        Self.withCertificates(of: pem) { certificate in
            guard let certificate else {
                isDamaged = true
                return
            }
            count += 1
            // Negative for a moment that has passed (X509_cmp_current_time(3)).
            if X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0 { expired += 1 }
        }
        guard !isDamaged, count > 0 else {
            throw CryptoError("is not a certificate in PEM (\"-----BEGIN CERTIFICATE-----\")")
        }
        self.pem = pem
        self.count = count
        areExpired = expired == count
    }

    /// Checks the private key of the first certificate.
    ///
    /// - Throws: `CryptoError` unless it is PEM without a passphrase and belongs to the certificate.
    package func check(key: Secret) throws(CryptoError) {
        defer { ERR_clear_error() }
        let handle = key.withExposedBytes { bytes in
            Self.withMemoryBIO(bytes) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
        }
        guard let handle else {
            throw CryptoError(
                "is not a private key in PEM without a passphrase; \"openssl pkey -in FILE\" writes one"
            )
        }
        defer { EVP_PKEY_free(handle) }
        var isFirst = true
        var isPair = false
        Self.withCertificates(of: pem) { certificate in
            if isFirst, let certificate { isPair = X509_check_private_key(certificate, handle) == 1 }
            isFirst = false
        }
        guard isPair else { throw CryptoError("does not belong to the certificate; give the key that was made for it") }
    }

    /// Calls `body` with each certificate, and with nil at one that cannot be read, which ends the text.
    private static func withCertificates(of pem: [UInt8], _ body: (OpaquePointer?) -> Void) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        _ = withMemoryBIO(pem) { bio -> Bool in
            while let certificate = PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) {
                body(certificate)
                X509_free(certificate)
            }
            // No further start line is how the text ends well (PEM_read_bio_X509(3)).
            let error = ERR_peek_last_error()
            let isEnd = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE
            if !isEnd { body(nil) }
            return isEnd
        }
    }

    private static func withMemoryBIO<Result>(_ bytes: [UInt8], _ read: (OpaquePointer) -> Result?) -> Result? {
        // The BIO reads from the array's memory, so it lives only inside.
        bytes.withUnsafeBytes { buffer in
            guard buffer.count > 0, let length = Int32(exactly: buffer.count),
                let bio = BIO_new_mem_buf(buffer.baseAddress, length)
            else { return nil }
            defer { BIO_free(bio) }
            return read(bio)
        }
    }
}
