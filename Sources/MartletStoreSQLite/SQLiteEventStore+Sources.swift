// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func health(
        of sources: [SourceID],
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [SourceID: SourceHealth] {
        try await read("read health of sources") { database in
            var all: [SourceID: SourceHealth] = [:]
            for source in sources {
                var health = SourceHealth(refusals: try Self.refusals(database, source, now: now, limit: limit))
                try Self.readQuarantine(database, source, into: &health)
                try Self.readPolls(database, source, limit: limit, into: &health)
                all[source] = health
            }
            return all
        }
    }

    private static func refusals(
        _ database: Database,
        _ source: SourceID,
        now: Timestamp,
        limit: Int
    ) throws -> SourceHealth.Refusals {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT reason, received_at FROM quarantine WHERE source = ? ORDER BY id DESC LIMIT ?",
            arguments: [source.description, limit]
        )
        var refusals = SourceHealth.Refusals()
        let (hour, day) = (now - .seconds(3600), now - .seconds(86_400))
        var oldest = Timestamp(milliseconds: .max)
        for row in rows {
            let moment = Timestamp(milliseconds: row[1])
            oldest = min(oldest, moment)
            refusals.newest = max(refusals.newest ?? moment, moment)
            guard moment >= day else { continue }
            let reason = try StoredText.reason(row[0])
            refusals.inLastDay[reason, default: 0] += 1
            if moment >= hour { refusals.inLastHour[reason, default: 0] += 1 }
        }
        refusals.isAtLeast = rows.count == limit && oldest >= day
        return refusals
    }

    private static func readQuarantine(
        _ database: Database,
        _ source: SourceID,
        into health: inout SourceHealth
    ) throws {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT rows, (SELECT received_at FROM quarantine q WHERE q.source = u.source ORDER BY q.id LIMIT 1)
                FROM quarantine_usage u WHERE u.source = ?
                """,
            arguments: [source.description]
        )
        health.quarantined = row?[0] ?? 0
        let oldest: Int64? = row?[1]
        health.oldestQuarantined = oldest.map(Timestamp.init(milliseconds:))
    }

    private static func readPolls(
        _ database: Database,
        _ source: SourceID,
        limit: Int,
        into health: inout SourceHealth
    ) throws {
        let hold = try Row.fetchOne(
            database,
            sql: "SELECT reason, since FROM source_holds WHERE source = ?",
            arguments: [source.description]
        )
        health.hold = hold.map { .init(reason: $0[0], since: Timestamp(milliseconds: $0[1])) }
        let notes = try Optional<String>.fetchAll(
            database,
            sql: """
                SELECT note FROM watches INDEXED BY watches_unfinished
                WHERE source = ? AND state = 'open' AND state <> 'closed' ORDER BY id DESC LIMIT ?
                """,
            arguments: [source.description, limit]
        )
        let faults = notes.compactMap { $0 }
        health.pollFaults = BoundedCount(count: faults.count, isAtLeast: notes.count == limit)
        health.newestPollFault = faults.first
    }
}
