// SPDX-License-Identifier: Apache-2.0

/// How an endpoint is doing: its breaker, since when it fails, what it last said, and whether it is disabled.
///
/// Outlives the process as one row (`Saved`). `record` says when that row must be written: when a state changes, and for
/// a note at most once a minute, never for each success or failure.
package struct EndpointHealth: Sendable, Equatable {
    /// An endpoint that has failed this long without a success is disabled (contract.md section 5).
    package static let longestFailing = Duration.seconds(5 * 86_400)
    /// Notes alone are written no more often than this.
    package static let noteInterval = Duration.seconds(60)
    /// An endpoint that takes some events and rejects others keeps the note of it this long.
    package static let rejectionKept = Duration.seconds(3600)

    package private(set) var breaker: Breaker
    /// The first failure since the last success; nil while it succeeds.
    package private(set) var failingSince: Timestamp?
    package private(set) var lastSuccessAt: Timestamp?
    package private(set) var lastFailure: FailureNote?
    package private(set) var rejecting: RejectionNote?
    package private(set) var disabled: Disablement?
    private var writtenAt: Timestamp?
    private var isFailingWritten = false

    package init() { breaker = Breaker() }

    /// As a former run left it, with every moment brought within what its rule allows.
    ///
    /// The clock may have been set back since: nothing began later than now, and no pause is longer than the longest.
    package init(restoring saved: Saved, at now: Timestamp) {
        breaker = Breaker(restoring: saved.probeInterval, until: saved.parkedUntil, at: now)
        failingSince = saved.failingSince.map { min($0, now) }
        lastSuccessAt = saved.lastSuccessAt.map { min($0, now) }
        lastFailure = saved.lastFailure
        lastFailure?.at = min(saved.lastFailure?.at ?? now, now)
        rejecting = saved.rejecting.map {
            RejectionNote(status: $0.status, since: min($0.since, now), latest: min($0.latest, now))
        }
        disabled = saved.disabled
        isFailingWritten = saved.failingSince != nil
    }

    /// An attempt has ended; returns what must be written and announced.
    ///
    /// `isThrottled`: a 429 that the lane has answered by slowing down, which is no reason to open the breaker.
    /// `generation`: that of the breaker when the attempt was sent.
    package mutating func record(
        _ outcome: AttemptOutcome,
        isThrottled: Bool = false,
        of generation: Int,
        at now: Timestamp
    ) -> [HealthChange] {
        guard outcome.isEndpointsFault else {
            breaker.withdrawn(of: generation, at: now)
            return []
        }
        var changes = outcome.isSuccess ? succeeded(at: now) : failed(outcome, at: now)
        if disabled == nil {
            let verdict: Breaker.Verdict = outcome.isSuccess ? .success : isThrottled ? .throttled : .failure
            if let change = breaker.ended(verdict, of: generation, at: now) { changes.append(HealthChange(change)) }
            if outcome.isGone {
                changes += disable(.gone, at: now)
            } else if let failingSince, now - failingSince >= Self.longestFailing {
                changes += disable(.failing, at: now)
            }
        }
        if changes.isEmpty, !outcome.isSuccess, writtenAt.map({ now - $0 >= Self.noteInterval }) ?? true {
            changes = [.noteChanged]
        }
        return written(changes, at: now)
    }

    /// Disables the endpoint; nothing changes if it is disabled already.
    package mutating func disable(_ reason: DisabledReason, at now: Timestamp) -> [HealthChange] {
        guard disabled == nil else { return [] }
        disabled = Disablement(reason: reason, at: now)
        return written([.disabled(reason)], at: now)
    }

    /// Enables it again: its five days begin anew, and its backlog flows slowly at first.
    package mutating func enable(at now: Timestamp) -> [HealthChange] {
        guard disabled != nil else { return [] }
        disabled = nil
        failingSince = nil
        breaker.ramp(at: now)
        return written([.enabled], at: now)
    }

    /// A request was sent.
    package mutating func sent(at now: Timestamp) { breaker.sent(at: now) }

    /// Makes the next probe due now.
    package mutating func probeNow(at now: Timestamp) { breaker.probeNow(at: now) }

    /// Takes note that the clock was set back to `now`.
    package mutating func clamp(to now: Timestamp) {
        breaker.clamp(to: now)
        failingSince = failingSince.map { min($0, now) }
        writtenAt = writtenAt.map { min($0, now) }
    }

    private mutating func succeeded(at now: Timestamp) -> [HealthChange] {
        lastSuccessAt = now
        if let note = rejecting, now - note.latest >= Self.rejectionKept { rejecting = nil }
        defer { failingSince = nil }
        guard let failingSince, isFailingWritten else { return [] }
        return [.recovered(failingSince: failingSince)]
    }

    private mutating func failed(_ outcome: AttemptOutcome, at now: Timestamp) -> [HealthChange] {
        failingSince = failingSince ?? now
        lastFailure = FailureNote(outcome, at: now)
        if case .answered(let status) = outcome, outcome.isRejection {
            rejecting = RejectionNote(status: status, since: rejecting?.since ?? now, latest: now)
        }
        return []
    }

    private mutating func written(_ changes: [HealthChange], at now: Timestamp) -> [HealthChange] {
        if !changes.isEmpty {
            writtenAt = now
            isFailingWritten = failingSince != nil
        }
        return changes
    }
}

/// What has become of an endpoint.
///
/// Each one means that the endpoint's row must be written.
package enum HealthChange: Sendable, Equatable {
    /// Deliveries are parked.
    case breakerOpened(until: Timestamp)
    case probeFailed(until: Timestamp)
    /// A probe has succeeded; the backlog flows slowly at first.
    case breakerClosed
    /// The endpoint runs at full speed again.
    case drained
    case disabled(DisabledReason)
    case enabled
    /// The first success after failures that are on disk.
    case recovered(failingSince: Timestamp)
    /// What an operator sees is out of date on disk, nothing else.
    case noteChanged

    /// For the log.
    package var label: String {
        switch self {
        case .breakerOpened(let until): "breaker opened until \(until.rfc3339)"
        case .probeFailed(let until): "probe failed, breaker open until \(until.rfc3339)"
        case .breakerClosed: "breaker closed, sending slowly at first"
        case .drained: "back at full speed"
        case .disabled(let reason): "disabled: \(reason.rawValue)"
        case .enabled: "enabled"
        case .recovered(let failingSince): "recovered, had failed since \(failingSince.rfc3339)"
        case .noteChanged: "note changed"
        }
    }

    init(_ change: Breaker.Change) {
        self =
            switch change {
            case .opened(let until): .breakerOpened(until: until)
            case .probeFailed(let until): .probeFailed(until: until)
            case .closed: .breakerClosed
            case .drained: .drained
            }
    }
}
