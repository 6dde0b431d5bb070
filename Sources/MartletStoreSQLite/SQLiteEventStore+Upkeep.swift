// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func order(of source: SourceID, objectID: String) async throws(StoreError) -> KnownOrder? {
        try await read("read order") { [sealing] database in
            let sealer = sealing.current
            let found = try Row.fetchOne(
                database,
                sql: """
                    SELECT uid, order_secret, ipn_secret, merchant_order_id, due_amount, due_currency, sealed_by
                    FROM orders
                    WHERE source = ? AND object_id = ?
                    """,
                arguments: [source.description, objectID]
            )
            return try found.map { row in
                let amount = (row[4] as String?).flatMap { DecimalText($0) }
                let key: String = row[6]
                let places = Sealing.places(ofOrder: objectID, of: source)
                return KnownOrder(
                    objectID: objectID,
                    uid: row[0],
                    orderSecret: try row.optionalBytes(1).map { try Sealing.secret($0, places.order, by: key, sealer) },
                    ipnSecret: try row.optionalBytes(2).map { try Sealing.secret($0, places.ipn, by: key, sealer) },
                    merchantOrderID: row[3],
                    expectedDue: amount.map { Amount($0, row[5]) }
                )
            }
        }
    }

    package func redate(to now: Timestamp) async throws(StoreError) -> Int {
        try await write("redate") { try $0.redate(to: now) }
    }

    package func earliestDue() async throws(StoreError) -> [EndpointID: Timestamp] {
        let claims = claims
        return try await read("read earliest due") { database in try Self.earliestDue(database, claims) }
    }

    /// One seek for each endpoint, past what is in hand, instead of a walk over everything that waits.
    private static func earliestDue(_ database: Database, _ claims: Claims) throws -> [EndpointID: Timestamp] {
        var earliest: [EndpointID: Timestamp] = [:]
        for name in try String.fetchAll(database, sql: endpointsWithPending) {
            let held = claims.ids(of: EndpointID(name))
            let rows = try Row.fetchCursor(
                database,
                sql: WriteStatement.due.sql,
                arguments: [name, held.count + 1]
            )
            while let row = try rows.next() {
                if held.contains(row[0]) { continue }
                earliest[EndpointID(name)] = Timestamp(milliseconds: row[1])
                break
            }
        }
        return earliest
    }

    package func hints(_ source: SourceID?, limit: Int) async throws(StoreError) -> [KeptHint] {
        var filter = QueryFilter()
        filter.equal("source", source?.description)
        let sql = """
            SELECT source, object_id, hinted_at, outcome, calls, method, source_address, headers, received_at, body
            FROM hints \(filter.clause) ORDER BY hinted_at DESC, id DESC LIMIT \(max(0, limit))
            """
        let arguments = filter.arguments
        return try await read("read hints") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map { row in
                KeptHint(
                    hint: Hint(
                        source: try StoredText.source(row[0]),
                        objectID: row[1],
                        receivedAt: Timestamp(milliseconds: row[2])
                    ),
                    callback: try Self.callback(row, from: 5),
                    outcome: row[3],
                    calls: row[4]
                )
            }
        }
    }

    package func statistics(now: Timestamp) async throws(StoreError) -> StoreStatistics {
        let claims = claims
        let inFlight = claims.count
        let path = path
        return try await read("read statistics") { database in
            var deliveries: [DeliveryState: Int] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT state, count FROM delivery_counts") {
                deliveries[try StoredText.state(row[0])] = row[1]
            }
            let pending = deliveries[.pending] ?? 0
            deliveries[.inFlight] = min(inFlight, pending)
            deliveries[.pending] = pending - min(inFlight, pending)
            let due = try Self.earliestDue(database, claims).values.min()
            var quarantine: [SourceID: Int] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT source, rows FROM quarantine_usage") {
                quarantine[try StoredText.source(row[0])] = row[1]
            }
            var oldest: [SourceID: Timestamp] = [:]
            for row in try Row.fetchAll(database, sql: Self.oldestQuarantined) {
                oldest[try StoredText.source(row[0])] = Timestamp(milliseconds: row[1])
            }
            var statistics = StoreStatistics(
                deliveries: deliveries,
                oldestDue: due.flatMap { $0 <= now ? $0 : nil },
                quarantine: quarantine,
                oldestQuarantined: oldest
            )
            statistics.bytes = SQLiteFile.size(path)
            statistics.freeBytes = SQLiteFile.free(beside: path)
            return statistics
        }
    }

    /// A loose index scan over `deliveries_due`: SQLite has none of its own, so each step seeks the next endpoint.
    private static let endpointsWithPending = """
        WITH RECURSIVE waiting (endpoint) AS (
            SELECT min(endpoint) FROM deliveries WHERE state = 'pending' AND due_at IS NOT NULL
            UNION ALL
            SELECT (SELECT min(endpoint) FROM deliveries
                WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint > waiting.endpoint)
            FROM waiting WHERE waiting.endpoint IS NOT NULL
        )
        SELECT endpoint FROM waiting WHERE endpoint IS NOT NULL
        """

    /// Reads method, source address, headers, time and body from five columns.
    static func callback(_ row: Row, from index: Int) throws -> Callback {
        Callback(
            method: row[index],
            headers: try StoredText.headers(row[index + 2]),
            body: try row.bytes(index + 4),
            sourceAddress: try StoredText.address(row[index + 1]),
            receivedAt: Timestamp(milliseconds: row[index + 3])
        )
    }
}
