// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Finds what a replay is to make, on a reader: for each endpoint the items, oldest event first.
struct ReplaySelector {
    let selection: ReplaySelection
    /// The selection's event as a term of SQL with its arguments (`SQLiteEventStore.sequence(of:)`).
    let event: (term: String, arguments: [DatabaseValue])?

    /// At most one item more than `limit` for each endpoint.
    func items(_ database: Database, limit: Int) throws -> [EndpointID: [ReplayItem]] {
        // SQLite finds no use for an index in a condition that nothing fulfils, and the statements insist on theirs.
        if states.isEmpty || selection.shops?.isEmpty == true { return [:] }
        guard let targets = selection.targets else { return try forTheOriginals(database, limit: limit) }
        var found: [EndpointID: [ReplayItem]] = [:]
        for target in targets {
            let items =
                try event.map { try oneEvent($0, for: target, database) }
                ?? forTarget(target, database, limit: limit)
            if !items.isEmpty { found[target] = items }
        }
        return found
    }

    private func forTheOriginals(_ database: Database, limit: Int) throws -> [EndpointID: [ReplayItem]] {
        var filter = conditions()
        filter.add("NOT EXISTS (\(settled("d.event", "d.endpoint")))")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT d.endpoint, d.event, max(d.id) \(tables) \(filter.clause)
                GROUP BY \(walked), d.endpoint ORDER BY \(walked) LIMIT \(limit + 1)
                """,
            arguments: StatementArguments(filter.arguments)
        )
        var found: [EndpointID: [ReplayItem]] = [:]
        while let row = try rows.next() {
            found[EndpointID(row[0]), default: []].append(ReplayItem(event: row[1], delivery: row[2]))
        }
        return found
    }

    private func forTarget(_ target: EndpointID, _ database: Database, limit: Int) throws -> [ReplayItem] {
        var filter = conditions()
        filter.add("NOT EXISTS (\(settled("d.event", "?")))", target.rawValue)
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT d.event, coalesce((\(newest("d.event"))), max(d.id)) \(tables) \(filter.clause)
                GROUP BY \(walked) ORDER BY \(walked) LIMIT \(limit + 1)
                """,
            arguments: StatementArguments([target.rawValue.databaseValue] + filter.arguments)
        )
        var items: [ReplayItem] = []
        while let row = try rows.next() { items.append(ReplayItem(event: row[0], delivery: row[1])) }
        return items
    }

    /// An operator who names event and endpoint may send what the endpoint never had.
    private func oneEvent(
        _ event: (term: String, arguments: [DatabaseValue]),
        for target: EndpointID,
        _ database: Database
    ) throws -> [ReplayItem] {
        let name = target.rawValue.databaseValue
        var filter = QueryFilter()
        filter.add("e.sequence = \(event.term)", event.arguments)
        filter.add("e.expunged IS NULL")
        filter.among("e.shop", selection.shops)
        filter.add("NOT EXISTS (\(settled("e.sequence", "?")))", name)
        return try Row.fetchAll(
            database,
            sql: "SELECT e.sequence, (\(newest("e.sequence"))) FROM events e \(filter.clause)",
            arguments: StatementArguments([name] + filter.arguments)
        )
        .map { ReplayItem(event: $0[0], delivery: $0[1]) }
    }

    // MARK: parts of statements

    /// A delivery that is on its way or, unless that is to be repeated, has arrived.
    private func settled(_ event: String, _ endpoint: String) -> String {
        """
        SELECT 1 FROM deliveries n INDEXED BY deliveries_by_event
        WHERE n.event = \(event) AND n.endpoint = \(endpoint)
            AND n.state IN ('pending'\(selection.repeatsDelivered ? "" : ", 'delivered'"))
        """
    }

    private func newest(_ event: String) -> String {
        "SELECT max(o.id) FROM deliveries o INDEXED BY deliveries_by_event WHERE o.event = \(event) AND o.endpoint = ?"
    }

    private var states: Set<DeliveryState> {
        event == nil ? selection.states.intersection(ReplaySelection.allStates) : ReplaySelection.allStates
    }

    /// What is dead, skipped or cancelled has an index of its own; else the events are walked, by number or order if given.
    private var isFoundByState: Bool {
        event == nil && selection.order == nil && !states.contains(.delivered)
    }

    private var tables: String {
        isFoundByState
            ? "FROM deliveries d INDEXED BY deliveries_unusual CROSS JOIN events e ON e.sequence = d.event"
            : "FROM events e CROSS JOIN deliveries d INDEXED BY deliveries_by_event ON d.event = e.sequence"
    }

    /// The event by which rows are gathered, oldest first; of several deliveries of it to one endpoint the newest counts.
    ///
    /// Walked in this order where the events come first, so that nothing is sorted.
    private var walked: String { isFoundByState ? "d.event" : "e.sequence" }

    private func conditions() -> QueryFilter {
        var filter = QueryFilter()
        filter.among("d.state", Set(states.map(\.rawValue)))
        // What is left of an expunged event is not what was signed under its id before.
        filter.add("e.expunged IS NULL")
        // Repeats the condition of the partial index, without which SQLite does not use it.
        if isFoundByState { filter.add("d.state NOT IN ('pending', 'delivered')") }
        if let event { filter.add("e.sequence = \(event.term)", event.arguments) }
        filter.equal("d.endpoint", selection.endpoint?.rawValue)
        filter.equal("e.provider", selection.provider)
        if let source = selection.source {
            if let full = try? StoredText.source(source) {
                filter.equal("e.provider", full.provider)
                filter.equal("e.source", full.id)
            } else {
                filter.equal("e.source", source)
            }
        }
        filter.equal("e.type", selection.type)
        filter.equal("e.shop", selection.shop)
        filter.among("e.shop", selection.shops)
        filter.equal("e.merchant_order_id", selection.order)
        filter.between("e.received_at", since: selection.since, until: selection.until)
        if let since = selection.since { filter.add(SQLiteFile.sequences(since: "?"), since.milliseconds) }
        if let until = selection.until { filter.add(SQLiteFile.sequences(until: "?"), until.milliseconds) }
        return filter
    }
}
