// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func register(
        _ plan: WatchPlan,
        shop: String,
        now: Timestamp
    ) async throws(StoreError) -> WatchRegistration {
        try await write("register watch") { [sealing] in
            try $0.register(plan, shop: shop, now: now, sealing.current)
        }
    }

    package func follow(_ hint: Hint, _ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError) {
        try await write("follow hint") { try $0.follow(hint, plan, shop: shop, now: now) }
    }

    package func clampWatches(
        of source: SourceID,
        now: Timestamp,
        to latest: Timestamp
    ) async throws(StoreError) -> Int {
        try await write("clamp watches") { try $0.clampWatches(of: source, now: now, to: latest) }
    }

    package func hasten(
        _ subject: String,
        of source: SourceID,
        now: Timestamp,
        wall: Timestamp,
        pause: Duration,
        unlessAfter failures: Set<String>
    ) async throws(StoreError) -> Bool {
        try await write("hasten watch") {
            try $0.hasten(subject, of: source, now: now, wall: wall, pause: pause, unlessAfter: failures)
        }
    }

    package func claimDueWatches(
        of source: SourceID,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> WatchBatch {
        try await write("claim due watches") { [sealing] in
            try $0.claimDueWatches(of: source, now: now, limit: limit, sealing.current)
        }
    }

    package func record(_ poll: PollRecord) async throws(StoreError) -> PollOutcome {
        try await write("record poll") { try $0.record(poll) }
    }

    package func release(_ watches: [WatchID]) async throws(StoreError) {
        try await write("release watches") { $0.releaseWatches(watches) }
    }

    package func pollNow(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await write("poll watch") { try $0.pollNow(watch.number, now: now) }
    }

    package func resume(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await write("resume watch") { try $0.resume(watch.number, now: now) }
    }

    package func close(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await write("close watch") { try $0.close(watch.number, now: now) }
    }

    package func waitingHints(of source: SourceID, limit: Int) async throws(StoreError) -> [Hint] {
        try await read("read hints") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT object_id, hinted_at FROM hints INDEXED BY hints_waiting
                    WHERE outcome = 'waiting' AND source = ? AND NOT EXISTS (
                        SELECT 1 FROM watches w WHERE w.source = hints.source AND w.subject = hints.object_id
                            AND w.hinted_at = hints.hinted_at)
                    ORDER BY hinted_at LIMIT ?
                    """,
                arguments: [source.description, max(0, limit)]
            )
            .map { Hint(source: source, objectID: $0[0], receivedAt: Timestamp(milliseconds: $0[1])) }
        }
    }

    package func watches(_ query: WatchQuery) async throws(StoreError) -> [StoredWatch] {
        var filter = QueryFilter()
        filter.equal("w.source", query.source?.description)
        filter.among("w.shop", query.shops)
        switch query.state {
        case .open: filter.add("w.state = 'open' AND h.source IS NULL")
        case .held: filter.add("(w.state = 'held' OR w.state = 'open' AND h.source IS NOT NULL)")
        case .closed, .overdue: filter.equal("w.state", query.state?.rawValue)
        case nil: break
        }
        filter.before("w.id", query.before?.number)
        let sql = "\(Self.selectWatches) \(filter.clause) ORDER BY w.id DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search watches") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.watch)
        }
    }

    package func watch(_ id: WatchID) async throws(StoreError) -> WatchDetail? {
        try await read("read watch") { database in
            let found = try Row.fetchOne(
                database,
                sql: "\(Self.selectWatches) WHERE w.id = ?",
                arguments: [id.number]
            )
            guard let stored = try found.map(Self.watch) else { return nil }
            let polls = try Row.fetchAll(
                database,
                sql: """
                    SELECT number, at, outcome, note, events FROM watch_polls WHERE watch = ? ORDER BY number DESC
                    """,
                arguments: [id.number]
            )
            return WatchDetail(stored: stored, polls: polls.map(Self.poll))
        }
    }

    package func watchCounts() async throws(StoreError) -> [SourceID: [WatchState: Int]] {
        try await read("count watches") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT w.source, CASE WHEN w.state = 'open' AND h.source IS NOT NULL THEN 'held' ELSE w.state END,
                        count(*)
                    FROM watches w INDEXED BY watches_unfinished LEFT JOIN source_holds h ON h.source = w.source
                    WHERE w.state <> 'closed' GROUP BY 1, 2
                    """
            )
            var counts: [SourceID: [WatchState: Int]] = [:]
            for row in rows {
                counts[try StoredText.source(row[0]), default: [:]][try StoredText.watchState(row[1])] = row[2]
            }
            return counts
        }
    }

    // MARK: rows

    private static let selectWatches = """
        SELECT \(StoredText.watchColumns), w.shop, h.reason
        FROM watches w LEFT JOIN source_holds h ON h.source = w.source
        """

    private static func watch(_ row: Row) throws -> StoredWatch {
        let nextPollAt: Int64? = row[6]
        let state = try StoredText.watchState(row[5])
        let hold: String? = row[14]
        let isHeldWithSource = state == .open && hold != nil
        return StoredWatch(
            watch: Watch(
                id: WatchID(number: row[0]),
                source: try StoredText.source(row[1]),
                subject: row[2],
                details: try row.bytes(3),
                memory: try row.bytes(4),
                state: isHeldWithSource ? .held : state,
                nextPollAt: state == .open && hold == nil ? nextPollAt.map(Timestamp.init(milliseconds:)) : nil,
                deadline: Timestamp(milliseconds: row[7]),
                polls: row[8],
                lastOutcome: row[9],
                note: isHeldWithSource ? hold : row[10],
                createdAt: Timestamp(milliseconds: row[11])
            ),
            shop: row[13],
            isSourceHeld: hold != nil
        )
    }

    private static func poll(_ row: Row) -> StoredPoll {
        let events: String = row[4]
        return StoredPoll(
            number: row[0],
            at: Timestamp(milliseconds: row[1]),
            outcome: row[2],
            note: row[3],
            events: events.split(separator: ",").map { EventID(rawValue: String($0)) }
        )
    }
}
