// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func survey(
        _ selection: ReplaySelection,
        for endpoints: [Endpoint],
        sample: Int
    ) async throws(StoreError) -> ReplaySurvey {
        let selector = selector(selection, endpoints)
        let held = claims.ids
        return try await read("survey replay") { database in
            let findings = try selector.find(database, limit: ReplaySurvey.limit)
            let oldest = findings.items.values.flatMap { $0.prefix(sample) }.sorted { $0.event < $1.event }
                .prefix(sample)
            let numbers = oldest.compactMap(\.delivery).map(String.init).joined(separator: ",")
            let rows = try Row.fetchAll(
                database,
                sql: "\(Self.selectDeliveries) WHERE d.id IN (\(numbers)) ORDER BY d.event, d.id"
            )
            let events = oldest.filter { $0.delivery == nil }.map { String($0.event) }.joined(separator: ",")
            let missing = try Row.fetchAll(
                database,
                sql: "\(Self.selectEvents()) WHERE sequence IN (\(events)) ORDER BY sequence"
            )
            return ReplaySurvey(
                parts: findings.parts,
                sample: try rows.map { try Self.delivery($0, held: held) },
                missingSample: try missing.map(Self.event),
                isTooLarge: !findings.isWhole || findings.count > ReplaySurvey.limit
            )
        }
    }

    /// The list is made on a reader, so that it holds up nobody's commit.
    package func begin(_ replay: NewReplay, for endpoints: [Endpoint]) async throws(StoreError) -> ReplayBeginning {
        let selector = selector(replay.selection, endpoints)
        let findings = try await read("select for replay") { try selector.find($0, limit: ReplaySurvey.limit) }
        if !findings.isWhole || findings.count > ReplaySurvey.limit { return .tooLarge }
        if findings.count == 0 { return .nothing }
        return try await write("begin replay") { try $0.begin(replay, findings.items) }
    }

    package func advance(_ step: ReplayStep) async throws(StoreError) -> ReplayProgress? {
        try await write("make deliveries again") { try $0.advance(step) }
    }

    package func steer(
        _ replay: ReplayID,
        to state: ReplayState,
        at now: Timestamp
    ) async throws(StoreError) -> ReplayAction {
        try await write("steer replay") { try $0.steer(replay.number, to: state, at: now) }
    }

    package func cancelWaiting(
        of replay: ReplayID,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EndpointID: Int] {
        try await write("cancel replay's deliveries") {
            try $0.cancelWaiting(of: replay.number, now: now, limit: limit)
        }
    }

    package func settle(_ replay: ReplayID, at now: Timestamp) async throws(StoreError) -> Bool {
        // Counted on a reader; once nothing waits the counts stand still.
        let counts = try await read("count replay's deliveries") { database -> [EndpointID: ReplayCounts]? in
            let mayEnd = try Bool.fetchOne(
                database,
                sql: """
                    SELECT (r.state = 'cancelled' OR NOT EXISTS
                        (SELECT 1 FROM replay_targets t WHERE t.replay = r.id AND t.next < t.total))
                    AND NOT EXISTS (SELECT 1 FROM deliveries d INDEXED BY deliveries_of_replays
                        WHERE d.replay = r.id AND d.state = 'pending')
                    FROM replays r WHERE r.id = ? AND r.finished_at IS NULL
                    """,
                arguments: [replay.number]
            )
            return mayEnd == true ? try Self.counts(of: replay.number, database) : nil
        }
        guard let counts else { return false }
        return try await write("end replay") { try $0.settle(replay.number, counts, at: now) }
    }

    package func replays(_ query: ReplayQuery) async throws(StoreError) -> [StoredReplay] {
        var filter = QueryFilter()
        filter.equal("state", query.state?.rawValue)
        if query.isUnfinished { filter.add("finished_at IS NULL") }
        if let shops = query.shops {
            let marks = shops.map { _ in "?" }.joined(separator: ",")
            filter.add(
                "shops IS NOT NULL AND NOT EXISTS (SELECT 1 FROM json_each(shops) WHERE value NOT IN (\(marks)))",
                shops.sorted().map(\.databaseValue)
            )
        }
        filter.before("id", query.before?.number)
        let sql = "\(Self.selectReplays) \(filter.clause) ORDER BY id DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("list replays") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments))
                .map { try Self.replay($0, database) }
        }
    }

    package func replay(_ id: ReplayID) async throws(StoreError) -> StoredReplay? {
        try await read("read replay") { database in
            try Row.fetchOne(database, sql: "\(Self.selectReplays) WHERE id = ?", arguments: [id.number])
                .map { try Self.replay($0, database) }
        }
    }

    package func replayCounts() async throws(StoreError) -> [ReplayState: Int] {
        try await read("count replays") { database in
            let rows = try Row.fetchAll(database, sql: "SELECT state, count(*) FROM replays GROUP BY state")
            let pairs = try rows.map { row in (try StoredText.replayState(row[0]), row[1] as Int) }
            return Dictionary(pairs) { first, _ in first }
        }
    }

    private func selector(_ selection: ReplaySelection, _ endpoints: [Endpoint]) -> ReplaySelector {
        ReplaySelector(selection, event: selection.event.map(sequence(of:)), endpoints: endpoints)
    }

    // MARK: rows

    private static let selectReplays = """
        SELECT id, state, selection, rate, reason, created_by, created_at, changed_at, finished_at FROM replays
        """

    private static func replay(_ row: Row, _ database: Database) throws -> StoredReplay {
        let number: Int64 = row[0]
        guard let selection = ReplaySelection(json: try row.bytes(2)) else { throw StoredText.unreadable("selection") }
        let finishedAt = (row[8] as Int64?).map(Timestamp.init(milliseconds:))
        let counted = finishedAt == nil ? try counts(of: number, database) : [:]
        let parts = try Row.fetchAll(
            database,
            sql: """
                SELECT endpoint, total, made, gone, unneeded, delivered, dead, cancelled, other_shop
                FROM replay_targets WHERE replay = ? ORDER BY endpoint
                """,
            arguments: [number]
        )
        .map { row in
            var counts = counted[EndpointID(row[0])] ?? ReplayCounts()
            (counts.total, counts.made, counts.gone, counts.unneeded) = (row[1], row[2], row[3], row[4])
            counts.otherShop = row[8]
            if let delivered: Int = row[5] { counts.delivered = delivered }
            if let dead: Int = row[6] { counts.dead = dead }
            if let cancelled: Int = row[7] { counts.cancelled = cancelled }
            return StoredReplay.Part(endpoint: EndpointID(row[0]), counts: counts)
        }
        return StoredReplay(
            id: ReplayID(number: number),
            state: try StoredText.replayState(row[1]),
            replay: NewReplay(
                selection: selection,
                ratePerSecond: row[3],
                reason: row[4],
                createdBy: row[5],
                createdAt: Timestamp(milliseconds: row[6])
            ),
            changedAt: Timestamp(milliseconds: row[7]),
            finishedAt: finishedAt,
            parts: parts
        )
    }

    /// How the deliveries stand that a replay has made, by its index alone.
    private static func counts(of replay: Int64, _ database: Database) throws -> [EndpointID: ReplayCounts] {
        var counts: [EndpointID: ReplayCounts] = [:]
        for row in try Row.fetchAll(
            database,
            sql: """
                SELECT state, endpoint, count(*) FROM deliveries INDEXED BY deliveries_of_replays
                WHERE replay = ? GROUP BY state, endpoint
                """,
            arguments: [replay]
        ) {
            let endpoint = EndpointID(row[1])
            switch try StoredText.state(row[0]) {
            case .pending, .inFlight: counts[endpoint, default: .init()].waiting = row[2]
            case .delivered: counts[endpoint, default: .init()].delivered = row[2]
            case .dead: counts[endpoint, default: .init()].dead = row[2]
            case .cancelled, .skipped: counts[endpoint, default: .init()].cancelled = row[2]
            }
        }
        return counts
    }
}

extension ReplayFindings {
    fileprivate var parts: [EndpointID: ReplaySurvey.Part] {
        var parts = items.mapValues { items in
            ReplaySurvey.Part(total: items.count, missing: items.filter { $0.delivery == nil }.count)
        }
        for (endpoint, count) in withoutRaw { parts[endpoint, default: .init()].withoutRaw = count }
        for (endpoint, count) in otherShop { parts[endpoint, default: .init()].otherShop = count }
        return parts
    }
}
