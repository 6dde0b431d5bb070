// SPDX-License-Identifier: Apache-2.0

/// The way back to full speed after a breaker has closed: a backlog of hours must not knock the endpoint over again.
///
/// Ten steps: one request at once and two in a second, then two and four, and so on, each twice the one before. A step
/// lasts at least a second and ends with a success. A minute without a failure ends the whole ramp at the next success,
/// so that an endpoint with little traffic does not stay on it for hours.
package struct Ramp: Sendable, Equatable {
    package static let steps = 10
    private static let stepLength = Duration.seconds(1)
    private static let longest = Duration.seconds(60)

    /// The pause if an attempt fails now.
    package let nextInterval: Duration
    private var step = 0
    private var began: Timestamp
    private var stepBegan: Timestamp
    private var bucket = TokenBucket(ratePerSecond: 2, burst: 1)

    package init(nextInterval: Duration, at now: Timestamp) {
        self.nextInterval = nextInterval
        began = now
        stepBegan = now
    }

    /// Requests at once.
    package var limit: Int { 1 << step }

    /// Requests in a second.
    package var ratePerSecond: Double { bucket.ratePerSecond }

    /// When the next request may go.
    package var next: Timestamp { bucket.next }

    mutating func sent(at now: Timestamp) { bucket.take(at: now) }

    /// Says whether the ramp is over.
    mutating func succeeded(at now: Timestamp) -> Bool {
        if now - began >= Self.longest { return true }
        guard now - stepBegan >= Self.stepLength else { return false }
        step += 1
        stepBegan = now
        let rate = Double(2 << step)
        // A twentieth of a second at once: a timer for each of a thousand requests would be a burden.
        bucket.change(ratePerSecond: rate, burst: rate / 20, at: now)
        return step >= Self.steps
    }

    mutating func clamp(to now: Timestamp) {
        began = min(began, now)
        stepBegan = min(stepBegan, now)
        bucket.clamp(to: now)
    }
}
