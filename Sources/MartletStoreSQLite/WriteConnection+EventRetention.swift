// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Retention of events and raw callbacks: walks that go past what a pending delivery keeps, and come to it once in a round.
///
/// Each returns how many rows it has looked at.
extension WriteConnection {
    /// Goes on where the last call ended, up to the first that is too young; `used_numbers` remembers the place.
    func pruneRaw(_ horizon: RetentionHorizon, limit: Int, _ progress: inout PruneProgress) throws -> Int {
        let rows = try database.cachedStatement(
            sql: """
                SELECT sequence, received_at FROM events
                WHERE sequence > (SELECT highest FROM used_numbers WHERE name = 'raw') ORDER BY sequence LIMIT ?
                """
        )
        .all(limit) { row -> (sequence: Int64, receivedAt: Int64) in (row[0], row[1]) }
        let old = rows.prefix { $0.receivedAt < horizon.raw.milliseconds }
        guard let last = old.last else { return 0 }
        let keep = try database.cachedStatement(sql: "INSERT OR IGNORE INTO kept_raws (event) VALUES (?)")
        for row in old {
            if try isRawPending(row.sequence, horizon.rawEndpoints) {
                try keep.run(row.sequence)
            } else {
                try removeRaw(of: row.sequence)
                progress.removed += 1
            }
        }
        try statement(.raiseUsedNumber).run(last.sequence, "raw")
        return old.count
    }

    /// Raw callbacks that earlier rounds left for a delivery.
    func pruneKeptRaw(_ horizon: RetentionHorizon, limit: Int, _ progress: inout PruneProgress) throws -> Int {
        let events = try database.cachedStatement(
            sql: "SELECT event FROM kept_raws WHERE event > ? ORDER BY event LIMIT ?"
        )
        .all(progress.place.keptRaw, limit) { row -> Int64 in row[0] }
        let forget = try database.cachedStatement(sql: "DELETE FROM kept_raws WHERE event = ?")
        for event in events {
            progress.place.keptRaw = event
            if try isRawPending(event, horizon.rawEndpoints) { continue }
            try removeRaw(of: event)
            try forget.run(event)
            progress.removed += database.changesCount
        }
        return events.count
    }

    private func removeRaw(of event: Int64) throws {
        try database.cachedStatement(sql: "UPDATE events SET raw = NULL WHERE sequence = ?").run(event)
    }

    /// Whether a delivery that sends the raw callback is still to be made: its body must stay what it was.
    private func isRawPending(_ event: Int64, _ endpoints: Set<EndpointID>) throws -> Bool {
        if endpoints.isEmpty { return false }
        let pending = try database.cachedStatement(
            sql: """
                SELECT endpoint FROM deliveries INDEXED BY deliveries_by_event WHERE event = ? AND state = 'pending'
                """
        )
        .all(event) { row in EndpointID(row[0]) }
        return pending.contains { endpoints.contains($0) }
    }

    /// Removes events from the place of the round on, unless a delivery is pending.
    func pruneEvents(before: Timestamp, limit: Int, _ progress: inout PruneProgress) throws -> Int {
        let end = try lastOldEvent(before: before, &progress)
        let rows = try database.cachedStatement(
            sql: """
                SELECT sequence, received_at < ?3 AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_by_event
                    WHERE event = sequence AND state = 'pending')
                FROM events WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?4
                """
        )
        .all(progress.place.event, end, before.milliseconds, limit) { row -> (sequence: Int64, goes: Bool) in
            (row[0], row[1])
        }
        guard let last = rows.last else { return 0 }
        progress.place.event = last.sequence
        let sequences = rows.filter(\.goes).map(\.sequence)
        if !sequences.isEmpty { try removeEvents(sequences) }
        progress.removed += sequences.count
        return rows.count
    }

    /// The last event of the minutes that are old enough, looked for once in a round.
    private func lastOldEvent(before: Timestamp, _ progress: inout PruneProgress) throws -> Int64 {
        if let last = progress.place.lastEvent { return last }
        let last =
            try database.cachedStatement(sql: "SELECT max(last) FROM event_minutes WHERE minute <= ? / 60000")
            .first(before.milliseconds) { row -> Int64? in row[0] } ?? nil
        progress.place.lastEvent = last ?? 0
        return last ?? 0
    }

    private func removeEvents(_ sequences: [Int64]) throws {
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
        var removed: [Int64] = []
        for sequence in sequences {
            try attempts.run(sequence)
            for (state, id) in try deliveries.all(
                sequence,
                read: { row -> (DeliveryState, Int64) in (try StoredText.state(row[0]), row[1]) }
            ) {
                count(-1, state)
                removed.append(id)
            }
            try key.run(sequence)
            try events.run(sequence)
        }
        try statement(.raiseUsedNumber).run(sequences.max() ?? 0, "sequence")
        try statement(.raiseUsedNumber).run(removed.max() ?? 0, "delivery")
        try pruneBlocks(events: sequences, deliveries: removed)
        holdsOldEvents = nil
    }

    /// Removes the minutes of which no event is left; not counted as rows that went.
    func pruneMinutes(before: Timestamp, limit: Int, _ progress: inout PruneProgress) throws -> Int {
        let minutes = try database.cachedStatement(
            sql: "SELECT minute FROM event_minutes WHERE minute > ? AND minute <= ? / 60000 ORDER BY minute LIMIT ?"
        )
        .all(progress.place.minute, before.milliseconds, limit) { row -> Int64 in row[0] }
        guard let last = minutes.last else { return 0 }
        progress.place.minute = last
        let remove = try database.cachedStatement(
            sql: """
                DELETE FROM event_minutes WHERE minute = ?
                    AND NOT EXISTS (SELECT 1 FROM events WHERE sequence BETWEEN event_minutes.first AND event_minutes.last
                        AND received_at / 60000 = event_minutes.minute)
                """
        )
        for minute in minutes { try remove.run(minute) }
        forgetMinutes()
        return minutes.count
    }
}
