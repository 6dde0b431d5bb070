// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

/// Counts that an operator asks for while a million deliveries may wait: bounded, each by an index.
extension SQLiteEventStore {
    package func backlogs(
        of endpoints: [EndpointID],
        limit: Int
    ) async throws(StoreError) -> [EndpointID: EndpointBacklog] {
        let held = claims
        return try await read("count backlogs") { database in
            let dead = try Self.unusual(.dead, database, limit: limit)
            let skipped = try Self.unusual(.skipped, database, limit: limit)
            var backlogs: [EndpointID: EndpointBacklog] = [:]
            for endpoint in endpoints {
                // Asked after the snapshot was taken: what has been settled since is not counted as waiting either.
                let inHand = held.ids(of: endpoint).count
                backlogs[endpoint] = EndpointBacklog(
                    pending: try Self.pending(of: endpoint, database, without: inHand, limit: limit),
                    dead: dead(endpoint),
                    skipped: skipped(endpoint),
                    oldestDue: try Self.oldestDue(of: endpoint, database)
                )
            }
            return backlogs
        }
    }

    /// Those with a due time by one index, those behind others of their lane by the other.
    ///
    /// The second walk passes the heads of lanes, which the first has counted, so that both are bounded.
    private static func pending(
        of endpoint: EndpointID,
        _ database: Database,
        without inHand: Int,
        limit: Int
    ) throws -> BoundedCount {
        let most = limit + inHand
        func count(_ rows: String, upTo bound: Int) throws -> Int {
            try Int.fetchOne(
                database,
                sql: "SELECT count(*) FROM (SELECT 1 FROM deliveries \(rows) LIMIT ?)",
                arguments: [endpoint.rawValue, bound]
            ) ?? 0
        }
        var found = try count(
            "INDEXED BY deliveries_due WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ?",
            upTo: most
        )
        if found < most {
            found += try count(
                """
                INDEXED BY deliveries_in_lanes
                WHERE state = 'pending' AND lane IS NOT NULL AND endpoint = ? AND due_at IS NULL
                """,
                upTo: most - found
            )
        }
        return BoundedCount(count: max(0, found - inHand), isAtLeast: found >= most)
    }

    private static func oldestDue(of endpoint: EndpointID, _ database: Database) throws -> Timestamp? {
        let sql = """
            SELECT min(due_at) FROM deliveries INDEXED BY deliveries_due
            WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ?
            """
        return try Int64.fetchOne(database, sql: sql, arguments: [endpoint.rawValue])
            .map(Timestamp.init(milliseconds:))
    }

    /// One walk over the newest of that state for all endpoints; the index does not tell them apart.
    private static func unusual(
        _ state: DeliveryState,
        _ database: Database,
        limit: Int
    ) throws -> (EndpointID) -> BoundedCount {
        let looked = limit * 10
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT endpoint, count(*) FROM (
                    SELECT endpoint FROM deliveries INDEXED BY deliveries_unusual
                    WHERE state NOT IN ('pending', 'delivered') AND state = ? ORDER BY id DESC LIMIT ?
                ) GROUP BY endpoint
                """,
            arguments: [state.rawValue, looked]
        )
        let pairs = rows.map { row in (EndpointID(row[0]), row[1] as Int) }
        let counts = Dictionary(pairs) { first, _ in first }
        let isAtLeast = counts.values.reduce(0, +) >= looked
        return { BoundedCount(count: counts[$0] ?? 0, isAtLeast: isAtLeast) }
    }
}
