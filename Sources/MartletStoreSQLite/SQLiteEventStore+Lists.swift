// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
package import MartletStore

/// The two long lists: by the index that fits, else by blocks (`Block`), so that no page walks over all rows.
extension SQLiteEventStore {
    package func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
        var kinds = QueryFilter()
        kinds.equal("shop", query.shop)
        kinds.among("shop", query.shops)
        kinds.equal("provider", query.provider)
        // `provider/id` names one account; a bare id names it at every provider.
        if let source = query.source {
            if let full = try? StoredText.source(source) {
                kinds.equal("provider", full.provider)
                kinds.equal("source", full.id)
            } else {
                kinds.equal("source", source)
            }
        }
        kinds.equal("type", query.type)
        var filter = kinds
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
        kinds.overlap(since: query.since, until: query.until)
        if query.order != nil || query.object != nil || kinds.isEmpty { return try await indexed(query, filter) }
        let (conditions, walk) = (filter, BlockWalk(.events, kinds: kinds, before: query.before, limit: query.limit))
        return try await read("search events") { database in
            var walk = walk
            guard try walk.bound(database, since: query.since, until: query.until) else { return [] }
            return try walk.rows(database) { numbers, limit in
                var filter = conditions
                filter.within("sequence", numbers)
                let sql = "\(Self.selectEvents()) \(filter.clause) ORDER BY sequence DESC LIMIT \(limit)"
                return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(filter.arguments))
                    .map(Self.event)
            }
        }
    }

    private func indexed(_ query: EventQuery, _ filter: QueryFilter) async throws(StoreError) -> [StoredEvent] {
        var filter = filter
        if let since = query.since { filter.add(SQLiteFile.sequences(since: "?"), since.milliseconds) }
        if let until = query.until { filter.add(SQLiteFile.sequences(until: "?"), until.milliseconds) }
        filter.before("sequence", query.before)
        let sql = "\(Self.selectEvents()) \(filter.clause) ORDER BY sequence DESC LIMIT \(max(0, query.limit))"
        let arguments = filter.arguments
        return try await read("search events") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.event)
        }
    }

    package func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery] {
        try await deliveries(query, fewInState: 50_000)
    }

    /// `fewInState`: up to so many deliveries in the state that is asked for are looked through one by one.
    func deliveries(_ query: DeliveryQuery, fewInState: Int) async throws(StoreError) -> [StoredDelivery] {
        // Asked before the snapshot: what is settled meanwhile is then seen as settled, never as waiting.
        let held = claims.ids
        var filter = QueryFilter()
        filter.equal("d.endpoint", query.endpoint?.rawValue)
        filter.among("e.shop", query.shops)
        filter.between("d.created_at", since: query.since, until: query.until)
        if let event = query.event {
            let sequence = sequence(of: event)
            filter.add("d.event = \(sequence.term)", sequence.arguments)
        }
        if let replay = query.replay { filter.add("d.replay = ?", replay.number) }
        // Repeats the conditions of the partial indexes, without which SQLite does not use them.
        switch query.state {
        case .inFlight:
            filter.add("d.state = 'pending'")
            filter.add("d.id IN (\(held.map(String.init).joined(separator: ",")))")
        case .pending:
            filter.add("d.state = 'pending'")
            filter.add("d.id NOT IN (\(held.map(String.init).joined(separator: ",")))")
        case .dead, .skipped, .cancelled:
            filter.equal("d.state", query.state?.rawValue)
            filter.add("d.state NOT IN ('pending', 'delivered')")
        case .delivered: filter.equal("d.state", query.state?.rawValue)
        case nil: break
        }
        let walk = BlockWalk(.deliveries, kinds: Self.kinds(query), before: query.before?.number, limit: query.limit)
        let conditions = filter
        return try await read("search deliveries") { database in
            let read = { (filter: QueryFilter, limit: Int) throws -> [StoredDelivery] in
                let sql = "\(Self.selectDeliveries) \(filter.clause) ORDER BY d.id DESC LIMIT \(limit)"
                return try Row.fetchAll(database, sql: sql, arguments: StatementArguments(filter.arguments))
                    .map { try Self.delivery($0, held: held) }
            }
            var filter = conditions
            filter.before("d.id", query.before?.number)
            if query.event != nil || query.replay != nil || query.state == .inFlight {
                return try read(filter, walk.limit)
            }
            if let state = query.state {
                let count = try Self.count(database, state)
                if count == 0 { return [] }
                // Looking through all in that state is quicker than looking for them among all deliveries.
                if count <= fewInState, state != .delivered {
                    if state == .pending { filter.add(Self.pendingByIndex) }
                    return try read(filter, walk.limit)
                }
            }
            return try walk.rows(database) { numbers, limit in
                var filter = conditions
                filter.within("d.id", numbers)
                return try read(filter, limit)
            }
        }
    }

    /// What of a query the summaries of blocks know.
    private static func kinds(_ query: DeliveryQuery) -> QueryFilter {
        var kinds = QueryFilter()
        kinds.equal("endpoint", query.endpoint?.rawValue)
        kinds.among("shop", query.shops)
        kinds.overlap(since: query.since, until: query.until)
        return kinds
    }

    private static func count(_ database: Database, _ state: DeliveryState) throws -> Int {
        let sql = "SELECT count FROM delivery_counts WHERE state = ?"
        return try Int.fetchOne(database, sql: sql, arguments: [state.rawValue]) ?? 0
    }

    /// By the two partial indexes that have all of it.
    private static let pendingByIndex = """
        d.id IN (SELECT id FROM deliveries INDEXED BY deliveries_due WHERE state = 'pending' AND due_at IS NOT NULL
            UNION ALL SELECT id FROM deliveries INDEXED BY deliveries_in_lanes
            WHERE state = 'pending' AND lane IS NOT NULL)
        """
}

extension BlockWalk {
    /// Bounds a walk over events by time; false if there was none in that time.
    mutating func bound(_ database: Database, since moment: Timestamp?, until end: Timestamp?) throws -> Bool {
        if let moment {
            let sql = "SELECT min(first) FROM event_minutes WHERE minute >= ? / 60000"
            guard let first = try Int64.fetchOne(database, sql: sql, arguments: [moment.milliseconds]) else {
                return false
            }
            since = max(since, first)
        }
        if let end {
            let sql = "SELECT max(last) FROM event_minutes WHERE minute <= ? / 60000"
            guard let last = try Int64.fetchOne(database, sql: sql, arguments: [end.milliseconds]) else { return false }
            before = min(before, last + 1)
        }
        return true
    }
}
