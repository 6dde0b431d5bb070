// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletCore
package import MartletRuntime
import Synchronization

/// What the gateway counts as it works, for `/v1/stats`.
package struct Activity: Sendable {
    /// By shop, provider, source and type.
    let stored: Counter
    /// By provider, source and outcome.
    let callbacks: Counter
    /// By endpoint and outcome.
    let attempts: Counter

    package init(stored: Counter, callbacks: Counter, attempts: Counter) {
        self.stored = stored
        self.callbacks = callbacks
        self.attempts = attempts
    }

    /// Counts nothing.
    package init() {
        let counter = Counter(name: "-", help: "", labels: [])
        self.init(stored: counter, callbacks: counter, attempts: counter)
    }
}

/// How much has happened in the last minute, hour and day.
///
/// Counters are looked at every ten seconds, and the looks are thinned out as they grow old: a window begins at the look
/// that is nearest before it. So nothing is counted twice over, and the store is not asked. Counting begins anew with the
/// process.
final class ActivityWindows: Sendable {
    /// Every counter at one moment.
    struct Look: Sendable {
        var at: Timestamp
        var stored: [[String]: UInt64] = [:]
        var callbacks: [[String]: UInt64] = [:]
        var attempts: [[String]: UInt64] = [:]
    }

    /// What came between two looks.
    struct Window: Sendable {
        var name: StaticString
        var start: Timestamp
        /// The span that was really counted; less than the name says while the gateway is young.
        var span: Duration
        var stored: [[String]: UInt64]
        var callbacks: [[String]: UInt64]
        var attempts: [[String]: UInt64]
    }

    private struct State {
        /// Oldest first.
        var looks: [Look] = []
        var timer: (any ScheduledTimer)?
        var isRunning = false
    }

    private static let interval = Duration.seconds(10)
    private static let step = Duration.seconds(60)
    private static let history = Duration.seconds(3600)
    /// For so long every look is kept.
    private static let youth = Duration.seconds(120)
    private static let spans: [(name: StaticString, span: Duration)] = [
        ("minute", .seconds(60)), ("hour", .seconds(3600)), ("day", .seconds(86_400)),
    ]

    private let state = Mutex(State())
    private let activity: Activity
    private let clock: any WallClock
    private let queue = DispatchQueue(label: "martlet.stats")

    /// `clock`: one that never goes back.
    init(_ activity: Activity, clock: any WallClock) {
        self.activity = activity
        self.clock = clock
    }

    func start() {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isFirst { look() }
    }

    func stop() {
        state.withLock { state in
            state.isRunning = false
            state.timer?.cancel()
            state.timer = nil
        }
    }

    /// The windows up to now, the shortest first.
    func windows() -> [Window] {
        let now = current()
        let looks = state.withLock { $0.looks }
        return Self.spans.map { name, span in
            let start = looks.last { now.at - $0.at >= span } ?? looks.first ?? now
            return Self.window(name, from: start, to: now)
        }
    }

    /// The last hour up to now in steps of about a minute, oldest first; of ten seconds in the process's first two minutes.
    ///
    /// Steps begin at looks, so one that is drawn once is the same at the next asking. What came after the newest whole step
    /// is a step of its own from half its length on, and until then part of the one before: a few seconds are no rate.
    func steps() -> [Window] {
        let now = current()
        let looks = state.withLock { $0.looks }
        let isYoung = looks.first.map { now.at - $0.at <= Self.youth } ?? true
        let step = isYoung ? Self.interval : Self.step
        var edges: [Look] = []
        for look in looks where now.at - look.at <= Self.history + step {
            if let last = edges.last, look.at - last.at < step { continue }
            edges.append(look)
        }
        if edges.count > 1, let last = edges.last, now.at - last.at < step / 2 { edges.removeLast() }
        edges.append(now)
        return zip(edges, edges.dropFirst()).map { Self.window("step", from: $0, to: $1) }
    }

    private func look() {
        let look = current()
        state.withLock { state in
            guard state.isRunning else { return }
            state.looks = Self.thinned(state.looks + [look], at: look.at)
            state.timer = clock.schedule(at: look.at + Self.interval, on: queue) { [weak self] in self?.look() }
        }
    }

    private func current() -> Look {
        Look(
            at: clock.now(),
            stored: activity.stored.snapshot,
            callbacks: activity.callbacks.snapshot,
            attempts: activity.attempts.snapshot
        )
    }

    /// Keeps a look for every ten seconds of two minutes, every minute of an hour, every ten minutes of a day.
    private static func thinned(_ looks: [Look], at now: Timestamp) -> [Look] {
        var kept: [Look] = []
        for look in looks {
            let age = (now - look.at).wholeMilliseconds / 1000
            guard age <= 86_400 + 1200 else { continue }
            let step: Int64 = age <= youth.wholeMilliseconds / 1000 ? 0 : age <= 3720 ? 60 : 600
            if let last = kept.last, step > 0, (look.at - last.at).wholeMilliseconds < step * 1000 { continue }
            kept.append(look)
        }
        return kept
    }

    private static func window(_ name: StaticString, from start: Look, to end: Look) -> Window {
        Window(
            name: name,
            start: start.at,
            span: end.at - start.at,
            stored: difference(end.stored, start.stored),
            callbacks: difference(end.callbacks, start.callbacks),
            attempts: difference(end.attempts, start.attempts)
        )
    }

    private static func difference(_ now: [[String]: UInt64], _ before: [[String]: UInt64]) -> [[String]: UInt64] {
        now.reduce(into: [:]) { result, entry in
            let count = entry.value - min(entry.value, before[entry.key] ?? 0)
            if count > 0 { result[entry.key] = count }
        }
    }
}
