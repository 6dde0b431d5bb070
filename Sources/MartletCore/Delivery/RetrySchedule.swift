// SPDX-License-Identifier: Apache-2.0

/// When a failed attempt is made again (contract.md section 5).
package struct RetrySchedule: Sendable, Equatable {
    /// Pause after the first, second, … failed attempt.
    ///
    /// When the list is used up the delivery is dead.
    package var delays: [Duration]
    /// Each pause is stretched or shortened by up to this share, 0 to 1.
    package var jitter: Double

    package init(delays: [Duration], jitter: Double = 0.2) {
        self.delays = delays
        self.jitter = jitter
    }

    /// The default of the contract: ten attempts over a little more than three days.
    package static let standard = RetrySchedule(
        delays: [
            .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
            .seconds(50_400), .seconds(72_000), .seconds(86_400),
        ]
    )

    /// `Retry-After` is respected up to this pause.
    package static let longestRetryAfter = Duration.seconds(86_400)

    /// No attempt is due later than this after the one before it.
    package var longestPause: Duration {
        max((delays.max() ?? .zero) * (1 + jitter), Self.longestRetryAfter, Self.postponement * (1 + jitter))
    }

    /// Attempts that a delivery gets in all.
    package var attempts: Int { delays.count + 1 }

    /// What follows a failed attempt.
    ///
    /// With delays of 5 s and 300 s and jitter 0.2: after attempt 1 between 4 and 6 s, after attempt 2 between
    /// 240 and 360 s, after attempt 3 dead. `Retry-After: 60` after attempt 1 makes it 60 s: it can only make the
    /// next attempt later.
    ///
    /// `attempt`: the number of the attempt that failed, from 1.
    /// `retryAfter`: the pause that the subscriber asked for.
    /// `unit`: a random number in 0..<1.
    package func decide(afterFailure attempt: Int, at now: Timestamp, retryAfter: Duration?, unit: Double)
        -> RetryDecision
    {
        guard attempt >= 1, attempt <= delays.count else { return .dead }
        let base = Double(delays[attempt - 1].wholeMilliseconds)
        let spread = base * jitter * (2 * unit - 1)
        let pause = Duration.milliseconds(Int64(min(max(base + spread, 0), 9e15)))
        let asked = min(retryAfter ?? .zero, Self.longestRetryAfter)
        return .retry(at: now + max(pause, asked))
    }
}

extension RetrySchedule {
    /// Pause before a delivery is tried again whose attempt failed on the gateway's own side.
    package static let postponement = Duration.seconds(10)

    /// What becomes of a delivery after its attempt.
    ///
    /// An answer 410 follows the schedule like any other failure: it disables the endpoint, and what is left of the
    /// delivery's attempts is made once an operator enables it again.
    ///
    /// `number`: the attempt's, from 1.
    /// `unit`: a random number in 0..<1.
    /// `wall`: the wall clock, which a date in `Retry-After` is measured against; `now` unless given.
    package func next(
        after result: AttemptResult,
        number: Int,
        at now: Timestamp,
        wall: Timestamp? = nil,
        unit: @autoclosure () -> Double
    ) -> AttemptRecord.Next {
        if result.outcome.isSuccess { return .delivered }
        guard result.outcome.isEndpointsFault else {
            let spread = Double(Self.postponement.wholeMilliseconds) * (1 + jitter * (2 * unit() - 1))
            return .postponed(until: now + .milliseconds(Int64(spread)))
        }
        let asked = RetryAfter.pause(of: result, now: wall ?? now)
        switch decide(afterFailure: number, at: now, retryAfter: asked, unit: unit()) {
        case .retry(let moment): return .retry(at: moment)
        case .dead: return .dead
        }
    }
}

/// The end of one failed attempt.
package enum RetryDecision: Sendable, Equatable {
    case retry(at: Timestamp)
    /// The schedule is used up.
    case dead
}
