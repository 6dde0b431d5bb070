// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Events that an endpoint should have and never had: it was added later, or subscribes to more than before.
extension ReplaySelector {
    func findMissing(_ database: Database, limit: Int, _ findings: inout ReplayFindings) throws {
        guard selection.includesMissing, let endpoint = selection.endpoint.flatMap({ endpoints[$0] }) else { return }
        var filter = eventConditions()
        if !endpoint.shops.contains("*") { filter.among("e.shop", endpoint.shops) }
        filter.add(
            """
            NOT EXISTS (SELECT 1 FROM deliveries n INDEXED BY deliveries_by_event
                WHERE n.event = e.sequence AND n.endpoint = ?)
            """,
            endpoint.id.rawValue
        )
        // Only a filter needs to see the whole event.
        let envelope = endpoint.filter == nil ? "NULL" : "e.envelope"
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT e.sequence, e.type, e.provider, e.source, e.flags, typeof(e.raw) = 'null', e.object_key,
                    \(envelope)
                FROM events e \(filter.clause) ORDER BY e.sequence
                """,
            arguments: StatementArguments(filter.arguments)
        )
        var items: [ReplayItem] = []
        while let row = try rows.next() {
            guard try subscribes(endpoint, to: row) else { continue }
            guard items.count < limit else {
                findings.isWhole = false
                break
            }
            items.append(ReplayItem(event: row[0], delivery: nil))
            if endpoint.includeRaw, row[5] { findings.withoutRaw[endpoint.id, default: 0] += 1 }
        }
        if items.isEmpty { return }
        findings.items[endpoint.id] = ((findings.items[endpoint.id] ?? []) + items).sorted { $0.event < $1.event }
    }

    private func subscribes(_ endpoint: Endpoint, to row: Row) throws -> Bool {
        let flags = StoredText.flags(row[4]).compactMap(EventFlag.init(rawValue:))
        // Went to nobody, and was not meant to.
        if flags.contains(where: \.withholdsDelivery) { return false }
        let source = SourceID(provider: row[2], id: row[3])
        guard endpoint.asksFor(EventType(rawValue: row[1]), of: source) else { return false }
        guard let filter = endpoint.filter else { return true }
        guard let event = EventEnvelope.read(try row.bytes(7), objectKey: StoredText.objectKey(row[6])) else {
            throw StoredText.unreadable("envelope")
        }
        return filter.matches(event)
    }
}
