// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore

/// The index of events by id: new ones in memory, older ones in `event_ids`.
///
/// Ids go over in runs of some ten thousand, sorted, so that many of them meet on one page; each transaction carries a
/// slice of the run, no larger than what it captured, so that nobody waits for the whole. `used_numbers` names the last
/// event up to which the table is complete; a run that a crash cuts off is simply made again.
///
/// The table has half of each id, which keeps it at half the pages; whoever finds an event by it compares the whole. Should two
/// ids ever agree in 64 bits, the later event is found by everything but its id, and news stays news.
extension WriteConnection {
    /// A sorted run on its way into the table.
    struct Run {
        var ids: ArraySlice<(id: EventIDKey, sequence: Int64)>
        /// The table is complete up to this event once the run is over.
        let end: Int64
    }

    func isKnown(_ id: EventID, _ key: EventIDKey) throws -> Bool {
        if recent.sequence(of: key) != nil { return true }
        let found = try statement(.findEventID).first(key.head) { row -> String? in row[0] }
        return found == id.rawValue
    }

    /// Puts the next ids of the run into the table.
    ///
    /// - Returns: what `recent` need not hold any longer once this is committed.
    func indexEvents(captured: Int) throws -> [EventIDKey] {
        if run == nil, captured > 0, recent.count >= recent.runLength { run = try startRun() }
        guard var current = run, captured > 0 else { return [] }
        let slice = current.ids.prefix(2 * captured)
        // What retention has removed meanwhile is not put back, nor what came again since as another event.
        let valid = slice.filter { recent.sequence(of: $0.id) == $0.sequence }
        for (id, sequence) in valid { try statement(.insertEventID).run(id.head, sequence) }
        current.ids.removeFirst(slice.count)
        if current.ids.isEmpty { try statement(.raiseUsedNumber).run(current.end, "indexed") }
        run = current.ids.isEmpty ? nil : current
        return valid.map(\.id)
    }

    private func startRun() throws -> Run {
        let ids = recent.sorted
        return Run(ids: ids[...], end: ids.reduce(0) { max($0, $1.sequence) })
    }
}
