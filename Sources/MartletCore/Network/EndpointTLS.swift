// SPDX-License-Identifier: Apache-2.0

/// Whom an endpoint's TLS connections trust and as whom they present themselves (contract.md section 2, `tls`).
///
/// A class, so that a request carries one reference, and the transport sees by identity that nothing has changed.
package final class EndpointTLS: Sendable, Equatable {
    /// A client certificate with its private key.
    package struct Identity: Sendable, Equatable {
        /// PEM: the client's own certificate, then any intermediate ones.
        package let certificate: [UInt8]
        /// PEM, without a passphrase.
        package let key: Secret

        package init(certificate: [UInt8], key: Secret) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// PEM certificates of the authorities that are trusted instead of the system's; nil trusts the system's.
    package let authorities: [UInt8]?
    /// Shown to servers that ask for a client certificate.
    package let identity: Identity?

    package init(authorities: [UInt8]? = nil, identity: Identity? = nil) {
        self.authorities = authorities
        self.identity = identity
    }

    package static func == (left: EndpointTLS, right: EndpointTLS) -> Bool {
        left === right || (left.authorities == right.authorities && left.identity == right.identity)
    }
}
