// SPDX-License-Identifier: Apache-2.0

/// Where a delivery stands (contract.md section 5).
package enum DeliveryState: String, Sendable, CaseIterable {
    /// Due now or later; the store knows when.
    case pending
    /// Claimed by a running process, or being sent.
    case inFlight = "in_flight"
    case delivered
    /// The schedule is used up.
    case dead
    /// The endpoint was disabled when the event came; can be replayed.
    case skipped
    case cancelled
}

/// One claimed delivery with all that an attempt needs.
package struct ClaimedDelivery: Sendable, Equatable {
    package var id: DeliveryID
    package var eventID: EventID
    package var endpoint: EndpointID
    /// Attempts made so far.
    package var attempts: Int
    /// Attempts before an operator had the delivery retried: the schedule began anew after them.
    package var scheduleFrom = 0
    /// The rendered body without `raw` (`EventEnvelope.render`), or the endpoint's own shape of it.
    package var envelope: [UInt8]
    /// Whether `envelope` is the endpoint's own shape, into which no raw callback goes.
    package var isShaped = false
    /// The raw callback as one JSON value, filled in only where the endpoint asks for it.
    package var raw: [UInt8]?
    /// With ordered delivery, the payment.
    package var lane: String?
    /// The trace that the event's callback belonged to; nil where it came without one.
    package var trace: TraceContext?
    /// Whether the event tells of the gateway itself.
    package var isOperational: Bool

    package init(
        id: DeliveryID,
        eventID: EventID,
        endpoint: EndpointID,
        attempts: Int,
        envelope: [UInt8],
        raw: [UInt8]? = nil,
        lane: String? = nil,
        isOperational: Bool = false
    ) {
        self.id = id
        self.eventID = eventID
        self.endpoint = endpoint
        self.attempts = attempts
        self.envelope = envelope
        self.raw = raw
        self.lane = lane
        self.isOperational = isOperational
    }
}

extension ClaimedDelivery {
    /// The callback's trace, or else the event's own.
    package var traceContext: TraceContext { trace ?? TraceContext(of: eventID) }
}

/// What `claimDue` found.
package struct ClaimedBatch: Sendable, Equatable {
    package var deliveries: [ClaimedDelivery]
    /// When the endpoint's next pending delivery is due; nil if none is left.
    package var nextDue: Timestamp?

    package init(deliveries: [ClaimedDelivery] = [], nextDue: Timestamp? = nil) {
        self.deliveries = deliveries
        self.nextDue = nextDue
    }
}
