// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// The member `tls` of an endpoint.
extension ConfigurationReader {
    /// Nil if absent or empty: the system's authorities, no client certificate.
    func readTLS(_ endpoint: SettingsReader) -> EndpointTLS? {
        guard let reader = endpoint.nested("tls") else { return nil }
        if endpoint.value("url")?.string?.lowercased().hasPrefix("http:") ?? false {
            endpoint.warn("tls", "has no effect, because \"url\" is not encrypted")
        }
        let authorities = certificates("ca", of: reader)
        let identity = readIdentity(reader)
        reader.finish()
        guard authorities != nil || identity != nil else { return nil }
        return EndpointTLS(authorities: authorities?.pem, identity: identity)
    }

    private func readIdentity(_ reader: SettingsReader) -> EndpointTLS.Identity? {
        let certificate = certificates("certificate", of: reader)
        let hasCertificate = reader.value("certificate") != nil
        let key = reader.secret("key")
        let hasKey = reader.value("key") != nil
        if hasKey, !hasCertificate {
            reader.fail("certificate", "is required with \"key\"; give the client certificate")
        }
        if hasCertificate, !hasKey {
            reader.fail("key", "is required with \"certificate\"; give the secret's reference, such as \"file:PATH\"")
        }
        guard let certificate, let key else { return nil }
        do throws(CryptoError) {
            try certificate.read.check(key: key)
        } catch {
            reader.fail("key", error.description)
            return nil
        }
        return EndpointTLS.Identity(certificate: certificate.pem, key: key)
    }

    /// Certificates are no secrets, so besides a reference the path alone will do.
    private func certificates(_ name: String, of reader: SettingsReader) -> (pem: [UInt8], read: PEMCertificates)? {
        guard let text = reader.string(name) else { return nil }
        // The API has no files, so there the certificates themselves stand here.
        let isReference = ["env:", "file:", "plain:", "-----BEGIN "].contains { text.hasPrefix($0) }
        switch resolver.resolve(isReference ? text : "file:\(text)") {
        case .failure(let error):
            reader.fail(name, error.description)
            return nil
        case .success(let value):
            let pem = value.withExposedBytes { $0 }
            do throws(CryptoError) {
                let read = try PEMCertificates(pem: pem)
                if read.areExpired { reader.warn(name, "has expired; replace it") }
                return (pem, read)
            } catch {
                reader.fail(name, error.description)
                return nil
            }
        }
    }
}
