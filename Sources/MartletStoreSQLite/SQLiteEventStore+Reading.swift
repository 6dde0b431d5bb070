// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
        var filter = QueryFilter()
        filter.equal("shop", query.shop)
        filter.among("shop", query.shops)
        filter.equal("provider", query.provider)
        // `provider/id` names one account; a bare id names it at every provider.
        if let source = query.source {
            if let full = try? StoredText.source(source) {
                filter.equal("provider", full.provider)
                filter.equal("source", full.id)
            } else {
                filter.equal("source", source)
            }
        }
        filter.equal("type", query.type)
        filter.equal("merchant_order_id", query.order)
        if let object = query.object {
            // Keys that begin with the number (`StoredText.encode(objectKey:)`), or the few whose payment has another key.
            filter.add(
                """
                (object_key >= ? || ':' AND object_key < ? || ';' AND provider_object_id = ? OR provider_object_id = ?
                    AND substr(object_key, 1, length(provider_object_id) + 1) <> provider_object_id || ':')
                """,
                Array(repeating: object.databaseValue, count: 4)
            )
        }
        filter.between("received_at", since: query.since, until: query.until)
        if let since = query.since { filter.add(SQLiteFile.sequences(since: "?"), since.milliseconds) }
        if let until = query.until { filter.add(SQLiteFile.sequences(until: "?"), until.milliseconds) }
        filter.before("sequence", query.before)
        let sql = "\(Self.selectEvents()) \(filter.clause) ORDER BY sequence DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search events") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.event)
        }
    }

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

    package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery] {
        var filter = QueryFilter()
        // Asked before the snapshot: what is settled meanwhile is then seen as settled, never as waiting.
        let held = claims.ids
        // Repeats the conditions of the partial indexes, without which SQLite does not use them.
        switch query.state {
        case .pending, .inFlight:
            let isIn = query.state == .inFlight ? "IN" : "NOT IN"
            filter.add("d.state = 'pending'")
            filter.add("d.id \(isIn) (\(held.map(String.init).joined(separator: ",")))")
        case .dead, .skipped, .cancelled:
            filter.equal("d.state", query.state?.rawValue)
            filter.add("d.state NOT IN ('pending', 'delivered')")
        case .delivered: filter.equal("d.state", query.state?.rawValue)
        case nil: break
        }
        filter.equal("d.endpoint", query.endpoint?.rawValue)
        if let event = query.event {
            let sequence = sequence(of: event)
            filter.add("d.event = \(sequence.term)", sequence.arguments)
        }
        filter.among("e.shop", query.shops)
        filter.between("d.created_at", since: query.since, until: query.until)
        filter.before("d.id", query.before?.number)
        let sql = "\(Self.selectDeliveries) \(filter.clause) ORDER BY d.id DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search deliveries") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments))
                .map { try Self.delivery($0, held: held) }
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
    private func sequence(of id: EventID) -> (term: String, arguments: [DatabaseValue]) {
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

    private static func selectEvents(and more: String = "") -> String {
        """
        SELECT sequence, event_id, type, provider, source, shop, merchant_order_id, provider_object_id,
            provider_status, flags, received_at, envelope, trace, expunged\(more) FROM events
        """
    }

    private static let selectDeliveries = """
        SELECT d.id, e.event_id, e.type, d.endpoint, d.state, d.attempts, d.due_at, d.created_at, d.last_outcome,
            e.shop
        FROM deliveries d CROSS JOIN events e ON e.sequence = d.event
        """

    private static func event(_ row: Row) throws -> StoredEvent {
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
    private static func delivery(_ row: Row, held: Set<Int64>) throws -> StoredDelivery {
        let stored = try StoredText.state(row[4])
        let state = stored == .pending && held.contains(row[0]) ? .inFlight : stored
        let due: Int64? = row[6]
        return StoredDelivery(
            id: DeliveryID(number: row[0]),
            eventID: EventID(rawValue: row[1]),
            eventType: row[2],
            shop: row[9],
            endpoint: EndpointID(row[3]),
            state: state,
            attempts: row[5],
            dueAt: state == .pending ? due.map(Timestamp.init(milliseconds:)) : nil,
            createdAt: Timestamp(milliseconds: row[7]),
            lastOutcome: row[8]
        )
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
