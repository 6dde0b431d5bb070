// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Rows older than these moments go; a pending delivery keeps its event.
package struct RetentionHorizon: Sendable, Equatable {
    package var events: Timestamp
    package var raw: Timestamp
    package var quarantine: Timestamp
    package var dedupe: Timestamp
    /// Names of requests, with their answers.
    package var idempotency: Timestamp
    /// Lines of the audit log, and keys by the moment of their revocation.
    package var audit: Timestamp
    /// Endpoints that get the raw callback: what is pending for them keeps it.
    package var rawEndpoints: Set<EndpointID>
    /// Rows looked at in one call, so that upkeep never holds up captures for long.
    package var batch: Int

    package init(
        events: Timestamp,
        raw: Timestamp,
        quarantine: Timestamp,
        dedupe: Timestamp,
        idempotency: Timestamp = Timestamp(milliseconds: .min),
        audit: Timestamp = Timestamp(milliseconds: .min),
        rawEndpoints: Set<EndpointID> = [],
        batch: Int = 500
    ) {
        self.events = events
        self.raw = raw
        self.quarantine = quarantine
        self.dedupe = dedupe
        self.idempotency = idempotency
        self.audit = audit
        self.rawEndpoints = rawEndpoints
        self.batch = batch
    }
}

/// How far a round of pruning has come; a new one is the beginning of a round.
package struct PrunePlace: Sendable, Equatable {
    /// The last event that was looked at whose raw callback had been kept for a delivery.
    package var keptRaw: Int64 = 0
    /// The last event that was looked at.
    package var event: Int64 = 0
    /// The last event that may be old enough, found once in a round; nil until then.
    package var lastEvent: Int64?
    /// The last minute that was looked at.
    package var minute = Int64.min

    package init() {}
}

/// What a call of pruning came to.
package struct PruneProgress: Sendable, Equatable {
    /// What hangs on a row is not counted.
    package var removed: Int
    /// Where to go on.
    package var place: PrunePlace
    /// Nothing was left to look at.
    package var isAtEnd: Bool

    package init(removed: Int, place: PrunePlace, isAtEnd: Bool) {
        self.removed = removed
        self.place = place
        self.isAtEnd = isAtEnd
    }
}
