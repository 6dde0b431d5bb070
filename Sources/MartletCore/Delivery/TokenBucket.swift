// SPDX-License-Identifier: Apache-2.0

/// Limits sends to a rate: in any stretch of `t` seconds at most `burst + ratePerSecond * t`, give or take the
/// millisecond to which moments are rounded.
///
/// Nothing is refilled by a timer and nothing is added up step by step: the next moment follows from one anchor and
/// the tokens taken since, so that rounding to milliseconds does not add up over time.
package struct TokenBucket: Sendable, Equatable {
    /// Tokens that flow back in a second; above 0.
    package private(set) var ratePerSecond: Double
    /// Tokens in a full bucket; at least 1.
    package private(set) var burst: Double
    /// The bucket was full at this moment.
    private var anchor = Timestamp(milliseconds: .min)
    /// Tokens taken since then.
    private var taken = 0.0

    /// A full bucket.
    ///
    /// `burst`: what may go at once; one second's worth by default, and at least 1.
    package init(ratePerSecond: Double, burst: Double? = nil) {
        precondition(ratePerSecond > 0, "a rate is above 0")
        self.ratePerSecond = ratePerSecond
        self.burst = max(1, burst ?? ratePerSecond)
    }

    /// The first moment at which one token can be taken; in the past if one can be taken now.
    package var next: Timestamp { moment(of: 1) }

    /// A moment at which to try again that is neither too late nor one of a thousand in a second.
    ///
    /// At most 100 in a second, each good for as many tokens as have gathered by then. The rate stays the same, because
    /// a token that waits in the bucket is not lost.
    package var nextBatch: Timestamp { moment(of: min(burst, max(1, (ratePerSecond / 100).rounded(.up)))) }

    /// Takes one token; ask `next` before.
    package mutating func take(at now: Timestamp) {
        // Moments are whole milliseconds, rounded up: what flows back within that one is not lost to a small bucket.
        if flow(until: now) >= taken + ratePerSecond / 1000 {
            anchor = now
            taken = 0
        }
        taken += 1
    }

    /// Changes the rate and keeps what has been taken, so that a change grants no second burst.
    package mutating func change(ratePerSecond rate: Double, burst: Double? = nil, at now: Timestamp) {
        precondition(rate > 0, "a rate is above 0")
        let missing = max(0, taken - flow(until: now))
        ratePerSecond = rate
        self.burst = max(1, burst ?? rate)
        anchor = now
        taken = min(missing, self.burst)
    }

    /// Takes note that the clock was set back to `now`: what was taken counts from there.
    package mutating func clamp(to now: Timestamp) {
        if anchor > now { anchor = now }
    }

    private func flow(until now: Timestamp) -> Double {
        Double((now - anchor).wholeMilliseconds) * ratePerSecond / 1000
    }

    private func moment(of tokens: Double) -> Timestamp {
        let missing = taken + tokens - burst
        guard missing > 0 else { return anchor }
        return anchor + .milliseconds(Int64(min((missing * 1000 / ratePerSecond).rounded(.up), 9e15)))
    }
}
