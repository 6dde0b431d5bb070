// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// The writing connection with its prepared statements and what it knows of the transaction under way.
///
/// Lives on the writer's queue; `CommitQueue` is its only user.
final class WriteConnection {
    let database: Database
    private var prepared: [Statement?] = Array(repeating: nil, count: WriteStatement.allCases.count)
    /// Changes to `delivery_counts` that the transaction owes.
    private var countChanges: [DeliveryState: Int] = [:]
    /// The next event's sequence; nil until read, and again after a rollback.
    private var sequence: Int64?

    init(_ database: Database) {
        self.database = database
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
            try database.beginTransaction(.immediate)
            let result = try body()
            try writeCounts()
            try database.commit()
            return result
        } catch {
            countChanges.removeAll(keepingCapacity: true)
            sequence = nil
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

    /// The sequence of the next event.
    ///
    /// Never one that was used: `dedupe_keys` keeps its newest row whatever retention says.
    func takeSequence() throws -> Int64 {
        let next =
            try sequence ?? statement(.nextSequence).first { row -> Int64 in row[0] } ?? 1
        sequence = next + 1
        return next
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
}
