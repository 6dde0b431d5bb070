// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// One proven callback on its way to disk.
///
/// An object, for it passes several queues and closures: an event has some thirty texts, and each copy would count references
/// to them all.
package final class Capture: Sendable {
    package let event: Event
    /// `EventEnvelope.render(event)`, made before the transaction.
    package let envelope: [UInt8]
    /// The raw callback (or fetched answer) as one JSON value.
    package let raw: [UInt8]
    package let deliveries: [NewDelivery]
    /// The trace that the callback came with; nil where its event stands for a trace of its own.
    package let trace: TraceContext?

    package init(
        event: Event,
        envelope: [UInt8],
        raw: [UInt8],
        deliveries: [NewDelivery],
        trace: TraceContext? = nil
    ) {
        self.event = event
        self.envelope = envelope
        self.raw = raw
        self.deliveries = deliveries
        self.trace = trace
    }
}

/// A delivery to be made for an endpoint that wants the event.
package struct NewDelivery: Sendable, Equatable {
    package var endpoint: EndpointID
    /// `.inFlight`: handed over in memory after the commit.
    ///
    /// `.pending`: waits in the store. `.skipped`: disabled.
    package var state: DeliveryState
    /// First due time.
    package var dueAt: Timestamp
    /// With ordered delivery, the payment: behind an unfinished delivery of the same lane and endpoint a pending one has no
    /// due time until that one is finished.
    package var lane: String?
    /// The body where it is not the event's envelope.
    package var body: [UInt8]?

    package init(
        endpoint: EndpointID,
        state: DeliveryState,
        dueAt: Timestamp,
        lane: String? = nil,
        body: [UInt8]? = nil
    ) {
        self.endpoint = endpoint
        self.state = state
        self.dueAt = dueAt
        self.lane = lane
        self.body = body
    }
}

/// What a capture came to.
package enum CaptureOutcome: Sendable, Equatable {
    /// Stored with these deliveries, in the order of `Capture.deliveries`.
    case stored([DeliveryID])
    /// Stored with a flag that withholds delivery.
    case withheld([EventFlag])
    /// The same change was stored before; nothing was written.
    case duplicate
}

/// What became of an operator's wish to have a delivery retried.
package enum RetryOutcome: Sendable, Equatable {
    /// Due now; its lane must be told.
    case due(EndpointID)
    /// It is being sent right now.
    case inFlight
    /// It waits for an earlier delivery of the same payment.
    case waitsInLane(EndpointID)
    case delivered
    /// What its event said of people has been removed, and with that what there was to deliver.
    case expunged
    case unknown
}

/// What became of an operator's wish to have a delivery stopped.
package enum CancelOutcome: Sendable, Equatable {
    /// Of this endpoint, whose next delivery for the payment may have become due by it.
    case cancelled(EndpointID)
    /// It is being sent right now.
    case inFlight
    /// Nothing waits to be stopped.
    case ended(DeliveryState)
    case unknown
}

/// A hint with its raw callback and where its fetch stands.
package struct KeptHint: Sendable, Equatable {
    package var hint: Hint
    package var callback: Callback
    /// `waiting`, `fetched`, `order_not_found` or `fetch_failed`.
    package var outcome: String
    /// How often the provider has called for this order since the hint is waiting.
    package var calls: Int

    package init(hint: Hint, callback: Callback, outcome: String = "waiting", calls: Int = 1) {
        self.hint = hint
        self.callback = callback
        self.outcome = outcome
        self.calls = calls
    }
}

/// One event as lists show it.
package struct StoredEvent: Sendable, Equatable {
    /// The order of commits; a list's cursor.
    package var sequence: Int64
    package var id: EventID
    package var type: String
    package var source: SourceID
    package var shop: String
    package var merchantOrderID: String?
    package var providerObjectID: String?
    package var providerStatus: String?
    package var flags: [String]
    package var receivedAt: Timestamp
    package var envelope: [UInt8]
    /// The trace that its callback belonged to; nil where it came without one.
    package var trace: TraceContext?
    /// Set once what the event said of people has been removed.
    package var expungement: Expungement?

    package init(
        sequence: Int64,
        id: EventID,
        type: String,
        source: SourceID,
        shop: String,
        merchantOrderID: String?,
        providerObjectID: String?,
        providerStatus: String?,
        flags: [String],
        receivedAt: Timestamp,
        envelope: [UInt8]
    ) {
        self.sequence = sequence
        self.id = id
        self.type = type
        self.source = source
        self.shop = shop
        self.merchantOrderID = merchantOrderID
        self.providerObjectID = providerObjectID
        self.providerStatus = providerStatus
        self.flags = flags
        self.receivedAt = receivedAt
        self.envelope = envelope
    }
}

