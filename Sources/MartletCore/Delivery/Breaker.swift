// SPDX-License-Identifier: Apache-2.0

/// Keeps a failing endpoint from being called in vain: parks its deliveries without spending their attempts, probes
/// with one request, and lets the backlog flow again slowly at first.
///
/// Opens after five failures in a row, or when over half of at least twenty attempts within a minute failed. A probe is
/// an ordinary attempt of the delivery that has waited longest; the pauses between probes grow from 30 s to 10 min.
/// After a probe that succeeds the ramp begins (`Ramp`); a failure within it opens again, with the next longer pause.
///
/// Requests may be under way when it opens. What they come to is told apart by `generation`: a late failure changes
/// nothing, because it says no more than what opened the breaker, and a late success brings the probe forward to now,
/// because the endpoint has just answered.
package struct Breaker: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        case closed
        /// Nothing is sent until then, and from then on a single probe.
        ///
        /// `interval`: the pause that this one was.
        case open(until: Timestamp, interval: Duration)
        /// The probe is under way.
        case probing(interval: Duration)
        /// A probe has succeeded.
        case ramping(Ramp)
    }

    /// Whether the next delivery may be sent, as far as the breaker is concerned.
    package enum Permission: Sendable, Equatable {
        case unlimited
        /// So many requests at once, and one may go now.
        case limited(Int)
        /// One, and it is the probe.
        case probe
        case notBefore(Timestamp)
        /// Not before the probe has ended.
        case afterProbe
    }

    /// How an attempt counts.
    package enum Verdict: Sendable, Equatable {
        case success
        case failure
        /// The endpoint answered and wants fewer requests at once: no reason to open, and no success either.
        case throttled
    }

    package enum Change: Sendable, Equatable {
        case opened(until: Timestamp)
        case probeFailed(until: Timestamp)
        /// A probe has succeeded, the ramp begins.
        case closed
        /// The ramp is over.
        case drained
    }

    package static let failuresInARow = 5
    package static let attemptsInAMinute = 20
    package static let shortestInterval = Duration.seconds(30)
    package static let longestInterval = Duration.seconds(600)

    package private(set) var state = State.closed
    /// Goes up whenever the breaker opens; an attempt belongs to the generation in which it was sent.
    package private(set) var generation = 0
    private var failures = 0
    private var minute = OutcomeMinute()

    package init() {}

    /// As a former run left it.
    ///
    /// `interval`: nil where it was closed.
    /// `until`: nil where it was ramping; the ramp begins anew.
    package init(restoring interval: Duration?, until: Timestamp?, at now: Timestamp) {
        guard let interval else { return }
        let bounded = min(max(interval, Self.shortestInterval), Self.longestInterval)
        if let until {
            // However far the clock was set back meanwhile, the pause is no longer than the rule says.
            state = .open(until: min(until, now + bounded), interval: bounded)
        } else {
            state = .ramping(Ramp(nextInterval: bounded, at: now))
        }
    }

    package func permission(at now: Timestamp) -> Permission {
        switch state {
        case .closed: .unlimited
        case .open(let until, _): until <= now ? .probe : .notBefore(until)
        case .probing: .afterProbe
        case .ramping(let ramp): ramp.next <= now ? .limited(ramp.limit) : .notBefore(ramp.next)
        }
    }

    /// A request was sent; with the permission `probe` it is the probe.
    package mutating func sent(at now: Timestamp) {
        switch state {
        case .closed, .probing: break
        case .open(_, let interval): state = .probing(interval: interval)
        case .ramping(var ramp):
            ramp.sent(at: now)
            state = .ramping(ramp)
        }
    }

    /// An attempt sent in that generation has ended.
    package mutating func ended(_ verdict: Verdict, of generation: Int, at now: Timestamp) -> Change? {
        guard generation == self.generation else {
            if verdict == .success { probeNow(at: now) }
            return nil
        }
        switch state {
        case .closed: return count(verdict, at: now)
        case .open: return nil
        case .probing(let interval):
            guard verdict == .success else {
                return .probeFailed(until: open(for: Self.longer(interval), at: now))
            }
            state = .ramping(Ramp(nextInterval: Self.longer(interval), at: now))
            return .closed
        case .ramping(var ramp):
            switch verdict {
            case .failure: return .opened(until: open(for: ramp.nextInterval, at: now))
            case .throttled: return nil
            case .success:
                let isOver = ramp.succeeded(at: now)
                state = isOver ? .closed : .ramping(ramp)
                return isOver ? .drained : nil
            }
        }
    }

    /// An attempt of that generation has ended without saying anything of the endpoint; a probe may be made anew.
    package mutating func withdrawn(of generation: Int, at now: Timestamp) {
        guard generation == self.generation, case .probing(let interval) = state else { return }
        state = .open(until: now, interval: interval)
    }

    /// Makes the next probe due now, if it is waited for.
    package mutating func probeNow(at now: Timestamp) {
        guard case .open(let until, let interval) = state else { return }
        state = .open(until: min(until, now), interval: interval)
    }

    /// Begins anew with the ramp, whatever was before: for an endpoint that is enabled again.
    package mutating func ramp(at now: Timestamp) {
        generation += 1
        reset()
        state = .ramping(Ramp(nextInterval: Self.shortestInterval, at: now))
    }

    /// Takes note that the clock was set back to `now`: no pause grows longer by that.
    package mutating func clamp(to now: Timestamp) {
        switch state {
        case .closed, .probing: break
        case .open(let until, let interval): state = .open(until: min(until, now + interval), interval: interval)
        case .ramping(var ramp):
            ramp.clamp(to: now)
            state = .ramping(ramp)
        }
    }

    private mutating func count(_ verdict: Verdict, at now: Timestamp) -> Change? {
        switch verdict {
        case .throttled: return nil
        case .success:
            failures = 0
            minute.count(isFailure: false, at: now)
            return nil
        case .failure:
            failures += 1
            minute.count(isFailure: true, at: now)
            let attempts = minute.attempts
            let isMostlyFailing = attempts >= Self.attemptsInAMinute && minute.failures * 2 > attempts
            guard failures >= Self.failuresInARow || isMostlyFailing else { return nil }
            return .opened(until: open(for: Self.shortestInterval, at: now))
        }
    }

    private mutating func open(for interval: Duration, at now: Timestamp) -> Timestamp {
        generation += 1
        reset()
        let until = now + interval
        state = .open(until: until, interval: interval)
        return until
    }

    private mutating func reset() {
        failures = 0
        minute = OutcomeMinute()
    }

    private static func longer(_ interval: Duration) -> Duration { min(interval * 2, longestInterval) }
}
