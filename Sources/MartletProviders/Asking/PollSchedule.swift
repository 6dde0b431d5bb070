// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// When an order is asked about, counted from its registration.
struct PollSchedule: Sendable {
    struct Phase: Sendable {
        var every: Duration
        /// The order's age at which the next phase begins.
        var until: Duration
    }

    /// Single moments before the phases, in order.
    var moments: [Duration] = []
    /// In order; the end of the last one is the watch's deadline.
    var phases: [Phase]
    /// The pause after nothing was learned, before it grows.
    var pauseAfterFailure = Duration.seconds(60)

    func deadline(since start: Timestamp) -> Timestamp { start + (phases.last?.until ?? .zero) }

    /// The first poll of an order that was registered at `start`.
    func first(since start: Timestamp) -> Timestamp { start + (moments.first ?? phases.first?.every ?? .zero) }

    /// The poll after one at `now`.
    func next(after now: Timestamp, since start: Timestamp) -> Timestamp {
        let age = now - start
        if let moment = moments.first(where: { $0 > age }) { return start + moment }
        let phase = phases.first { age < $0.until } ?? phases.last
        return now + (phase?.every ?? .seconds(3600))
    }

    /// The poll after one at `now` that taught nothing: never sooner than the schedule.
    ///
    /// `failures` counts those in a row, this one included; `retryAfter` is what the provider asked for.
    func next(after now: Timestamp, since start: Timestamp, failures: Int, retryAfter: Duration?) -> Timestamp {
        max(
            next(after: now, since: start),
            now + Self.pause(afterFailures: failures, from: pauseAfterFailure),
            now + (retryAfter ?? .zero)
        )
    }

    /// A minute, or another `start`, that grows by half with every failure, at most an hour.
    ///
    /// From a minute: 90 s, 135 s, 202.5 s, … 3600 s from the 11th.
    static func pause(afterFailures failures: Int, from start: Duration = .seconds(60)) -> Duration {
        var milliseconds = Double(start.wholeMilliseconds)
        for _ in 0..<min(max(failures, 0), 64) { milliseconds = min(milliseconds * 1.5, 3_600_000) }
        return .milliseconds(Int64(milliseconds))
    }
}

extension Duration {
    static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }
    static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}
