// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// What a replay would make, and what it would leave out.
struct ReplayFindings: Sendable {
    /// For each endpoint, oldest event first.
    var items: [EndpointID: [ReplayItem]] = [:]
    var otherShop: [EndpointID: Int] = [:]
    var withoutRaw: [EndpointID: Int] = [:]
    /// False if more rows fit than were read.
    var isWhole = true

    var count: Int { items.values.reduce(0) { $0 + $1.count } }
}

/// Finds what a replay is to make, on a reader.
struct ReplaySelector {
    let selection: ReplaySelection
    /// The selection's event as a term of SQL with its arguments (`SQLiteEventStore.sequence(of:)`).
    let event: (term: String, arguments: [DatabaseValue])?
    let endpoints: [EndpointID: Endpoint]

    init(
        _ selection: ReplaySelection,
        event: (term: String, arguments: [DatabaseValue])?,
        endpoints: [Endpoint]
    ) {
        self.selection = selection
        self.event = event
        self.endpoints = Dictionary(endpoints.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Looks at one row more than `limit` for each endpoint at most.
    func find(_ database: Database, limit: Int) throws -> ReplayFindings {
        var findings = ReplayFindings()
        // SQLite finds no use for an index in a condition that nothing fulfils, and the statements insist on theirs.
        if selection.shops?.isEmpty == true { return findings }
        if !states.isEmpty {
            if let targets = selection.targets {
                for target in targets { try findForTarget(target, database, limit: limit, &findings) }
            } else {
                try findForTheOriginals(database, limit: limit, &findings)
            }
        }
        try findMissing(database, limit: limit, &findings)
        return findings
    }

    private func findForTheOriginals(_ database: Database, limit: Int, _ findings: inout ReplayFindings) throws {
        var filter = conditions()
        filter.among("d.state", Set(states.map(\.rawValue)))
        filter.add("NOT EXISTS (\(settled("d.event", "d.endpoint")))")
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT d.event, max(d.id), e.shop, typeof(e.raw) = 'null' AND typeof(d.body) = 'null', d.endpoint
                \(tables) \(filter.clause) GROUP BY \(walked), d.endpoint ORDER BY \(walked) LIMIT \(limit + 1)
                """,
            arguments: StatementArguments(filter.arguments)
        )
        var count = 0
        while let row = try rows.next() {
            add(row, for: EndpointID(row[4]), to: &findings)
            count += 1
        }
        if count > limit { findings.isWhole = false }
    }

    private func findForTarget(
        _ target: EndpointID,
        _ database: Database,
        limit: Int,
        _ findings: inout ReplayFindings
    ) throws {
        let rows: RowCursor
        if let event {
            rows = try oneEvent(event, for: target, database)
        } else {
            var filter = conditions()
            filter.among("d.state", Set(states.map(\.rawValue)))
            filter.add("NOT EXISTS (\(settled("d.event", "?")))", target.rawValue)
            rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT d.event, coalesce((\(newest("d.event"))), max(d.id)), e.shop, typeof(e.raw) = 'null'
                    \(tables) \(filter.clause) GROUP BY \(walked) ORDER BY \(walked) LIMIT \(limit + 1)
                    """,
                arguments: StatementArguments([target.rawValue.databaseValue] + filter.arguments)
            )
        }
        var count = 0
        while let row = try rows.next() {
            add(row, for: target, to: &findings)
            count += 1
        }
        if count > limit { findings.isWhole = false }
    }

    /// An operator who names event and endpoint may send what the endpoint never had.
    private func oneEvent(
        _ event: (term: String, arguments: [DatabaseValue]),
        for target: EndpointID,
        _ database: Database
    ) throws -> RowCursor {
        let name = target.rawValue.databaseValue
        var filter = QueryFilter()
        filter.add("e.sequence = \(event.term)", event.arguments)
        filter.add("e.expunged IS NULL")
        filter.among("e.shop", selection.shops)
        filter.add("NOT EXISTS (\(settled("e.sequence", "?")))", name)
        return try Row.fetchCursor(
            database,
            sql: """
                SELECT e.sequence, (\(newest("e.sequence"))), e.shop, typeof(e.raw) = 'null' FROM events e
                \(filter.clause)
                """,
            arguments: StatementArguments([name] + filter.arguments)
        )
    }

    /// A row of event, delivery, shop, and whether the raw callback is gone.
    private func add(_ row: Row, for endpoint: EndpointID, to findings: inout ReplayFindings) {
        let known = endpoints[endpoint]
        if let known, !known.getsEvents(of: row[2]) {
            findings.otherShop[endpoint, default: 0] += 1
            return
        }
        findings.items[endpoint, default: []].append(ReplayItem(event: row[0], delivery: row[1]))
        if known?.includeRaw == true, row[3] { findings.withoutRaw[endpoint, default: 0] += 1 }
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
        var filter = eventConditions()
        // Repeats the condition of the partial index, without which SQLite does not use it.
        if isFoundByState { filter.add("d.state NOT IN ('pending', 'delivered')") }
        filter.equal("d.endpoint", selection.endpoint?.rawValue)
        return filter
    }

    /// What the selection says of events.
    func eventConditions() -> QueryFilter {
        var filter = QueryFilter()
        // What is left of an expunged event is not what was signed under its id before.
        filter.add("e.expunged IS NULL")
        if let event { filter.add("e.sequence = \(event.term)", event.arguments) }
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
