// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// Removes up to `horizon.batch` rows, cheapest losses first: raw callbacks, events with all that hangs on them,
    /// quarantine, hints, dedupe keys.
    ///
    /// - Returns: how many raw callbacks, events, refused callbacks, hints and dedupe keys went; what hangs on an event
    ///   is not counted.
    func prune(_ horizon: RetentionHorizon) throws -> Int {
        var left = max(1, horizon.batch)
        let steps: [(Int) throws -> Int] = [
            { try self.pruneRaw(before: horizon.raw, limit: $0) },
            { try self.pruneEvents(before: horizon.events, limit: $0) },
            { try self.pruneQuarantine(before: horizon.quarantine, limit: $0) },
            { try self.pruneHints(before: horizon.quarantine, limit: $0) },
            { try self.pruneDedupeKeys(before: horizon.dedupe, limit: $0) },
        ]
        for step in steps where left > 0 { left -= try step(left) }
        return max(1, horizon.batch) - left
    }

    /// Sequences grow with time but for the width of a commit and steps of the clock, so only the oldest rows are
    /// looked at: a search by time would need an index of its own on every insert.
    private func pruneRaw(before: Timestamp, limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: """
                DELETE FROM raw_callbacks WHERE received_at < ?1 AND event IN
                    (SELECT event FROM raw_callbacks ORDER BY event LIMIT ?2)
                """
        )
        .run(before.milliseconds, limit)
        return database.changesCount
    }

    private func pruneEvents(before: Timestamp, limit: Int) throws -> Int {
        let sequences = try database.cachedStatement(
            sql: """
                SELECT sequence FROM events INDEXED BY events_by_time WHERE received_at < ? AND NOT EXISTS
                    (SELECT 1 FROM deliveries WHERE event = sequence AND state IN ('pending', 'in_flight'))
                ORDER BY received_at LIMIT ?
                """
        )
        .all(before.milliseconds, limit) { row -> Int64 in row[0] }
        let attempts = try database.cachedStatement(
            sql: "DELETE FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE event = ?)"
        )
        let deliveries = try database.cachedStatement(sql: "DELETE FROM deliveries WHERE event = ? RETURNING state")
        let raw = try database.cachedStatement(sql: "DELETE FROM raw_callbacks WHERE event = ?")
        let events = try database.cachedStatement(sql: "DELETE FROM events WHERE sequence = ?")
        for sequence in sequences {
            try attempts.run(sequence)
            for state in try deliveries.all(sequence, read: { row in try StoredText.state(row[0]) }) {
                count(-1, state)
            }
            try raw.run(sequence)
            try events.run(sequence)
        }
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

    /// Removes old dedupe keys.
    ///
    /// A key stays while its event does (it is the event's index by id), and the newest stays for good: the next
    /// sequence is counted from it. The object's history goes with the last key that points to it.
    private func pruneDedupeKeys(before: Timestamp, limit: Int) throws -> Int {
        let keys = try database.cachedStatement(
            sql: """
                SELECT sequence, object FROM
                    (SELECT sequence, object, received_at FROM dedupe_keys ORDER BY sequence LIMIT ?2) AS oldest
                WHERE received_at < ?1 AND sequence < (SELECT max(sequence) FROM dedupe_keys)
                    AND NOT EXISTS (SELECT 1 FROM events WHERE events.sequence = oldest.sequence)
                """
        )
        .all(before.milliseconds, limit) { row -> (Int64, Int64) in (row[0], row[1]) }
        let history = try database.cachedStatement(sql: "DELETE FROM objects WHERE id = ? AND newest_event = ?")
        let key = try database.cachedStatement(sql: "DELETE FROM dedupe_keys WHERE sequence = ?")
        for (sequence, object) in keys {
            try history.run(object, sequence)
            try key.run(sequence)
        }
        return keys.count
    }
}
