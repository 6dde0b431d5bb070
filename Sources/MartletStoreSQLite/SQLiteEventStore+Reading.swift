// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func event(_ id: EventID) async throws(StoreError) -> EventDetail? {
        let held = claims.ids
        let sequence = sequence(of: id)
        return try await read("read event") { database in
            let found = try Row.fetchOne(
                database,
                sql: "\(Self.selectEvents(and: ", raw")) WHERE sequence = \(sequence.term)",
                arguments: StatementArguments(sequence.arguments)
            )
            guard let event = try found.map(Self.event) else { return nil }
            let deliveries = try Row.fetchAll(
                database,
                sql: "\(Self.selectDeliveries) WHERE d.event = ? ORDER BY d.id",
                arguments: [event.sequence]
            )
            let raw = try found?.optionalBytes(14)
            return EventDetail(
                event: event,
                deliveries: try deliveries.map { try Self.delivery($0, held: held) },
                raw: raw
            )
        }
    }

    package func delivery(_ id: DeliveryID) async throws(StoreError) -> DeliveryDetail? {
        let held = claims.ids
        return try await read("read delivery") { database in
            let found = try Row.fetchOne(
                database,
                sql: "\(Self.selectDeliveries) WHERE d.id = ?",
                arguments: [id.number]
            )
            guard let delivery = try found.map({ try Self.delivery($0, held: held) }) else { return nil }
            let attempts = try Row.fetchAll(
                database,
                sql: """
                    SELECT number, status, failure, started_at, duration_ns, detail, headers, body FROM attempts
                    WHERE delivery = ? ORDER BY number
                    """,
                arguments: [id.number]
            )
            return DeliveryDetail(delivery: delivery, attempts: try attempts.map(Self.attempt))
        }
    }

    /// The sequence of an event as a term of SQL with its arguments.
    ///
    /// Without a writer nothing is known in memory, and the newest events are looked through.
    func sequence(of id: EventID) -> (term: String, arguments: [DatabaseValue]) {
        guard let key = EventIDKey(id) else { return ("NULL", []) }
        if let sequence = recent?.sequence(of: key) { return ("?", [sequence.databaseValue]) }
        let text = id.rawValue.databaseValue
        let indexed = """
            (SELECT e.sequence FROM event_ids AS i CROSS JOIN events AS e ON e.sequence = i.sequence
            WHERE i.head = ? AND e.event_id = ?)
            """
        if recent != nil { return (indexed, [key.head.databaseValue, text]) }
        let newest = "(SELECT sequence FROM events WHERE sequence > \(SQLiteFile.completeUpTo) AND event_id = ?)"
        return ("coalesce(\(indexed), \(newest))", [key.head.databaseValue, text, text])
    }

    // MARK: rows

    static func selectEvents(and more: String = "") -> String {
        """
        SELECT sequence, event_id, type, provider, source, shop, merchant_order_id, provider_object_id,
            provider_status, flags, received_at, envelope, trace, expunged\(more) FROM events
        """
    }

    static let selectDeliveries = """
        SELECT d.id, e.event_id, e.type, d.endpoint, d.state, d.attempts, d.due_at, d.created_at, d.last_outcome,
            e.shop, e.provider, e.source, d.replay, d.replay_of
        FROM deliveries d CROSS JOIN events e ON e.sequence = d.event
        """

    static func event(_ row: Row) throws -> StoredEvent {
        var event = StoredEvent(
            sequence: row[0],
            id: EventID(rawValue: row[1]),
            type: row[2],
            source: SourceID(provider: row[3], id: row[4]),
            shop: row[5],
            merchantOrderID: row[6],
            providerObjectID: row[7],
            providerStatus: row[8],
            flags: StoredText.flags(row[9]),
            receivedAt: Timestamp(milliseconds: row[10]),
            envelope: try row.bytes(11)
        )
        event.trace = (row[12] as String?).flatMap { TraceContext(stored: $0) }
        event.expungement = try StoredText.expungement(row[13])
        return event
    }

    /// `held`: the pending deliveries that this process has in hand.
    static func delivery(_ row: Row, held: Set<Int64>) throws -> StoredDelivery {
        let stored = try StoredText.state(row[4])
        let state = stored == .pending && held.contains(row[0]) ? .inFlight : stored
        let due: Int64? = row[6]
        var delivery = StoredDelivery(
            id: DeliveryID(number: row[0]),
            eventID: EventID(rawValue: row[1]),
            eventType: row[2],
            source: SourceID(provider: row[10], id: row[11]),
            shop: row[9],
            endpoint: EndpointID(row[3]),
            state: state,
            attempts: row[5],
            dueAt: state == .pending ? due.map(Timestamp.init(milliseconds:)) : nil,
            createdAt: Timestamp(milliseconds: row[7]),
            lastOutcome: row[8]
        )
        delivery.replay = (row[12] as Int64?).map(ReplayID.init(number:))
        delivery.replayOf = (row[13] as Int64?).map(DeliveryID.init(number:))
        return delivery
    }

    private static func attempt(_ row: Row) throws -> StoredAttempt {
        StoredAttempt(
            number: row[0],
            result: AttemptResult(
                outcome: try StoredText.outcome(status: row[1], failure: row[2]),
                startedAt: Timestamp(milliseconds: row[3]),
                duration: .nanoseconds(row[4] as Int64),
                detail: row[5],
                headers: try StoredText.headers(row[6]),
                body: try row.bytes(7)
            )
        )
    }
}
