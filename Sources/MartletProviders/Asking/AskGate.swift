// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Synchronization

/// Limits the questions of one source to a rate, and keeps the pauses that its provider asks for.
///
/// The providers' own limits are unknown (providers.md sections 3.7 and 5.7), so this one is modest. Whoever is turned
/// away is told when to come back, each a little after the one before, so that a crowd does not return as one.
final class AskGate: Sendable {
    private struct State {
        var bucket: TokenBucket
        var pausedUntil = Timestamp(milliseconds: .min)
        /// When the last one that was turned away comes back.
        var queueEnd = Timestamp(milliseconds: .min)
    }

    private let state: Mutex<State>
    private let gap: Duration

    init(ratePerSecond: Double = 5, burst: Double = 10) {
        state = Mutex(State(bucket: TokenBucket(ratePerSecond: ratePerSecond, burst: burst)))
        gap = .milliseconds(Int64((1000 / ratePerSecond).rounded(.up)))
    }

    /// Nil lets the question go out now; otherwise when to come back.
    func enter(at now: Timestamp) -> Timestamp? {
        state.withLock { state in
            state.bucket.clamp(to: now)
            // A clock that was set back must not make these last longer than they can.
            state.pausedUntil = min(state.pausedUntil, now + .days(1))
            state.queueEnd = min(state.queueEnd, max(state.pausedUntil, now) + .hours(1))
            let free = max(state.pausedUntil, state.bucket.next)
            guard free > now else {
                state.bucket.take(at: now)
                return nil
            }
            state.queueEnd = max(state.queueEnd, free) + gap
            return state.queueEnd
        }
    }

    /// No question goes out before that moment.
    func pause(until moment: Timestamp) {
        state.withLock { $0.pausedUntil = max($0.pausedUntil, moment) }
    }
}
