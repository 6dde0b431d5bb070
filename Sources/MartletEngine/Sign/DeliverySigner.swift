// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire

/// An endpoint's secrets made ready for signing, and the headers that they sign.
///
/// Of each kind of secret the last one to end goes on signing after its end, so that a delivery is never sent unsigned
/// because nobody named the next secret in time. It is reported by `overdue(at:)`, and the next load of the
/// configuration refuses it.
struct DeliverySigner: Sendable {
    /// A key with the moment from which it signs no more; nil if none will come.
    private struct Timed<Key: Sendable>: Sendable {
        let key: Key
        let until: Timestamp?

        func isActive(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }
    }

    private let standard: [Timed<WebhookSigner>]
    /// For the styles that need a shared secret; empty if there is none of them.
    private let shared: [Timed<WebhookSecret>]
    private let styles: [SignatureStyle]
    /// The schemes whose secrets all have an end, with the last of these.
    private let lastEnds: [(scheme: SignatureScheme, end: Timestamp)]

    /// - Throws: `CryptoError` if a secret is not in its form or a scheme has no secret; the configuration has checked
    ///   both.
    init(_ endpoint: Endpoint) throws(CryptoError) {
        let styles = endpoint.signatureStyles
        let needsShared = styles.contains(where: \.needsSharedSecret)
        var standard: [Timed<WebhookSigner>] = []
        var shared: [Timed<WebhookSecret>] = []
        var lastEnds: [(scheme: SignatureScheme, end: Timestamp)] = []
        for scheme in SignatureScheme.allCases {
            let isStandard = endpoint.signature.schemes.contains(scheme)
            guard isStandard || (needsShared && scheme == .v1) else { continue }
            let secrets = endpoint.secrets.filter { $0.scheme == scheme }
            guard !secrets.isEmpty else { throw CryptoError("has no secret for the scheme \(scheme.rawValue)") }
            let ends = secrets.compactMap(\.until)
            let lastEnd = ends.count == secrets.count ? ends.max() : nil
            if let lastEnd { lastEnds.append((scheme, lastEnd)) }
            for secret in secrets {
                let until = secret.until == lastEnd ? nil : secret.until
                let signer = try WebhookSigner(secret.secret)
                if isStandard { standard.append(Timed(key: signer, until: until)) }
                if needsShared, case .v1(let key) = signer { shared.append(Timed(key: key, until: until)) }
            }
        }
        self.standard = standard
        self.shared = shared
        self.styles = styles
        self.lastEnds = lastEnds
    }

    /// Appends the standard headers and those of the styles.
    func appendHeaders(id: String, body: [UInt8], at now: Timestamp, to headers: inout HeaderFields) {
        let timestamp = String(now.seconds)
        let content = WebhookContent(id: id, timestamp: timestamp, body: body)
        var header = SignatureHeader.standard(content)
        for signer in standard where signer.isActive(at: now) { header.sign(with: signer.key) }
        let signatures = header.value
        headers.append("webhook-id", id)
        headers.append("webhook-timestamp", timestamp)
        headers.append("webhook-signature", signatures)
        for style in styles {
            switch style {
            case .svix:
                headers.append("svix-id", id)
                headers.append("svix-timestamp", timestamp)
                headers.append("svix-signature", signatures)
            case .stripe:
                var header = SignatureHeader.stripe(content)
                for secret in shared where secret.isActive(at: now) { header.signForStripe(with: secret.key) }
                headers.append("stripe-signature", header.value)
            case .github:
                // The header has room for one signature, so the order of the secrets decides.
                guard let first = shared.first(where: { $0.isActive(at: now) }) else { continue }
                headers.append("x-hub-signature-256", SignatureHeader.github(content, secret: first.key))
            }
        }
    }

    /// The schemes that sign with a secret past its end, each with that end.
    func overdue(at now: Timestamp) -> [(scheme: SignatureScheme, end: Timestamp)] {
        lastEnds.filter { $0.end <= now }
    }
}
