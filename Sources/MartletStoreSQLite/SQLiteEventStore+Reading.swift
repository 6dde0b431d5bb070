// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
        var filter = QueryFilter()
        filter.equal("shop", query.shop)
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
        filter.equal("provider_object_id", query.object)
        filter.between("received_at", since: query.since, until: query.until)
        filter.before("sequence", query.before)
        let sql = "\(Self.selectEvents) \(filter.clause) ORDER BY sequence DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search events") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.event)
        }
    }

    package func event(_ id: EventID) async throws(StoreError) -> EventDetail? {
        try await read("read event") { database in
            let found = try Row.fetchOne(
                database,
                sql: "\(Self.selectEvents) WHERE sequence = (SELECT sequence FROM dedupe_keys WHERE event_id = ?)",
                arguments: [id.rawValue]
            )
            guard let event = try found.map(Self.event) else { return nil }
            let deliveries = try Row.fetchAll(
                database,
                sql: "\(Self.selectDeliveries) WHERE d.event = ? ORDER BY d.id",
                arguments: [event.sequence]
            )
            let raw = try Row.fetchOne(
                database,
                sql: "SELECT raw FROM raw_callbacks WHERE event = ?",
                arguments: [event.sequence]
            )
            return EventDetail(event: event, deliveries: try deliveries.map(Self.delivery), raw: try raw?.bytes(0))
        }
    }

    package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery] {
        var filter = QueryFilter()
        filter.equal("d.state", query.state?.rawValue)
        // Repeats the conditions of the partial indexes, without which SQLite does not use them.
        switch query.state {
        case .pending: filter.add("d.state = 'pending'")
        case .inFlight: filter.add("d.state = 'in_flight'")
        case .dead, .skipped, .cancelled: filter.add("d.state NOT IN ('pending', 'in_flight', 'delivered')")
        case .delivered, nil: break
        }
        filter.equal("d.endpoint", query.endpoint?.rawValue)
        if let event = query.event {
            filter.add("d.event = (SELECT sequence FROM dedupe_keys WHERE event_id = ?)", event.rawValue)
        }
        filter.between("d.created_at", since: query.since, until: query.until)
        filter.before("d.id", query.before?.number)
        let sql = "\(Self.selectDeliveries) \(filter.clause) ORDER BY d.id DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search deliveries") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.delivery)
        }
    }

    package func delivery(_ id: DeliveryID) async throws(StoreError) -> DeliveryDetail? {
        try await read("read delivery") { database in
            let found = try Row.fetchOne(
                database,
                sql: "\(Self.selectDeliveries) WHERE d.id = ?",
                arguments: [id.number]
            )
            guard let delivery = try found.map(Self.delivery) else { return nil }
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

    // MARK: rows

    private static let selectEvents = """
        SELECT sequence, event_id, type, provider, source, shop, merchant_order_id, provider_object_id,
            provider_status, flags, received_at, envelope FROM events
        """

    private static let selectDeliveries = """
        SELECT d.id, e.event_id, e.type, d.endpoint, d.state, d.attempts, d.due_at, d.created_at, d.last_outcome
        FROM deliveries d CROSS JOIN events e ON e.sequence = d.event
        """

    private static func event(_ row: Row) throws -> StoredEvent {
        StoredEvent(
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
    }

    private static func delivery(_ row: Row) throws -> StoredDelivery {
        let state = try StoredText.state(row[4])
        return StoredDelivery(
            id: DeliveryID(number: row[0]),
            eventID: EventID(rawValue: row[1]),
            eventType: row[2],
            endpoint: EndpointID(row[3]),
            state: state,
            attempts: row[5],
            dueAt: state == .pending ? Timestamp(milliseconds: row[6]) : nil,
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
