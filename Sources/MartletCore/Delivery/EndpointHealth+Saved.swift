// SPDX-License-Identifier: Apache-2.0

extension EndpointHealth {
    /// What is kept on disk of one endpoint: one row, each member a column or a pair of them.
    package struct Saved: Sendable, Equatable {
        /// When the next probe is due; nil unless the breaker is open or probing.
        package var parkedUntil: Timestamp?
        /// The breaker's present pause or, on the ramp, the next one; nil if it is closed.
        package var probeInterval: Duration?
        package var failingSince: Timestamp?
        /// As of the last write; successes alone cause none.
        package var lastSuccessAt: Timestamp?
        package var lastFailure: FailureNote?
        package var rejecting: RejectionNote?
        package var disabled: Disablement?

        package init(
            parkedUntil: Timestamp? = nil,
            probeInterval: Duration? = nil,
            failingSince: Timestamp? = nil,
            lastSuccessAt: Timestamp? = nil,
            lastFailure: FailureNote? = nil,
            rejecting: RejectionNote? = nil,
            disabled: Disablement? = nil
        ) {
            self.parkedUntil = parkedUntil
            self.probeInterval = probeInterval
            self.failingSince = failingSince
            self.lastSuccessAt = lastSuccessAt
            self.lastFailure = lastFailure
            self.rejecting = rejecting
            self.disabled = disabled
        }
    }

    /// The row to be written now.
    ///
    /// A probe that is under way is due again after a restart, when nobody knows any more what it came to.
    package func saved(at now: Timestamp) -> Saved {
        var saved = Saved(
            failingSince: failingSince,
            lastSuccessAt: lastSuccessAt,
            lastFailure: lastFailure,
            rejecting: rejecting,
            disabled: disabled
        )
        switch breaker.state {
        case .closed: break
        case .open(let until, let interval): (saved.parkedUntil, saved.probeInterval) = (until, interval)
        case .probing(let interval): (saved.parkedUntil, saved.probeInterval) = (now, interval)
        case .ramping(let ramp): saved.probeInterval = ramp.nextInterval
        }
        return saved
    }
}

/// The last failure of an endpoint.
package struct FailureNote: Sendable, Equatable {
    /// `AttemptOutcome.label`.
    package var label: String
    /// The answer's status; nil for a network failure.
    package var status: Int?
    package var at: Timestamp

    package init(label: String, status: Int?, at: Timestamp) {
        self.label = label
        self.status = status
        self.at = at
    }

    init(_ outcome: AttemptOutcome, at now: Timestamp) {
        label = outcome.label
        if case .answered(let code) = outcome { status = code }
        at = now
    }
}

/// An endpoint answers with a 4xx that repeating seldom cures; its operator should look at it.
package struct RejectionNote: Sendable, Equatable {
    /// The latest such status.
    package var status: Int
    package var since: Timestamp
    package var latest: Timestamp

    package init(status: Int, since: Timestamp, latest: Timestamp) {
        self.status = status
        self.since = since
        self.latest = latest
    }
}

/// Why nothing is sent to an endpoint.
package enum DisabledReason: String, Sendable, CaseIterable {
    case byOperator = "operator"
    /// It answered 410.
    case gone
    /// Five days of failures without a success.
    case failing
}

package struct Disablement: Sendable, Equatable {
    package var reason: DisabledReason
    package var at: Timestamp

    package init(reason: DisabledReason, at: Timestamp) {
        self.reason = reason
        self.at = at
    }
}

/// What the metric `martlet_endpoint_state` reports; a bounded set.
package enum EndpointState: String, Sendable, CaseIterable {
    case active
    /// Fewer requests at once, or a pause that the endpoint asked for.
    case slowed
    /// The breaker is open.
    case parked
    /// The breaker's probe is under way.
    case probing
    /// The backlog flows again, slowly at first.
    case ramping
    /// By an operator, by 410, after five days, or by the configuration.
    case disabled
}
