// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

extension WriteConnection {
    /// Removes what an event says of people and keeps its skeleton, in one transaction with the deliveries that end by it.
    func expunge(
        _ id: EventID,
        _ note: Expungement,
        cancellingPending: Bool,
        now: Timestamp
    ) throws -> ExpungeOutcome {
        guard let event = try findForExpunging(id) else { return .unknown }
        if let earlier = event.expungement { return .already(earlier) }
        let deliveries = try unfinished(of: event.sequence)
        let inHand = deliveries.filter { held(of: $0.endpoint).contains($0.id) }.count
        if inHand > 0 { return .inFlight(inHand) }
        let pending = deliveries.filter { $0.state == .pending }
        if !pending.isEmpty, !cancellingPending { return .pending(pending.count) }
        for delivery in pending { _ = try cancel(delivery.id, now: now) }
        // Never offered again: there is nothing left to deliver.
        for delivery in deliveries where delivery.state == .skipped {
            try database.cachedStatement(sql: "UPDATE deliveries SET state = 'cancelled' WHERE id = ?").run(delivery.id)
            count(-1, .skipped)
            count(1, .cancelled)
        }
        try overwriting { try removePersonalData(of: event, note) }
        return .expunged(
            cancelled: deliveries.count,
            endpoints: Set(pending.map(\.endpoint)),
            isLogClear: false
        )
    }

    private struct FoundEvent {
        var sequence: Int64
        var envelope: [UInt8]
        var expungement: Expungement?
    }

    private func findForExpunging(_ id: EventID) throws -> FoundEvent? {
        guard let key = EventIDKey(id) else { return nil }
        let sequence =
            try recent.sequence(of: key)
            ?? database.cachedStatement(sql: "SELECT sequence FROM event_ids WHERE head = ?")
            .first(key.head) { row -> Int64 in row[0] }
        guard let sequence else { return nil }
        let found = try database.cachedStatement(
            sql: "SELECT envelope, expunged FROM events WHERE sequence = ? AND event_id = ?"
        )
        .first(sequence, id.rawValue) { row in (row.bytes(0), row[1] as String?) }
        return try found.map { envelope, expunged in
            FoundEvent(
                sequence: sequence,
                envelope: envelope,
                expungement: try StoredText.expungement(expunged)
            )
        }
    }

    /// Deliveries that wait to be made, or would be made if their endpoint were enabled.
    private func unfinished(
        of event: Int64
    ) throws -> [(id: Int64, endpoint: EndpointID, state: DeliveryState)] {
        try database.cachedStatement(
            sql: "SELECT id, endpoint, state FROM deliveries WHERE event = ? AND state IN ('pending', 'skipped')"
        )
        .all(event) { row in (row[0], EndpointID(row[1]), try StoredText.state(row[2])) }
    }

    private func removePersonalData(of event: FoundEvent, _ note: Expungement) throws {
        try database.cachedStatement(
            sql: "UPDATE events SET envelope = ?, raw = NULL, trace = NULL, expunged = ? WHERE sequence = ?"
        )
        .run(Blob(EventEnvelope.withoutPersonalData(event.envelope)), StoredText.encode(note), event.sequence)
        // Bodies of the endpoint's own shape may hold any member.
        try database.cachedStatement(sql: "UPDATE deliveries SET body = NULL WHERE event = ? AND body IS NOT NULL")
            .run(event.sequence)
        // A subscriber may have answered with what it was sent.
        try database.cachedStatement(
            sql: """
                UPDATE attempts SET headers = '[]', body = x'', detail = NULL
                WHERE delivery IN (SELECT id FROM deliveries WHERE event = ?)
                """
        )
        .run(event.sequence)
    }

    /// Has SQLite write zeros over all that `body` frees, pages that come free whole included.
    ///
    /// `FAST`, which holds otherwise, leaves those as they are (sqlite.org/pragma.html#pragma_secure_delete).
    private func overwriting(_ body: () throws -> Void) throws {
        try database.execute(sql: "PRAGMA secure_delete = ON")
        defer { try? database.execute(sql: "PRAGMA secure_delete = FAST") }
        try body()
    }
}
