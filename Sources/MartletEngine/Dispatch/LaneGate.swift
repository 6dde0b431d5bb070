// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts the places of one endpoint's window in memory: reserved before a commit hands a delivery over, freed when
/// its attempt is on disk.
///
/// Shared by the ingest loop and the dispatcher.
package final class LaneGate: Sendable {
    package let capacity: Int
    private let occupied = Atomic<Int>(0)
    /// Whether the store holds deliveries of this endpoint that are due.
    ///
    /// While it does, new events wait there too: places in memory go to what has waited longest, so that retries and
    /// the backlog are not overtaken for as long as the load lasts.
    private let owesStore = Atomic<Bool>(false)

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

    package var hasDueBacklog: Bool {
        get { owesStore.load(ordering: .relaxed) }
        set { owesStore.store(newValue, ordering: .relaxed) }
    }

    package func free(_ count: Int = 1) {
        let result = occupied.subtract(count, ordering: .acquiringAndReleasing)
        precondition(result.newValue >= 0, "a place was freed twice")
    }

    package var places: Int { occupied.load(ordering: .relaxed) }
}
