// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import Synchronization

/// Counts the places of one endpoint's window in memory: reserved before a commit hands a delivery over, freed when
/// its attempt is on disk.
///
/// Shared by the ingest loop and the dispatcher.
package final class LaneGate: Sendable {
    package let capacity: Int
    private let occupied = Atomic<Int>(0)
    private let knownDueValue = Atomic<Int64>(.max)
    private let intakeValue = Atomic<UInt8>(Lane.Intake.handOver.rawValue)

    package init(capacity: Int) { self.capacity = capacity }

    /// Takes up to `count` places; returns how many were free.
    package func reserve(_ count: Int = 1) -> Int {
        var current = occupied.load(ordering: .relaxed)
        while true {
            let granted = min(count, capacity - current)
            if granted <= 0 { return 0 }
            let (exchanged, original) = occupied.compareExchange(
                expected: current,
                desired: current + granted,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return granted }
            current = original
        }
    }

    /// What new events for the endpoint come to (`Lane.intake`); set by the dispatcher whenever the lane has moved.
    ///
    /// A hint: a delivery that is handed over on an outdated one is given back to the store by the lane.
    package var intake: Lane.Intake {
        get { Lane.Intake(rawValue: intakeValue.load(ordering: .relaxed)) ?? .store }
        set { intakeValue.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// `Lane.knownDue`: spares a lane whose backlog is due already, such as a parked one, a message for every event.
    ///
    /// Set before a claim is submitted; so what is committed after the claim's reading finds it unset and is announced.
    package var knownDue: Timestamp? {
        get {
            let value = knownDueValue.load(ordering: .acquiring)
            return value == .max ? nil : Timestamp(milliseconds: value)
        }
        set { knownDueValue.store(newValue?.milliseconds ?? .max, ordering: .releasing) }
    }

    package func free(_ count: Int = 1) {
        let result = occupied.subtract(count, ordering: .acquiringAndReleasing)
        precondition(result.newValue >= 0, "a place was freed twice")
    }

    package var places: Int { occupied.load(ordering: .relaxed) }
}
