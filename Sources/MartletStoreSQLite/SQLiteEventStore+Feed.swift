// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

/// Events in the order of their commits, for whoever follows them.
extension SQLiteEventStore {
    /// Sequences that one call walks over at most: a filter that fits hardly anything must not hold a reader for long.
    private static let span: Int64 = 10_000

    /// One writer gives the sequences, and a snapshot shows whole transactions: what it does not show comes later.
    package func events(after position: Int64, _ query: EventFeedQuery) async throws(StoreError) -> EventFeed {
        let filter = Self.filter(of: query)
        let limit = max(1, query.limit)
        return try await read("follow events") { database in
            // Also of events that retention has removed meanwhile.
            let newest = try Int64.fetchOne(
                database,
                sql: """
                    SELECT max((SELECT coalesce(max(sequence), 0) FROM events),
                        (SELECT highest FROM used_numbers WHERE name = 'sequence'))
                    """
            )
            let first = try Int64.fetchOne(
                database,
                sql: "SELECT min(sequence) FROM events WHERE sequence > ?",
                arguments: [position]
            )
            guard let newest, let first else {
                return EventFeed(events: [], position: max(position, newest ?? 0), newest: newest ?? 0)
            }
            let last = min(newest, first + Self.span - 1)
            var bounded = filter
            bounded.add("sequence > ?", position)
            bounded.add("sequence <= ?", last)
            let sql = "\(Self.selectEvents()) \(bounded.clause) ORDER BY sequence LIMIT \(limit)"
            let events = try Row.fetchAll(database, sql: sql, arguments: StatementArguments(bounded.arguments))
                .map(Self.event)
            let end = events.count < limit ? last : events.last?.sequence ?? last
            return EventFeed(events: events, position: end, newest: newest)
        }
    }

    package func deliveries(numbered ids: Set<DeliveryID>) async throws(StoreError) -> [StoredDelivery] {
        let held = claims.ids
        // Numbers, so that there is nothing to quote and no bound on how many there are.
        let numbers = ids.map { String($0.number) }.joined(separator: ",")
        return try await read("read deliveries") { database in
            try Row.fetchAll(database, sql: "\(Self.selectDeliveries) WHERE d.id IN (\(numbers))")
                .map { try Self.delivery($0, held: held) }
        }
    }

    private static func filter(of query: EventFeedQuery) -> QueryFilter {
        var filter = QueryFilter()
        filter.equal("shop", query.shop)
        filter.among("shop", query.shops)
        if let source = query.source {
            let account = try? StoredText.source(source)
            filter.equal("provider", account?.provider)
            filter.equal("source", account?.id ?? source)
        }
        filter.equal("type", query.type)
        if let endpoint = query.endpoint {
            filter.add(
                "EXISTS (SELECT 1 FROM deliveries AS d WHERE d.event = events.sequence AND d.endpoint = ?)",
                endpoint.rawValue
            )
        }
        return filter
    }
}
