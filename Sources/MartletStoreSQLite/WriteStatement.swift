// SPDX-License-Identifier: Apache-2.0

/// Every statement of the write path, prepared once and kept for the life of the connection.
///
/// The conditions on `state` must stay as the partial indexes `deliveries_due` and `deliveries_unusual` spell them: SQLite uses
/// a partial index only if the query repeats its condition (sqlite.org/partialindex.html section 3).
enum WriteStatement: Int, CaseIterable {
    case findDuplicate
    case nextSequence
    case findHistory
    case insertHistory
    case updateHistory
    case insertDedupeKey
    case insertEvent
    case insertRaw
    case insertDelivery
    case insertThreeDeliveries
    case addToCount
    case settleAttempt
    case noteLateAttempt
    case insertAttempt
    case findDue
    case findDueWithRaw
    case claim
    case nextDue
    case recoverInFlight
    case insertQuarantined
    case addToUsage
    case subtractFromUsage
    case usage
    case oldestQuarantined
    case deleteQuarantined
    case keepHint
    case saveOrder

    var sql: String {
        switch self {
        case .findDuplicate: "SELECT 1 FROM dedupe_keys WHERE event_id = ?"
        case .nextSequence: "SELECT coalesce(max(sequence), 0) + 1 FROM dedupe_keys"
        case .findHistory:
            """
            SELECT id, is_final, newest_occurred_at, last_status, polled_statuses FROM objects
            WHERE source = ? AND object_key = ?
            """
        case .insertHistory:
            """
            INSERT INTO objects (source, object_key, is_final, newest_occurred_at, last_status, polled_statuses,
                newest_event) VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        case .updateHistory:
            """
            UPDATE objects SET is_final = ?, newest_occurred_at = ?, last_status = ?, polled_statuses = ?,
                newest_event = ? WHERE id = ?
            """
        case .insertDedupeKey:
            "INSERT INTO dedupe_keys (sequence, event_id, object, received_at) VALUES (?, ?, ?, ?)"
        case .insertEvent:
            """
            INSERT INTO events (sequence, event_id, type, provider, source, shop, merchant_order_id,
                provider_object_id, provider_status, flags, received_at, envelope)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        case .insertRaw: "INSERT INTO raw_callbacks (event, received_at, raw) VALUES (?, ?, ?)"
        case .insertDelivery:
            "INSERT INTO deliveries (event, endpoint, state, due_at, created_at) VALUES (?1, ?3, ?4, ?5, ?2)"
        case .insertThreeDeliveries:
            """
            INSERT INTO deliveries (event, endpoint, state, due_at, created_at)
            VALUES (?1, ?3, ?4, ?5, ?2), (?1, ?6, ?7, ?8, ?2), (?1, ?9, ?10, ?11, ?2)
            """
        case .addToCount: "UPDATE delivery_counts SET count = count + ? WHERE state = ?"
        case .settleAttempt:
            """
            UPDATE deliveries SET state = ?, due_at = coalesce(?, due_at), attempts = ?, last_outcome = ?
            WHERE id = ? AND state = 'in_flight' AND attempts = ?
            """
        case .noteLateAttempt:
            "UPDATE deliveries SET attempts = ?, last_outcome = ? WHERE id = ? AND attempts = ?"
        case .insertAttempt:
            """
            INSERT INTO attempts (delivery, number, status, failure, started_at, duration_ns, detail, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, x''))
            """
        case .findDue:
            """
            SELECT d.id, d.attempts, e.event_id, e.envelope
            FROM deliveries d INDEXED BY deliveries_due CROSS JOIN events e ON e.sequence = d.event
            WHERE d.state = 'pending' AND d.endpoint = ? AND d.due_at <= ? ORDER BY d.due_at, d.id LIMIT ?
            """
        case .findDueWithRaw:
            """
            SELECT d.id, d.attempts, e.event_id, e.envelope, r.raw
            FROM deliveries d INDEXED BY deliveries_due CROSS JOIN events e ON e.sequence = d.event
                LEFT JOIN raw_callbacks r ON r.event = d.event
            WHERE d.state = 'pending' AND d.endpoint = ? AND d.due_at <= ? ORDER BY d.due_at, d.id LIMIT ?
            """
        case .claim: "UPDATE deliveries SET state = 'in_flight' WHERE id = ? AND state = 'pending'"
        case .nextDue: "SELECT min(due_at) FROM deliveries WHERE state = 'pending' AND endpoint = ?"
        case .recoverInFlight:
            """
            UPDATE deliveries INDEXED BY deliveries_due SET state = 'pending', due_at = ? WHERE state = 'in_flight'
            """
        case .insertQuarantined:
            """
            INSERT INTO quarantine (source, size, received_at, reason, detail, method, source_address, headers, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, x''))
            """
        case .addToUsage:
            """
            INSERT INTO quarantine_usage (source, rows, bytes) VALUES (?, ?, ?)
            ON CONFLICT (source) DO UPDATE SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes
            """
        case .subtractFromUsage: "UPDATE quarantine_usage SET rows = rows - 1, bytes = bytes - ? WHERE source = ?"
        case .usage: "SELECT rows, bytes FROM quarantine_usage WHERE source = ?"
        case .oldestQuarantined: "SELECT id, size FROM quarantine WHERE source = ? ORDER BY id LIMIT 1"
        case .deleteQuarantined: "DELETE FROM quarantine WHERE id = ?"
        case .keepHint:
            """
            INSERT INTO hints (source, object_id, outcome, calls, hinted_at, received_at, method, source_address,
                headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, x''))
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
                due_currency) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source, object_id) DO UPDATE SET
                uid = excluded.uid, order_secret = excluded.order_secret, ipn_secret = excluded.ipn_secret,
                merchant_order_id = excluded.merchant_order_id, due_amount = excluded.due_amount,
                due_currency = excluded.due_currency
            """
        }
    }
}
