// SPDX-License-Identifier: Apache-2.0

/// Slows a lane whose endpoint has too much to do, and lets it find its pace again.
///
/// An answer 429, 502, 503 or 504 or a timeout halves the requests at once, down to one; as many successes as there may
/// be requests at once add one again. Of the requests that were sent before the halving none halves once more: they
/// tell of the same moment. `Retry-After` of such an answer holds the whole lane, up to `longestHold`; the delivery
/// itself waits as long as was asked, up to a day (`RetrySchedule.longestRetryAfter`). Not persisted: after a restart
/// the endpoint says it again if it still holds.
package struct Slowdown: Sendable, Equatable {
    /// The lane as a whole is held no longer than the breaker would park it: one answer, perhaps to one odd request,
    /// must not stop everything for a day.
    package static let longestHold = Duration.seconds(600)
    /// After a 429 that does not say how long.
    package static let shortestThrottling = Duration.seconds(1)
    /// After a failure on the gateway's own side, doubled each time up to `longestOwnPause`.
    package static let shortestOwnPause = Duration.seconds(5)
    package static let longestOwnPause = Duration.seconds(60)

    /// Goes up whenever the lane is slowed; an attempt belongs to the generation in which it was sent.
    package private(set) var generation = 0
    /// Nothing is sent before.
    package private(set) var heldUntil: Timestamp?
    private var limit: Int?
    private var successes = 0
    private var ownFailures = 0

    package init() {}

    /// Requests at once, never more than `most`.
    package func limit(of most: Int) -> Int { min(limit ?? most, most) }

    package func isHeld(at now: Timestamp) -> Bool { heldUntil.map { $0 > now } ?? false }

    package func isSlowed(at now: Timestamp) -> Bool { limit != nil || isHeld(at: now) }

    /// An attempt sent in that generation has ended.
    ///
    /// `most`: requests at once that the endpoint's settings allow.
    package mutating func ended(
        _ outcome: AttemptOutcome,
        retryAfter: Duration?,
        of generation: Int,
        most: Int,
        at now: Timestamp
    ) {
        if outcome.isSuccess { return grow(most: most) }
        guard outcome.isEndpointsFault else { return pauseForOwnFailure(of: generation, at: now) }
        ownFailures = 0
        guard outcome.slowsDown else { return }
        if generation == self.generation {
            limit = max(1, limit(of: most) / 2)
            successes = 0
            self.generation += 1
        }
        let least = outcome.isThrottling ? Self.shortestThrottling : .zero
        hold(for: max(retryAfter ?? .zero, least), at: now)
    }

    /// Ends the hold; the pace stays as it is.
    package mutating func lift() { heldUntil = nil }

    /// Takes note that the clock was set back to `now`.
    package mutating func clamp(to now: Timestamp) {
        heldUntil = heldUntil.map { min($0, now + Self.longestHold) }
    }

    private mutating func grow(most: Int) {
        ownFailures = 0
        guard let current = limit else { return }
        successes += 1
        guard successes >= current else { return }
        successes = 0
        limit = current + 1 < most ? current + 1 : nil
    }

    private mutating func pauseForOwnFailure(of generation: Int, at now: Timestamp) {
        guard generation == self.generation else { return }
        self.generation += 1
        let pause = Self.shortestOwnPause * (1 << min(ownFailures, 10))
        ownFailures += 1
        hold(for: min(pause, Self.longestOwnPause), at: now)
    }

    private mutating func hold(for pause: Duration, at now: Timestamp) {
        guard pause > .zero else { return }
        let until = now + min(pause, Self.longestHold)
        heldUntil = max(heldUntil ?? until, until)
    }
}
