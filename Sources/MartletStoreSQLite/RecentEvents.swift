// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The events that `event_ids` does not hold yet, by their id.
///
/// Ids are hashes: in an index that every capture kept up, each would dirty a page of its own, which was two thirds of
/// what a commit wrote. So the newest ids stay here, are put into the table in sorted runs (`WriteConnection+EventIDs`),
/// and are read back from `events` by the next start. The writer changes the table, readers look events up in it.
final class RecentEvents: Sendable {
    /// Ids that make a run worth its pages.
    let runLength: Int
    private let sequences: Mutex<[EventIDKey: Int64]>

    init(_ sequences: [EventIDKey: Int64], runLength: Int) {
        self.sequences = Mutex(sequences)
        self.runLength = runLength
    }

    /// The event's sequence, if it is one of these.
    func sequence(of id: EventIDKey) -> Int64? { sequences.withLock { $0[id] } }

    func insert(_ id: EventIDKey, _ sequence: Int64) { sequences.withLock { $0[id] = sequence } }

    func remove(_ ids: some Sequence<EventIDKey>) {
        sequences.withLock { for id in ids { $0[id] = nil } }
    }

    var count: Int { sequences.withLock { $0.count } }

    /// All of them in the order of the ids.
    var sorted: [(id: EventIDKey, sequence: Int64)] {
        sequences.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.id < $1.id }
    }
}
