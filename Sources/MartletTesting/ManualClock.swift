// SPDX-License-Identifier: Apache-2.0
package import Dispatch
package import MartletCore
package import MartletRuntime
import Synchronization

/// A wall clock that stands still until a test moves it.
package final class ManualClock: WallClock {
    private struct Timer {
        let id: Int
        let deadline: Timestamp
        let queue: DispatchQueue
        let fire: @Sendable () -> Void
    }

    private struct State {
        var now: Timestamp
        var nextID = 0
        /// By deadline; of equals the one that was scheduled first comes first.
        var timers: [Timer] = []
        var waiters: [(count: Int, wait: Wait)] = []
    }

    private let state: Mutex<State>

    /// - Parameter now: default 2026-11-21T19:00:00Z.
    package init(now: Timestamp = Timestamp(milliseconds: 1_795_287_600_000)) {
        state = Mutex(State(now: now))
    }

    package func now() -> Timestamp { state.withLock { $0.now } }

    /// Timers that have not fired and were not called off.
    package var pendingTimers: Int { state.withLock { $0.timers.count } }

    /// When the next timer is due; nil without one.
    package var nextDeadline: Timestamp? { state.withLock { $0.timers.first?.deadline } }

    package func schedule(at deadline: Timestamp, on queue: DispatchQueue, fire: @escaping @Sendable () -> Void)
        -> any ScheduledTimer
    {
        let (id, isDue, ready) = state.withLock { state in
            state.nextID += 1
            let timer = Timer(id: state.nextID, deadline: deadline, queue: queue, fire: fire)
            let index = state.timers.firstIndex { $0.deadline > deadline } ?? state.timers.endIndex
            state.timers.insert(timer, at: index)
            let count = state.timers.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return (timer.id, deadline <= state.now, ready)
        }
        for waiter in ready { waiter.wait.over() }
        if isDue { queue.async { self.take(id)?.fire() } }
        return ManualTimer(clock: self, id: id)
    }

    /// Moves the clock and fires what becomes due, in order of deadline, each with `now` at its deadline.
    ///
    /// Returns when every fired timer, and what it put on its own queue while it ran, has run. Timers that firing
    /// schedules within the span fire too. Must not be called on a timer's queue.
    package func advance(by span: Duration) async {
        await advance(to: now() + span)
    }

    /// Moves the clock to a moment, as `advance(by:)` does; a moment in the past leaves it where it is.
    package func advance(to target: Timestamp) async {
        while let timer = nextDue(target) {
            await run(on: timer.queue) { self.take(timer.id)?.fire() }
            await run(on: timer.queue) {}
        }
    }

    /// Sets the clock, back too, as an operator or NTP would; no timer fires by it.
    package func set(to moment: Timestamp) { state.withLock { $0.now = moment } }

    /// Waits until at least that many timers are pending: the code under test has gone to sleep.
    package func waitForTimers(_ count: Int = 1) async {
        await Wait.until("\(count) timers of the manual clock") { wait in
            state.withLock { state in
                if state.timers.count >= count { return true }
                state.waiters.append((count, wait))
                return false
            }
        }
    }

    /// Moves the clock to the next timer that is due by `target`; without one to `target` itself, in the same breath:
    /// whoever schedules a timer then, for a moment before that, finds it due.
    private func nextDue(_ target: Timestamp) -> Timer? {
        state.withLock { state in
            guard let timer = state.timers.first, timer.deadline <= target else {
                state.now = max(state.now, target)
                return nil
            }
            state.now = max(state.now, timer.deadline)
            return timer
        }
    }

    /// Takes a timer out; nil when it was called off meanwhile or has fired.
    private func take(_ id: Int) -> Timer? {
        state.withLock { state in
            state.timers.firstIndex { $0.id == id }.map { state.timers.remove(at: $0) }
        }
    }

    private func run(on queue: DispatchQueue, _ body: @escaping @Sendable () -> Void) async {
        await Wait.value("a timer's queue, \(queue.label)") { done in
            queue.async {
                body()
                done(())
            }
        }
    }

    private struct ManualTimer: ScheduledTimer {
        let clock: ManualClock
        let id: Int
        func cancel() { _ = clock.take(id) }
    }
}
