// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// Looks at up to `horizon.batch` rows from `place` on, cheapest losses first: raw callbacks, events with all that hangs
    /// on them, quarantine, hints, watches and replays that have ended, dedupe keys, names of requests, audit log, revoked
    /// keys.
    func prune(_ horizon: RetentionHorizon, from place: PrunePlace) throws -> PruneProgress {
        let batch = max(1, horizon.batch)
        var progress = PruneProgress(removed: 0, place: place, isAtEnd: false)
        var left = batch
        // What was looked at and stays is passed by, for this round.
        let walks: [(Int, inout PruneProgress) throws -> Int] = [
            { try self.pruneRaw(horizon, limit: $0, &$1) },
            { try self.pruneKeptRaw(horizon, limit: $0, &$1) },
            { try self.pruneEvents(before: horizon.events, limit: $0, &$1) },
            { try self.pruneMinutes(before: horizon.events, limit: $0, &$1) },
        ]
        for walk in walks where left > 0 { left -= try walk(left, &progress) }
        let steps: [(Int) throws -> Int] = [
            { try self.pruneQuarantine(before: horizon.quarantine, limit: $0) },
            { try self.pruneHints(before: horizon.quarantine, limit: $0) },
            { try self.pruneWatches(before: horizon.events, limit: $0) },
            { try self.pruneReplays(before: horizon.events, limit: $0) },
            { try self.pruneDedupeKeys(before: horizon.dedupe, limit: $0) },
            { try self.pruneIdempotencyKeys(before: horizon.idempotency, limit: $0) },
            { try self.pruneAudit(before: horizon.audit, limit: $0) },
            { try self.pruneKeys(before: horizon.audit, limit: $0) },
        ]
        for step in steps where left > 0 {
            let removed = try step(left)
            left -= removed
            progress.removed += removed
        }
        progress.isAtEnd = left == batch
        return progress
    }

    private func pruneQuarantine(before: Timestamp, limit: Int) throws -> Int {
        let rows = try database.cachedStatement(
            sql: "SELECT id, source, size FROM quarantine WHERE received_at < ? ORDER BY id LIMIT ?"
        )
        .all(before.milliseconds, limit) { row -> (Int64, String, Int) in (row[0], row[1], row[2]) }
        for row in rows { try removeQuarantined(row.0, source: row.1, size: row.2) }
        return rows.count
    }

    private func pruneHints(before: Timestamp, limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: """
                DELETE FROM hints WHERE id IN
                    (SELECT id FROM hints WHERE hinted_at < ? ORDER BY hinted_at LIMIT ?)
                """
        )
        .run(before.milliseconds, limit)
        return database.changesCount
    }

    /// Removes what was left of old events: from now on the same change would be news, and its payment unknown.
    private func pruneDedupeKeys(before: Timestamp, limit: Int) throws -> Int {
        let ids = try database.cachedStatement(
            sql: """
                DELETE FROM old_events WHERE received_at < ?1 AND sequence IN
                    (SELECT sequence FROM old_events ORDER BY sequence LIMIT ?2)
                RETURNING event_id, sequence
                """
        )
        .all(before.milliseconds, limit) { row -> (EventIDKey?, Int64) in
            (EventIDKey(EventID(rawValue: row[0])), row[1])
        }
        let key = try database.cachedStatement(sql: "DELETE FROM event_ids WHERE head = ? AND sequence = ?")
        for case (let id?, let sequence) in ids { try key.run(id.head, sequence) }
        holdsOldEvents = nil
        forget(ids.compactMap(\.0))
        return ids.count
    }
}
