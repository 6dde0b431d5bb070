// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Who had what an event says of people removed, when and why; kept with what is left of the event.
package struct Expungement: Sendable, Equatable {
    /// The name of the key.
    package var by: String
    package var reason: String
    package var at: Timestamp

    package init(by: String, reason: String, at: Timestamp) {
        self.by = by
        self.reason = reason
        self.at = at
    }
}

/// What became of the wish to remove an event's personal data.
package enum ExpungeOutcome: Sendable, Equatable {
    /// It is gone from the store's rows.
    ///
    /// `cancelled`: deliveries that were waiting or skipped and are cancelled now. `endpoints`: whose lanes must be told.
    /// `isLogClear`: whether the store's log of recent changes holds no trace of it either; else it goes from there with the
    /// next changes, at the latest when the gateway stops.
    case expunged(cancelled: Int, endpoints: Set<EndpointID>, isLogClear: Bool)
    /// It had been removed before.
    case already(Expungement)
    /// So many deliveries wait to be made; nothing was changed.
    case pending(Int)
    /// So many deliveries are in hand or being sent right now; nothing was changed.
    case inFlight(Int)
    case unknown
}

extension Capture {
    /// The callback's trace, or else the event's own.
    package var traceContext: TraceContext { trace ?? TraceContext(of: event.id) }
}

extension StoredEvent {
    /// The callback's trace, or else the event's own.
    package var traceContext: TraceContext { trace ?? TraceContext(of: id) }
}
