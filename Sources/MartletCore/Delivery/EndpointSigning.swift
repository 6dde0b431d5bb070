// SPDX-License-Identifier: Apache-2.0

/// How one signature of Standard Webhooks is made; the raw value is its prefix in `webhook-signature`.
package enum SignatureScheme: String, Sendable, CaseIterable {
    /// HMAC-SHA256 with a shared secret (`whsec_`).
    case v1
    /// Ed25519 with a private key (`whsk_`).
    case v1a

    /// The scheme that a secret is for, by its prefix; what has no prefix of a private key counts as shared.
    package init(of secret: Secret) { self = secret.withExposedBytes { $0.starts(with: "whsk_".utf8) } ? .v1a : .v1 }

    /// What a secret of this scheme begins with.
    package var prefix: String {
        switch self {
        case .v1: "whsec_"
        case .v1a: "whsk_"
        }
    }
}

/// The schemes that sign an endpoint's deliveries (contract section 2).
package enum EndpointSignature: String, Sendable, CaseIterable {
    case v1
    case v1a
    case both = "v1+v1a"

    package var schemes: [SignatureScheme] {
        switch self {
        case .v1: [.v1]
        case .v1a: [.v1a]
        case .both: [.v1, .v1a]
        }
    }
}

/// Signature headers of other systems, for subscribers that verify with those systems' libraries.
package enum SignatureStyle: String, Sendable, CaseIterable {
    /// `Stripe-Signature: t=…,v1=…`, one `v1` for each active shared secret.
    case stripe
    /// `X-Hub-Signature-256: sha256=…`, with the first active shared secret.
    case github
    /// The values of the standard headers as `svix-id`, `svix-timestamp` and `svix-signature`.
    case svix

    /// The headers that the style sets, in lower case.
    package var headerNames: [String] {
        switch self {
        case .stripe: ["stripe-signature"]
        case .github: ["x-hub-signature-256"]
        case .svix: ["svix-id", "svix-timestamp", "svix-signature"]
        }
    }

    /// Whether the style signs by itself, with a shared secret, rather than repeating the standard headers.
    package var needsSharedSecret: Bool { self != .svix }
}

/// One secret that signs an endpoint's deliveries, and the end of its service.
package struct SigningSecret: Sendable, Equatable {
    package var secret: Secret
    /// From this moment on the secret signs no more; nil if it has no end.
    package var until: Timestamp?

    package init(_ secret: Secret, until: Timestamp? = nil) {
        self.secret = secret
        self.until = until
    }

    package var scheme: SignatureScheme { SignatureScheme(of: secret) }

    package func isActive(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }
}

/// What an endpoint's deliveries authenticate themselves with, beside their signatures.
package enum EndpointAuthentication: Sendable, Equatable {
    /// RFC 7617. The user's name holds no colon.
    case basic(username: String, password: Secret)
    /// RFC 6750.
    case bearer(token: Secret)
}
