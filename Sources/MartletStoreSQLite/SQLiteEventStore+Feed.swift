// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletStore

/// Events in the order of their commits, for whoever follows them.
extension SQLiteEventStore {
    /// Sequences that one call walks over at most: a filter that fits hardly anything must not hold a reader for long.
    private static let span: Int64 = 10_000

    /// One writer gives the sequences, and a snapshot shows whole transactions: what it does not show comes later.
    package func events(after position: Int64, _ query: EventQuery) async throws(StoreError) -> EventFeed {
        var filter = Self.filter(of: query)
        filter.add("sequence > ?", position)
        filter.add("sequence <= ?", 0)
        let sql = "\(Self.selectEvents()) \(filter.clause) ORDER BY sequence LIMIT \(max(1, query.limit))"
        let arguments = filter.arguments.dropLast()
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
            let events = try Row.fetchAll(
                database,
                sql: sql,
                arguments: StatementArguments(arguments + [last.databaseValue])
            )
            .map(Self.event)
            let end = events.count < limit ? last : events.last?.sequence ?? last
            return EventFeed(events: events, position: end, newest: newest)
        }
    }
}
