// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// The writing connection with its prepared statements and what it knows of the transaction under way.
///
/// Lives on the writer's queue; `CommitQueue` is its only user.
final class WriteConnection {
    let database: Database
    let claims: Claims
    let recent: RecentEvents
    /// The watches that are being asked about.
    var watchClaims = WatchClaims()
    /// The sorted run of ids that is on its way into `event_ids`.
    var run: Run?
    private var prepared: [Statement?] = Array(repeating: nil, count: WriteStatement.allCases.count)
    /// Changes to `delivery_counts` that the transaction owes.
    private var countChanges: [DeliveryState: Int] = [:]
    /// When the transaction's events came.
    private var minutes = MinuteRanges()
    /// Whether retention has left anything in `old_events`; nil until asked, and after it may have.
    var holdsOldEvents: Bool?
    /// The numbers given last; nil until read, and again after a rollback.
    private var lastNumbers: (sequence: Int64, delivery: Int64)?
    /// What has been summed up; nil until read, and again after a rollback.
    var summarisedBlocks: SummarisedBlocks?
    /// What the next blocks of events come to.
    private(set) var tally = BlockTally()
    /// Ids of the transaction's events, which are in `recent` already.
    private var captured: [EventIDKey] = []
    /// What retention took out of `recent` in this transaction; put back if it comes to nothing.
    private var forgotten: [(id: EventIDKey, sequence: Int64)] = []
    /// Taken in hand by the transaction; given back if it comes to nothing.
    private var claimed: [Int64: EndpointID] = [:]
    /// No longer in hand once the transaction is committed; until then readers would take them for waiting.
    private var unclaimed: [Int64: EndpointID] = [:]

    init(_ database: Database, claims: Claims, recent: RecentEvents) {
        self.database = database
        self.claims = claims
        self.recent = recent
    }

    func statement(_ name: WriteStatement) throws -> Statement {
        if let statement = prepared[name.rawValue] { return statement }
        let statement = try database.makeStatement(sql: name.sql)
        prepared[name.rawValue] = statement
        return statement
    }

    /// Runs `body` in one transaction that is on disk when this returns, or not at all when it throws.
    func inTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            try statement(.begin).run()
            let result = try body()
            try writeCounts()
            try writeMinutes()
            if let lastNumbers {
                try summariseBlocks(sequence: lastNumbers.sequence, delivery: lastNumbers.delivery)
            }
            let indexed = try indexEvents(captured: captured.count)
            try statement(.commit).run()
            minutes.commit()
            if let summarisedBlocks { tally.forget(before: summarisedBlocks.events) }
            watchClaims.commit()
            recent.remove(indexed)
            forgotten.removeAll(keepingCapacity: true)
            captured.removeAll(keepingCapacity: true)
            for (id, endpoint) in unclaimed { claims.remove(id, endpoint) }
            unclaimed.removeAll(keepingCapacity: true)
            claimed.removeAll(keepingCapacity: true)
            return result
        } catch {
            countChanges.removeAll(keepingCapacity: true)
            minutes.rollBack()
            watchClaims.rollBack()
            holdsOldEvents = nil
            lastNumbers = nil
            summarisedBlocks = nil
            tally = BlockTally()
            for (id, endpoint) in claimed { claims.remove(id, endpoint) }
            claimed.removeAll(keepingCapacity: true)
            unclaimed.removeAll(keepingCapacity: true)
            recent.remove(captured)
            for (id, sequence) in forgotten { recent.insert(id, sequence) }
            forgotten.removeAll(keepingCapacity: true)
            captured.removeAll(keepingCapacity: true)
            run = nil
            // A statement that failed reports its error once more when it is reset, so none is used again.
            prepared = Array(repeating: nil, count: WriteStatement.allCases.count)
            // SQLite has already rolled back by itself after some errors, such as a full disk.
            if database.isInsideTransaction { try? database.rollback() }
            throw error
        }
    }

    /// Notes that deliveries came into `state` (or left it, if negative); written once before the commit.
    func count(_ change: Int, _ state: DeliveryState) {
        countChanges[state, default: 0] += change
    }

    /// Notes a new event's id, in place of an index by id.
    func note(_ id: EventIDKey, _ sequence: Int64) {
        recent.insert(id, sequence)
        captured.append(id)
    }

    /// Notes that retention has removed the last trace of these events.
    ///
    /// At once: should the same change come again within the transaction, it is news.
    func forget(_ ids: [EventIDKey]) {
        for id in ids {
            guard let sequence = recent.sequence(of: id) else { continue }
            forgotten.append((id, sequence))
            recent.remove([id])
        }
    }

    /// Takes a delivery in hand.
    func claim(_ id: Int64, _ endpoint: EndpointID) {
        if unclaimed.removeValue(forKey: id) != nil { return }
        claims.insert(id, endpoint)
        claimed[id] = endpoint
    }

    /// Lets go of a delivery with the commit.
    func unclaim(_ id: Int64, _ endpoint: EndpointID) {
        unclaimed[id] = endpoint
    }

    /// What is in hand for one endpoint, as the transaction leaves it.
    func held(of endpoint: EndpointID) -> Set<Int64> {
        claims.ids(of: endpoint).subtracting(unclaimed.keys)
    }

    /// The sequence of the next event; never one that was used (`used_numbers`).
    func takeSequence() throws -> Int64 {
        let sequence = try readLastNumbers().sequence + 1
        lastNumbers?.sequence = sequence
        return sequence
    }

    /// The sequence of the newest event that there was.
    func lastSequence() throws -> Int64 { try readLastNumbers().sequence }

    /// The first of `count` numbers for new deliveries; never one that was used.
    func takeDeliveryNumbers(_ count: Int) throws -> Int64 {
        let last = try readLastNumbers().delivery
        lastNumbers?.delivery = last + Int64(count)
        return last + 1
    }

    private func readLastNumbers() throws -> (sequence: Int64, delivery: Int64) {
        if let lastNumbers { return lastNumbers }
        let numbers = try statement(.lastNumbers).first { row -> (Int64, Int64) in (row[0], row[1]) } ?? (0, 0)
        lastNumbers = numbers
        return numbers
    }

    /// Notes a new event for what finds events by time and kind; written before the commit.
    func note(_ event: Event, sequence: Int64) {
        minutes.note(sequence, receivedAt: event.receivedAt.milliseconds)
        tally.note(event, sequence: sequence)
    }

    /// Rows of `event_minutes` are being removed.
    func forgetMinutes() { minutes.forgetRows() }

    func hasOldEvents() throws -> Bool {
        if let holdsOldEvents { return holdsOldEvents }
        let found = try statement(.hasOldEvents).first { _ in true } ?? false
        holdsOldEvents = found
        return found
    }

    /// Dirties one page, so that the commit shows whether the store can be written.
    func probe() throws {
        try statement(.addToCount).run(0, DeliveryState.pending.rawValue)
    }

    private func writeCounts() throws {
        for (state, change) in countChanges where change != 0 {
            try statement(.addToCount).run(change, state.rawValue)
        }
        countChanges.removeAll(keepingCapacity: true)
    }

    private func writeMinutes() throws {
        for (minute, range) in minutes.due() {
            try statement(.noteMinute).run(minute, range.lowerBound, range.upperBound)
        }
    }
}
