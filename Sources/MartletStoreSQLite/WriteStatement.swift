// SPDX-License-Identifier: Apache-2.0

/// Every statement of the write path, prepared once and kept for the life of the connection.
///
/// The conditions on `state` must stay as the partial indexes `deliveries_due` and `deliveries_unusual` spell them: SQLite uses
/// a partial index only if the query repeats its condition (sqlite.org/partialindex.html section 3).
enum WriteStatement: Int, CaseIterable {
    case begin
    case commit
    case findEventID
    case insertEventID
    case raiseUsedNumber
    case lastNumbers
    case findHistory
    case findOldHistory
    case notePolledStatuses
    case insertEvent
    case noteMinute
    case insertEventBlock
    case insertDelivery
    case insertThreeDeliveries
    case hasEarlierInLane
    case addToCount
    case settleAttempt
    case noteLateAttempt
    case insertAttempt
    case promoteInLane
    case due
    case readDue
    case readRaw
    case hasOldEvents
    case saveHealth
    case insertQuarantined
    case addToUsage
    case subtractFromUsage
    case usage
    case oldestQuarantined
    case oldestUnproven
    case findQuarantined
    case deleteQuarantined
    case keepHint
    case saveOrder

    var sql: String {
        switch self {
        case .begin: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .findEventID:
            """
            SELECT coalesce((SELECT event_id FROM events WHERE sequence = i.sequence),
                (SELECT event_id FROM old_events WHERE sequence = i.sequence))
            FROM event_ids AS i WHERE head = ?
            """
        case .insertEventID: "INSERT OR IGNORE INTO event_ids (head, sequence) VALUES (?, ?)"
        case .raiseUsedNumber: "UPDATE used_numbers SET highest = ?1 WHERE name = ?2 AND highest < ?1"
        case .lastNumbers:
            """
            SELECT max((SELECT coalesce(max(sequence), 0) FROM events), sequence.highest),
                max((SELECT coalesce(max(id), 0) FROM deliveries), delivery.highest)
            FROM used_numbers AS sequence, used_numbers AS delivery
            WHERE sequence.name = 'sequence' AND delivery.name = 'delivery'
            """
        case .findHistory: Self.history(from: "events")
        case .findOldHistory: Self.history(from: "old_events")
        case .notePolledStatuses:
            """
            UPDATE events SET object_polled = ? WHERE sequence =
                (SELECT max(sequence) FROM events WHERE object_key = ? AND provider = ? AND source = ?)
            """
        case .insertEvent:
            """
            INSERT INTO events (sequence, event_id, type, provider, source, shop, object_key, object_is_final,
                object_newest, object_polled, merchant_order_id, provider_object_id, provider_status, flags,
                received_at, envelope, raw, trace)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .noteMinute:
            """
            INSERT INTO event_minutes (minute, first, last) VALUES (?, ?, ?)
            ON CONFLICT (minute) DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
            """
        case .insertEventBlock:
            """
            INSERT OR REPLACE INTO event_blocks (block, provider, source, shop, type, first_at, last_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        case .insertDelivery:
            """
            INSERT INTO deliveries (id, event, endpoint, state, due_at, created_at, lane, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .insertThreeDeliveries:
            """
            INSERT INTO deliveries (id, event, endpoint, state, due_at, created_at)
            VALUES (?3, ?1, ?4, ?5, ?6, ?2), (?3 + 1, ?1, ?7, ?8, ?9, ?2), (?3 + 2, ?1, ?10, ?11, ?12, ?2)
            """
        case .hasEarlierInLane:
            """
            SELECT 1 FROM deliveries INDEXED BY deliveries_in_lanes
            WHERE state = 'pending' AND lane IS NOT NULL AND endpoint = ? AND lane = ? LIMIT 1
            """
        case .addToCount: "UPDATE delivery_counts SET count = count + ? WHERE state = ?"
        case .settleAttempt:
            """
            UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), attempts = ?, last_outcome = ?
            WHERE id = ? AND state = 'pending' AND attempts = ?
            """
        case .noteLateAttempt:
            "UPDATE deliveries SET attempts = ?, last_outcome = ? WHERE id = ? AND attempts = ?"
        case .insertAttempt:
            """
            INSERT INTO attempts (delivery, number, status, failure, started_at, duration_ns, detail, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .promoteInLane:
            """
            UPDATE deliveries SET due_at = ?1 WHERE due_at IS NULL AND id =
                (SELECT id FROM deliveries INDEXED BY deliveries_in_lanes
                WHERE state = 'pending' AND lane IS NOT NULL AND endpoint = ?2 AND lane = ?3 ORDER BY event, id LIMIT 1)
            """
        case .due:
            """
            SELECT id, due_at FROM deliveries INDEXED BY deliveries_due
            WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ? ORDER BY due_at, id LIMIT ?
            """
        case .readDue:
            """
            SELECT d.attempts, e.event_id, coalesce(d.body, e.envelope), d.lane, d.event, e.provider = 'martlet',
                d.schedule_from, d.body IS NOT NULL, e.trace
            FROM deliveries d CROSS JOIN events e ON e.sequence = d.event WHERE d.id = ?
            """
        case .readRaw: "SELECT raw FROM events WHERE sequence = ?"
        case .saveHealth:
            """
            INSERT OR REPLACE INTO endpoint_health (endpoint, parked_until, probe_interval, failing_since,
                last_success_at, failure_label, failure_status, failure_at, rejecting_status, rejecting_since,
                rejecting_latest, disabled_reason, disabled_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .hasOldEvents: "SELECT 1 FROM old_events LIMIT 1"
        case .insertQuarantined:
            """
            INSERT INTO quarantine (source, size, received_at, reason, detail, method, source_address, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .addToUsage:
            """
            INSERT INTO quarantine_usage (source, rows, bytes) VALUES (?, ?, ?)
            ON CONFLICT (source) DO UPDATE SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes
            """
        case .subtractFromUsage: "UPDATE quarantine_usage SET rows = rows - 1, bytes = bytes - ? WHERE source = ?"
        case .usage: "SELECT rows, bytes FROM quarantine_usage WHERE source = ?"
        case .oldestQuarantined: "SELECT id, size FROM quarantine WHERE source = ? ORDER BY id LIMIT 1"
        case .oldestUnproven:
            "SELECT id, size FROM quarantine WHERE source = ? AND reason <> 'learning' ORDER BY id LIMIT 1"
        case .findQuarantined: "SELECT source, size FROM quarantine WHERE id = ?"
        case .deleteQuarantined: "DELETE FROM quarantine WHERE id = ?"
        case .keepHint:
            """
            INSERT INTO hints (source, object_id, outcome, calls, hinted_at, received_at, method, source_address,
                headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source, object_id) DO UPDATE SET
                calls = CASE
                    WHEN excluded.outcome <> 'waiting' THEN calls
                    WHEN outcome = 'waiting' THEN calls + excluded.calls
                    ELSE excluded.calls END,
                outcome = excluded.outcome, hinted_at = excluded.hinted_at, received_at = excluded.received_at,
                method = excluded.method, source_address = excluded.source_address, headers = excluded.headers,
                body = excluded.body
            """
        case .saveOrder:
            """
            INSERT INTO orders (source, object_id, uid, order_secret, ipn_secret, merchant_order_id, due_amount,
                due_currency, sealed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source, object_id) DO UPDATE SET
                uid = coalesce(excluded.uid, uid),
                order_secret = coalesce(excluded.order_secret, order_secret),
                ipn_secret = coalesce(excluded.ipn_secret, ipn_secret),
                merchant_order_id = coalesce(excluded.merchant_order_id, merchant_order_id),
                due_amount = coalesce(excluded.due_amount, due_amount),
                due_currency = iif(excluded.due_amount IS NULL, due_currency, excluded.due_currency),
                sealed_by = iif(excluded.order_secret IS NULL AND excluded.ipn_secret IS NULL, sealed_by,
                    excluded.sealed_by)
            """
        }
    }

    /// What a payment had come to with its newest event.
    private static func history(from table: String) -> String {
        """
        SELECT object_is_final, object_newest, object_polled FROM \(table)
        WHERE object_key = ? AND provider = ? AND source = ? ORDER BY sequence DESC LIMIT 1
        """
    }
}
