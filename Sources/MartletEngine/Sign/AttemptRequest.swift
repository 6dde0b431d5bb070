// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletCrypto
import MartletWire
import Synchronization

/// An endpoint made ready for sending: its keys are prepared once, not for every attempt.
package struct SigningEndpoint: Sendable {
    package let endpoint: Endpoint
    private let signer: DeliverySigner
    private let authorization: Secret?
    private let notice = Notice()

    /// How many schemes have been reported; shared by the copies of one load.
    private final class Notice: Sendable {
        let reported = Atomic<Int>(0)
    }

    /// - Throws: `CryptoError` if a secret is not in the form of Standard Webhooks or a scheme has none; the
    ///   configuration has checked both.
    package init(_ endpoint: Endpoint) throws(CryptoError) {
        self.endpoint = endpoint
        signer = try DeliverySigner(endpoint)
        authorization = endpoint.authentication?.headerValue
    }

    /// The schemes that sign with a secret past its end, when there are more of them than the last time; else empty.
    func newlyOverdue(at now: Timestamp) -> [(scheme: SignatureScheme, end: Timestamp)] {
        let overdue = signer.overdue(at: now)
        // Nearly always: not worth a write that other queues' caches would have to hear of.
        if overdue.isEmpty { return [] }
        return overdue.count > notice.reported.exchange(overdue.count, ordering: .relaxed) ? overdue : []
    }

    /// The HTTP request of one attempt (contract section 4).
    ///
    /// `number`: the attempt's number, from 1.
    /// `spanID`: 64 random bits for `traceparent`; the trace is the callback's, or else the event's own.
    package func request(for delivery: ClaimedDelivery, number: Int, at now: Timestamp, spanID: UInt64)
        -> OutboundRequest
    {
        let body =
            endpoint.includeRaw && !delivery.isShaped
            ? EventEnvelope.inserting(raw: delivery.raw, into: delivery.envelope) : delivery.envelope
        let id = delivery.eventID.rawValue
        var headers = HeaderFields(capacity: 16)
        headers.append("content-type", "application/json")
        signer.appendHeaders(id: id, body: body, at: now, to: &headers)
        headers.append("martlet-delivery", delivery.id.description)
        headers.append("martlet-attempt", String(number))
        headers.append("traceparent", delivery.traceContext.traceparent(span: max(spanID, 1)))
        if let authorization { headers.append("authorization", Self.text(authorization)) }
        for pair in endpoint.headers { headers.append(pair.name, Self.text(pair.value)) }
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

    private static func text(_ secret: Secret) -> String {
        secret.withExposedBytes { String(decoding: $0, as: UTF8.self) }
    }
}
