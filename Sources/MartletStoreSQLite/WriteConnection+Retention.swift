// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// Removes up to `horizon.batch` rows, cheapest losses first: raw callbacks, events with all that hangs on them,
    /// quarantine, hints, watches and replays that have ended, dedupe keys, names of requests, audit log, revoked keys.
    ///
    /// - Returns: how many of all these went; what hangs on one is not counted.
    func prune(_ horizon: RetentionHorizon) throws -> Int {
        var left = max(1, horizon.batch)
        let steps: [(Int) throws -> Int] = [
            { try self.pruneRaw(before: horizon.raw, limit: $0) },
            { try self.pruneEvents(before: horizon.events, limit: $0) },
            { try self.pruneQuarantine(before: horizon.quarantine, limit: $0) },
            { try self.pruneHints(before: horizon.quarantine, limit: $0) },
            { try self.pruneWatches(before: horizon.events, limit: $0) },
            { try self.pruneReplays(before: horizon.events, limit: $0) },
            { try self.pruneDedupeKeys(before: horizon.dedupe, limit: $0) },
            { try self.pruneIdempotencyKeys(before: horizon.idempotency, limit: $0) },
            { try self.pruneAudit(before: horizon.audit, limit: $0) },
            { try self.pruneKeys(before: horizon.audit, limit: $0) },
        ]
        for step in steps where left > 0 { left -= try step(left) }
        return max(1, horizon.batch) - left
    }

    /// Goes on where the last call ended, up to the first that is too young; `used_numbers` remembers the place.
    private func pruneRaw(before: Timestamp, limit: Int) throws -> Int {
        let rows = try database.cachedStatement(
            sql: """
                SELECT sequence, received_at FROM events
                WHERE sequence > (SELECT highest FROM used_numbers WHERE name = 'raw') ORDER BY sequence LIMIT ?
                """
        )
        .all(limit) { row -> (sequence: Int64, receivedAt: Int64) in (row[0], row[1]) }
        let old = rows.prefix { $0.receivedAt < before.milliseconds }
        let remove = try database.cachedStatement(sql: "UPDATE events SET raw = NULL WHERE sequence = ?")
        for row in old { try remove.run(row.sequence) }
        if let last = old.last { try statement(.raiseUsedNumber).run(last.sequence, "raw") }
        return old.count
    }

    private func pruneEvents(before: Timestamp, limit: Int) throws -> Int {
        let sequences = try database.cachedStatement(
            sql: """
                SELECT sequence FROM events WHERE received_at < ?1 AND \(SQLiteFile.sequences(until: "?1"))
                    AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = sequence AND state = 'pending')
                ORDER BY sequence LIMIT ?2
                """
        )
        .all(before.milliseconds, limit) { row -> Int64 in row[0] }
        let attempts = try database.cachedStatement(
            sql: "DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE event = ?)"
        )
        let deliveries = try database.cachedStatement(sql: "DELETE FROM deliveries WHERE event = ? RETURNING state, id")
        let key = try database.cachedStatement(
            sql: """
                INSERT INTO old_events (sequence, event_id, provider, source, object_key, object_is_final,
                    object_newest, object_polled, received_at)
                SELECT sequence, event_id, provider, source, object_key, object_is_final, object_newest,
                    object_polled, received_at FROM events WHERE sequence = ?
                """
        )
        let events = try database.cachedStatement(sql: "DELETE FROM events WHERE sequence = ?")
        var highest: (sequence: Int64, delivery: Int64) = (0, 0)
        for sequence in sequences {
            try attempts.run(sequence)
            for (state, id) in try deliveries.all(
                sequence,
                read: { row -> (DeliveryState, Int64) in (try StoredText.state(row[0]), row[1]) }
            ) {
                count(-1, state)
                highest.delivery = max(highest.delivery, id)
            }
            try key.run(sequence)
            try events.run(sequence)
            highest.sequence = max(highest.sequence, sequence)
        }
        try statement(.raiseUsedNumber).run(highest.sequence, "sequence")
        try statement(.raiseUsedNumber).run(highest.delivery, "delivery")
        if !sequences.isEmpty { try pruneBlocks() }
        holdsOldEvents = nil
        return sequences.count
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
