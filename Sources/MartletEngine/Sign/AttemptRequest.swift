// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto
import MartletWire

/// An endpoint made ready for sending: its secrets are decoded once, not for every attempt.
package struct SigningEndpoint: Sendable {
    package let endpoint: Endpoint
    package let secrets: [WebhookSecret]

    /// - Throws: `CryptoError` if a secret is not in the form of Standard Webhooks; the configuration has checked it.
    package init(_ endpoint: Endpoint) throws(CryptoError) {
        self.endpoint = endpoint
        var secrets: [WebhookSecret] = []
        for secret in endpoint.secrets { secrets.append(try WebhookSecret(secret)) }
        self.secrets = secrets
    }

    /// The HTTP request of one attempt (contract section 4).
    ///
    /// `number`: the attempt's number, from 1.
    /// `spanID`: 64 random bits for `traceparent`; the trace id is the event's.
    package func request(for delivery: ClaimedDelivery, number: Int, at now: Timestamp, spanID: UInt64)
        -> OutboundRequest
    {
        let body =
            endpoint.includeRaw
            ? EventEnvelope.inserting(raw: delivery.raw, into: delivery.envelope) : delivery.envelope
        let id = delivery.eventID.rawValue
        var headers = HeaderFields()
        headers.append("content-type", "application/json")
        headers.append("webhook-id", id)
        headers.append("webhook-timestamp", String(now.seconds))
        headers.append(
            "webhook-signature",
            StandardWebhooks.signatures(id: id, timestamp: now.seconds, body: body, secrets: secrets)
        )
        headers.append("martlet-delivery", delivery.id.description)
        headers.append("martlet-attempt", String(number))
        headers.append("traceparent", "00-\(delivery.eventID.hexDigits)-\(Self.hex(max(spanID, 1)))-01")
        for pair in endpoint.headers {
            let value = pair.value.withExposedBytes { String(decoding: $0, as: UTF8.self) }
            headers.append(pair.name, value)
        }
        return OutboundRequest(
            url: endpoint.url,
            headers: headers,
            body: body,
            timeout: endpoint.timeout,
            egress: endpoint.egress,
            tls: endpoint.tls,
            proxy: endpoint.proxy
        )
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
