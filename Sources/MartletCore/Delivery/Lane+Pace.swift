// SPDX-License-Identifier: Apache-2.0

/// What a lane's endpoint allows at a moment: the one place where settings, breaker, slowdown and rate meet.
extension Lane {
    /// Whether the next delivery may be sent.
    enum Pace: Equatable {
        case now
        case notBefore(Timestamp)
        /// An attempt must end, or an operator act, before anything can be sent.
        case blocked
    }

    /// What happens to a new event for this endpoint.
    package enum Intake: UInt8, Sendable {
        /// Its delivery goes straight to the lane if there is a place in memory.
        case handOver
        /// Its delivery waits in the store.
        case store
        /// Its delivery is `skipped`: the endpoint is disabled.
        case skip
    }

    /// Longer pauses are not waited out in memory: what waits goes back to the store.
    private static let longestWaitInMemory = Duration.seconds(10)

    private var isDisabled: Bool { !settings.isEnabled || health.disabled != nil }

    /// What new events come to; changes with what the lane handles, at no other time.
    ///
    /// While the store holds what is due, new events wait there too: places in memory go to what has waited longest, so
    /// that retries and the backlog are not overtaken for as long as the load lasts.
    package func intake(at now: Timestamp) -> Intake {
        if isDisabled { return .skip }
        let isFree = health.breaker.state == .closed && !slowdown.isHeld(at: now)
        let isBehind = nextDue.map { $0 <= now } ?? false
        let isLimited = bucket != nil && waiting > 0
        return isFree && !isBehind && !isLimited ? .handOver : .store
    }

    /// What `martlet_endpoint_state` reports.
    package func state(at now: Timestamp) -> EndpointState {
        if isDisabled { return .disabled }
        switch health.breaker.state {
        case .open: return .parked
        case .probing: return .probing
        case .ramping: return .ramping
        case .closed: return slowdown.isSlowed(at: now) ? .slowed : .active
        }
    }

    func pace(at now: Timestamp) -> Pace {
        if isDisabled { return .blocked }
        var limit = slowdown.limit(of: settings.maxInFlight)
        var earliest = bucket?.next ?? now
        if let held = slowdown.heldUntil { earliest = max(earliest, held) }
        switch health.breaker.permission(at: now) {
        case .unlimited: break
        case .limited(let most): limit = min(limit, most)
        // Requests from before the breaker opened may hang for a while yet; the probe need not wait for all of them.
        case .probe: limit = settings.maxInFlight
        case .notBefore(let moment): earliest = max(earliest, moment)
        case .afterProbe: return .blocked
        }
        if inFlight >= limit { return .blocked }
        return earliest > now ? .notBefore(earliest) : .now
    }

    /// Deliveries that may wait in memory now.
    func keep(at now: Timestamp) -> Int {
        if isDisabled { return 0 }
        if let held = slowdown.heldUntil, held - now > Self.longestWaitInMemory { return 0 }
        switch health.breaker.permission(at: now) {
        case .unlimited, .limited: return reach
        case .probe: return 1
        case .afterProbe: return 0
        // On the ramp the next moment is a fraction of a second away.
        case .notBefore: if case .ramping = health.breaker.state { return reach } else { return 0 }
        }
    }

    /// How many the store is asked for now; nil if it is not to be asked.
    ///
    /// A quarter of the reach is left when the store is asked, for half of it: early enough that requests do not pause
    /// for the store, and late enough to claim many at once.
    func claimLimit(at now: Timestamp) -> Int? {
        guard let moment = claimMoment(at: now), moment <= now else { return nil }
        return max(1, currentReach(at: now) / 2)
    }

    /// When time alone will let something happen.
    func nextWake(at now: Timestamp) -> Timestamp? {
        var wake = claimMoment(at: now)
        if waiting > 0, case .notBefore(let moment) = pace(at: now) {
            // Never before the moment itself, and not a thousand times a second for a fast bucket.
            let batch = max(moment, bucket.map { $0.next > now ? $0.nextBatch : moment } ?? moment)
            wake = min(wake ?? batch, batch)
        }
        return wake
    }

    /// When the store is to be asked, which may be now; nil if not by the passing of time alone.
    private func claimMoment(at now: Timestamp) -> Timestamp? {
        guard !isClaiming, !isWaitingForRoom, !isDisabled, let due = nextDue, waiting <= currentReach(at: now) / 4
        else { return nil }
        var moment = due
        if let held = slowdown.heldUntil { moment = max(moment, held) }
        switch health.breaker.state {
        case .closed, .ramping: break
        case .open(let until, _): moment = max(moment, until)
        case .probing: return nil
        }
        return moment
    }

    /// One while the breaker waits for its probe, otherwise `reach`.
    private func currentReach(at now: Timestamp) -> Int {
        if case .open = health.breaker.state { return 1 }
        return reach
    }

    /// As many deliveries as can be sent within a few seconds, at most the whole window.
    private var reach: Int {
        var reach = capacity
        if let rate = settings.ratePerSecond { reach = min(reach, Int(min(rate * 10, 1e6))) }
        if case .ramping(let ramp) = health.breaker.state { reach = min(reach, 2 * ramp.limit) }
        return max(1, reach)
    }
}
