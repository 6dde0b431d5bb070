// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

/// A certificate and its key, made for one test by the `openssl` command.
struct TestCertificate {
    let path: String
    let keyPath: String

    /// `issuer`: nil for one that is its own authority.
    init(named name: String, in folder: URL, issuer: TestCertificate? = nil) throws {
        path = folder.appendingPathComponent("\(name).pem").path
        keyPath = folder.appendingPathComponent("\(name)-key.pem").path
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        openssl.arguments =
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-out", path, "-keyout", keyPath,
            ] + (issuer.map { ["-CA", $0.path, "-CAkey", $0.keyPath] } ?? [])
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitForEnd(of: "openssl req")
        try #require(openssl.terminationStatus == 0)
    }

    func pem() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func keyPEM() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: keyPath))) }

    /// What an endpoint with this client certificate uses; `key`: another certificate's key.
    func identity(key other: TestCertificate? = nil) throws -> EndpointTLS.Identity {
        EndpointTLS.Identity(certificate: try pem(), key: Secret(try (other ?? self).keyPEM()))
    }
}
