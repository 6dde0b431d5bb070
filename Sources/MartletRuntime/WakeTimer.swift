// SPDX-License-Identifier: Apache-2.0
package import Dispatch
package import MartletCore

/// One timer for many things that wait: set to the earliest moment among them.
///
/// It is not moved when that moment grows later, which it does all the time: waking once too early costs less. Its owner
/// calls `fired` when it has woken up.
package struct WakeTimer: Sendable {
    private var armed: (at: Timestamp, timer: any ScheduledTimer)?

    package init() {}

    /// Sees to it that `fire` is called on `queue` at `earliest` or before; nil calls the timer off.
    package mutating func set(
        to earliest: Timestamp?,
        by clock: any WallClock,
        on queue: DispatchQueue,
        fire: @escaping @Sendable () -> Void
    ) {
        guard let earliest else { return cancel() }
        if let armed, armed.at <= earliest { return }
        armed?.timer.cancel()
        armed = (earliest, clock.schedule(at: earliest, on: queue, fire: fire))
    }

    package mutating func fired() { armed = nil }

    package mutating func cancel() {
        armed?.timer.cancel()
        armed = nil
    }
}