/// One event with its deliveries and raw callback.
package struct EventDetail: Sendable, Equatable {
    package var event: StoredEvent
    package var deliveries: [StoredDelivery]
    /// One JSON value; nil once retention has removed it.
    package var raw: [UInt8]?

    package init(event: StoredEvent, deliveries: [StoredDelivery], raw: [UInt8]?) {
        self.event = event
        self.deliveries = deliveries
        self.raw = raw
    }
}

/// One delivery as lists show it.
package struct StoredDelivery: Sendable, Equatable {
    package var id: DeliveryID
    package var eventID: EventID
    package var eventType: String
    /// The source of its event.
    package var source: SourceID
    /// The shop of its event.
    package var shop: String
    package var endpoint: EndpointID
    package var state: DeliveryState
    package var attempts: Int
    /// When the next attempt is due; nil unless pending, and while an earlier delivery of its lane is unfinished.
    package var dueAt: Timestamp?
    package var createdAt: Timestamp
    /// `AttemptOutcome.label` of the newest attempt.
    package var lastOutcome: String?
    /// The replay that made it.
    package var replay: ReplayID?
    /// The delivery in whose place it was made.
    package var replayOf: DeliveryID?

    package init(
        id: DeliveryID,
        eventID: EventID,
        eventType: String,
        source: SourceID,
        shop: String,
        endpoint: EndpointID,
        state: DeliveryState,
        attempts: Int,
        dueAt: Timestamp?,
        createdAt: Timestamp,
        lastOutcome: String?
    ) {
        self.id = id
        self.eventID = eventID
        self.eventType = eventType
        self.source = source
        self.shop = shop
        self.endpoint = endpoint
        self.state = state
        self.attempts = attempts
        self.dueAt = dueAt
        self.createdAt = createdAt
        self.lastOutcome = lastOutcome
    }
}

/// One delivery with every attempt, oldest first.
package struct DeliveryDetail: Sendable, Equatable {
    package var delivery: StoredDelivery
    package var attempts: [StoredAttempt]

    package init(delivery: StoredDelivery, attempts: [StoredAttempt]) {
        self.delivery = delivery
        self.attempts = attempts
    }
}

/// One attempt as it was recorded.
package struct StoredAttempt: Sendable, Equatable {
    package var number: Int
    package var result: AttemptResult

    package init(number: Int, result: AttemptResult) {
        self.number = number
        self.result = result
    }
}

/// Counts for metrics.
package struct StoreStatistics: Sendable, Equatable {
    package var deliveries: [DeliveryState: Int]
    /// The oldest due time among pending deliveries that are due.
    package var oldestDue: Timestamp?
    package var quarantine: [SourceID: Int]
    /// When the callback came that each source has kept longest.
    package var oldestQuarantined: [SourceID: Timestamp]
    /// What the store takes on its disk, its log included; nil where it is not on this machine.
    package var bytes: Int64?
    /// What is left on that disk for this user.
    package var freeBytes: Int64?

    package init(
        deliveries: [DeliveryState: Int],
        oldestDue: Timestamp?,
        quarantine: [SourceID: Int],
        oldestQuarantined: [SourceID: Timestamp]
    ) {
        self.deliveries = deliveries
        self.oldestDue = oldestDue
        self.quarantine = quarantine
        self.oldestQuarantined = oldestQuarantined
    }
}

/// What came of offering skipped deliveries.
package struct SkippedOffer: Sendable, Equatable {
    package var offered: Int
    /// The last one that was looked at; nil if there are no more after it.
    package var last: DeliveryID?

    package init(offered: Int, last: DeliveryID?) {
        self.offered = offered
        self.last = last
    }
}

/// The store failed when some of what an endpoint had missed was pending already.
package struct OfferCutShort: Error, Sendable, Equatable {
    /// How many had been made pending, and stay so.
    package var offered: Int
    package var cause: StoreError

    package init(offered: Int, cause: StoreError) {
        self.offered = offered
        self.cause = cause
    }
}
