// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// Replays that may be running or paused: each is looked after several times a second.
    private static let replaysUnderWay = 16

    func begin(_ replay: NewReplay, _ items: [EndpointID: [ReplayItem]]) throws -> ReplayBeginning {
        let underWay =
            try database.cachedStatement(
                sql: "SELECT count(*) FROM replays WHERE finished_at IS NULL AND state IN ('running', 'paused')"
            )
            .first { row -> Int in row[0] } ?? 0
        guard underWay < Self.replaysUnderWay else { return .tooManyUnderWay(underWay) }
        let moment = replay.createdAt.milliseconds
        try database.cachedStatement(
            sql: """
                INSERT INTO replays (state, selection, shops, repeats_delivered, rate, reason, created_by, created_at,
                    changed_at) VALUES ('running', ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        .run(
            Blob(replay.selection.json),
            replay.selection.shops.map { StoredText.encode(list: $0.sorted()) },
            replay.selection.repeatsDelivered,
            replay.ratePerSecond,
            replay.reason,
            replay.createdBy,
            moment,
            moment
        )
        let id = database.lastInsertedRowID
        let target = try database.cachedStatement(
            sql: "INSERT INTO replay_targets (replay, endpoint, total) VALUES (?, ?, ?)"
        )
        let block = try database.cachedStatement(
            sql: "INSERT INTO replay_items (replay, endpoint, number, items) VALUES (?, ?, ?, ?)"
        )
        for (endpoint, list) in items.sorted(by: { $0.key < $1.key }) {
            try target.run(id, endpoint.rawValue, list.count)
            for (number, start) in stride(from: 0, to: list.count, by: ReplayItem.block).enumerated() {
                let part = list[start..<min(start + ReplayItem.block, list.count)]
                try block.run(id, endpoint.rawValue, number, Blob(ReplayItem.encode(part)))
            }
        }
        return .begun(ReplayID(number: id))
    }

    func steer(_ id: Int64, to state: ReplayState, at now: Timestamp) throws -> ReplayAction {
        guard
            let current = try database.cachedStatement(sql: "SELECT state FROM replays WHERE id = ?")
                .first(id, read: { row in try StoredText.replayState(row[0]) })
        else { return .unknown }
        switch (current, state) {
        case (.running, .paused), (.paused, .running), (.running, .cancelled), (.paused, .cancelled): break
        default: return .refused(current)
        }
        try database.cachedStatement(sql: "UPDATE replays SET state = ?, changed_at = ? WHERE id = ?")
            .run(state.rawValue, now.milliseconds, id)
        if state == .cancelled {
            try database.cachedStatement(sql: "DELETE FROM replay_items WHERE replay = ?").run(id)
        }
        return .done
    }

    func cancelWaiting(of replay: Int64, now: Timestamp, limit: Int) throws -> [EndpointID: Int] {
        // Those in hand stand among the others and are passed over.
        let ids = try database.cachedStatement(
            sql: """
                SELECT id FROM deliveries INDEXED BY deliveries_of_replays WHERE replay = ? AND state = 'pending' LIMIT ?
                """
        )
        .all(replay, limit + claims.count) { row -> Int64 in row[0] }
        var cancelled: [EndpointID: Int] = [:]
        var left = limit
        for id in ids where left > 0 {
            guard case .cancelled(let endpoint) = try cancel(id, now: now) else { continue }
            cancelled[endpoint, default: 0] += 1
            left -= 1
        }
        return cancelled
    }

    func settle(_ id: Int64, _ counts: [EndpointID: ReplayCounts], at now: Timestamp) throws -> Bool {
        // Somebody may have had one retried since it was counted.
        let waits =
            try database.cachedStatement(
                sql: """
                    SELECT 1 FROM deliveries INDEXED BY deliveries_of_replays WHERE replay = ? AND state = 'pending' LIMIT 1
                    """
            )
            .first(id) { _ in true } ?? false
        if waits { return false }
        try database.cachedStatement(
            sql: """
                UPDATE replays SET state = CASE state WHEN 'cancelled' THEN state ELSE 'done' END, finished_at = ?2,
                    changed_at = ?2
                WHERE id = ?1 AND finished_at IS NULL
                """
        )
        .run(id, now.milliseconds)
        guard database.changesCount == 1 else { return false }
        try database.cachedStatement(
            sql: "UPDATE replay_targets SET delivered = 0, dead = 0, cancelled = 0 WHERE replay = ?"
        )
        .run(id)
        let target = try database.cachedStatement(
            sql: "UPDATE replay_targets SET delivered = ?, dead = ?, cancelled = ? WHERE replay = ? AND endpoint = ?"
        )
        for (endpoint, part) in counts {
            try target.run(part.delivered, part.dead, part.cancelled, id, endpoint.rawValue)
        }
        return true
    }

    /// Removes replays that ended so long ago, with their lists; returns how many.
    func pruneReplays(before: Timestamp, limit: Int) throws -> Int {
        let ids = try database.cachedStatement(
            sql: "SELECT id FROM replays WHERE finished_at IS NOT NULL AND finished_at < ? ORDER BY id LIMIT ?"
        )
        .all(before.milliseconds, limit) { row -> Int64 in row[0] }
        for id in ids {
            try database.cachedStatement(sql: "DELETE FROM replay_targets WHERE replay = ?").run(id)
            try database.cachedStatement(sql: "DELETE FROM replay_items WHERE replay = ?").run(id)
            try database.cachedStatement(sql: "DELETE FROM replays WHERE id = ?").run(id)
        }
        return ids.count
    }
}
