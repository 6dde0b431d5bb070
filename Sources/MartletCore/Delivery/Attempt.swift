// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// Why no HTTP answer came; a bounded set, used as is for metric labels.
package enum NetworkFailure: String, Sendable, CaseIterable {
    /// The name could not be resolved.
    case dns
    /// No connection could be made.
    case connect
    /// The TLS handshake failed or the certificate was refused.
    case tls
    /// The attempt's time was up.
    case timeout
    /// The connection broke before the answer was complete.
    case reset
    /// The answer's header block was larger than is read.
    case tooLarge = "too-large"
    /// The address is in a network that deliveries must not reach.
    case blocked
    /// The egress proxy was not reached or refused; nothing is known of the endpoint, so it is not charged with it.
    case proxy
    /// Anything else; the attempt's `detail` says what.
    case other
}

/// How one attempt ended.
package enum AttemptOutcome: Sendable, Equatable {
    /// An HTTP answer came. Only 2xx is success.
    case answered(status: Int)
    case failed(NetworkFailure)

    package var isSuccess: Bool {
        if case .answered(let status) = self { return (200..<300).contains(status) }
        return false
    }

    /// `delivered`, `http_4xx`, …, or the network failure's name: a bounded set for metric labels.
    package var label: String {
        switch self {
        case .answered(let status) where (200..<300).contains(status): "delivered"
        case .answered(let status): "http_\(status / 100)xx"
        case .failed(let failure): failure.rawValue
        }
    }
}

/// What the transport reports of one HTTP request.
package struct AttemptResult: Sendable, Equatable {
    package var outcome: AttemptOutcome
    package var startedAt: Timestamp
    package var duration: Duration
    /// The library's message for a network failure; never a payload or a secret.
    package var detail: String?
    /// Answer headers, bounded by the transport.
    package var headers: HeaderFields
    /// The first bytes of the answer, at most `bodyLimit`.
    package var body: [UInt8]
    /// Bytes of an answer body that are read and kept.
    package static let bodyLimit = 4096

    package init(
        outcome: AttemptOutcome,
        startedAt: Timestamp,
        duration: Duration,
        detail: String? = nil,
        headers: HeaderFields = HeaderFields(),
        body: [UInt8] = []
    ) {
        self.outcome = outcome
        self.startedAt = startedAt
        self.duration = duration
        self.detail = detail
        self.headers = headers
        self.body = body
    }
}

/// One attempt together with what follows from it: written to the store in one transaction.
package struct AttemptRecord: Sendable, Equatable {
    package var delivery: DeliveryID
    package var endpoint: EndpointID
    /// From 1.
    package var number: Int
    package var result: AttemptResult
    package var next: Next
    /// With ordered delivery, the payment (`ClaimedDelivery.lane`).
    package var lane: String?
    /// When `next` was decided, by the clock that due times go by: from then on the next delivery of its lane is due.
    ///
    /// `result` is dated by the wall clock, which may have been set since the process started.
    package var decidedAt: Timestamp

    /// What becomes of the delivery.
    package enum Next: Sendable, Equatable {
        case delivered
        case retry(at: Timestamp)
        /// Nothing was learned of the endpoint: due again then, and the attempt's number is not spent.
        case postponed(until: Timestamp)
        case dead
    }

    package init(
        delivery: DeliveryID,
        endpoint: EndpointID,
        number: Int,
        result: AttemptResult,
        next: Next,
        lane: String? = nil,
        decidedAt: Timestamp
    ) {
        self.delivery = delivery
        self.endpoint = endpoint
        self.number = number
        self.result = result
        self.next = next
        self.lane = lane
        self.decidedAt = decidedAt
    }
}

/// One HTTP request to be made: all that the transport needs, nothing it has to know about events.
package struct OutboundRequest: Sendable, Equatable {
    package var method: String
    package var url: String
    package var headers: HeaderFields
    package var body: [UInt8]
    package var timeout: Duration
    package var egress: EgressPolicy
    /// Nil: the system's authorities, and no client certificate.
    package var tls: EndpointTLS?
    /// Nil: straight to the endpoint; the environment's proxy variables are never used.
    package var proxy: EgressProxy?
    /// Goes out on a connection of its own, so that it is never sent again by itself.
    ///
    /// A request on a connection that others have used is sent again if the peer closed it at that moment, though the peer
    /// may have read it.
    package var isSentOnce: Bool
    /// Bytes of the answer's body that are kept; reading stops there.
    package var bodyLimit: Int
    /// Takes the body of a 2xx answer instead; `timeout` is then the longest silence, in whole seconds, and not the whole
    /// time.
    package var sink: BodySink?

    package init(
        method: String = "POST",
        url: String,
        headers: HeaderFields,
        body: [UInt8],
        timeout: Duration = .seconds(15),
        egress: EgressPolicy = EgressPolicy(),
        tls: EndpointTLS? = nil,
        proxy: EgressProxy? = nil,
        isSentOnce: Bool = false,
        bodyLimit: Int = AttemptResult.bodyLimit
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.egress = egress
        self.tls = tls
        self.proxy = proxy
        self.isSentOnce = isSentOnce
        self.bodyLimit = bodyLimit
    }
}

/// Makes HTTP requests.
///
/// The gateway's is libcurl; tests use one that plays a script.
package protocol Transport: Sendable {
    /// Starts one request; never blocks. `completion` is called exactly once, on any queue.
    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void)
}
