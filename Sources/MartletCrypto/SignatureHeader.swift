// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The text of a signature header, put together in one buffer while the active secrets are gone through.
package struct SignatureHeader: Sendable {
    private let content: WebhookContent
    private var bytes: [UInt8] = []

    /// `webhook-signature`, and `svix-signature`: entries separated by spaces (Standard Webhooks 1.0.0).
    package static func standard(_ content: WebhookContent) -> SignatureHeader { SignatureHeader(content) }

    /// `Stripe-Signature`: the time, then entries separated by commas.
    ///
    /// Source: https://docs.stripe.com/webhooks#verify-manually
    package static func stripe(_ content: WebhookContent) -> SignatureHeader {
        var header = SignatureHeader(content)
        header.bytes.append(contentsOf: "t=".utf8)
        header.bytes.append(contentsOf: content.timestamp)
        return header
    }

    private init(_ content: WebhookContent) {
        self.content = content
        // Room for two signatures of either scheme.
        bytes.reserveCapacity(192)
    }

    /// The header's value.
    package var value: String { String(decoding: bytes, as: UTF8.self) }

    /// Adds `v1,<Base64>` or `v1a,<Base64>` over `id.timestamp.body`.
    package mutating func sign(with signer: WebhookSigner) {
        if !bytes.isEmpty { bytes.append(0x20) }
        bytes.append(contentsOf: signer.scheme.rawValue.utf8)
        bytes.append(0x2C)
        switch signer {
        case .v1(let secret): bytes.append(contentsOf: Base64.encodeToBytes(secret.mac(content)))
        case .v1a(let key): bytes.append(contentsOf: Base64.encodeToBytes(key.sign(content.bytes)))
        }
    }

    /// Adds `,v1=<hexadecimal HMAC-SHA256>` over `timestamp.body`.
    ///
    /// The key is the secret's text as it stands, `whsec_` included: that is what Stripe's libraries are given and use.
    package mutating func signForStripe(with secret: WebhookSecret) {
        bytes.append(contentsOf: ",v1=".utf8)
        bytes.append(contentsOf: Hex.encode(secret.macWithText(content.timestampAndBody)).utf8)
    }

    /// `X-Hub-Signature-256`: `sha256=<hexadecimal HMAC-SHA256>` over the body; the key is the secret's text.
    ///
    /// Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    package static func github(_ content: WebhookContent, secret: WebhookSecret) -> String {
        "sha256=" + Hex.encode(secret.macWithText(content.body))
    }
}
