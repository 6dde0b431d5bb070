// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// How SQLite finds the watches that are due, of which there may be a hundred thousand.
@Suite(.timeLimit(.minutes(2))) struct WatchPlanTests {
    @Test(arguments: [true, false]) func dueWatchesAreFoundWithoutSorting(_ isHeld: Bool) async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            await store.close()
            try temporary.tamper { database in
                let plan = try Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN " + WriteConnection.dueWatches(ofHeldSource: isHeld),
                    arguments: ["cryptomus/main", 5]
                )
                .map { row -> String in row["detail"] }
                #expect(
                    plan == [
                        "SEARCH watches USING INDEX \(isHeld ? "watches_deadline" : "watches_due") (source=?)"
                    ]
                )
            }
        }
    }
}
