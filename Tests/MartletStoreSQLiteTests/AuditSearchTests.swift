// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// The audit log is searched along an index, whatever is asked for.
struct AuditSearchTests {
    private static let moments: [Timestamp?] = [nil, Samples.now]
    private static let queries: [AuditQuery] = [nil, "ops"].flatMap { actor in
        [nil, "ledger"].flatMap { object in
            moments.flatMap { since in
                moments.flatMap { until in
                    [nil, AuditID(number: 7)].map { before in
                        AuditQuery(since: since, until: until, actor: actor, object: object, before: before)
                    }
                }
            }
        }
    }

    @Test func everySearchWalksAnIndexAndEndsWithThePage() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            for query in Self.queries {
                let (sql, arguments) = SQLiteEventStore.auditSearch(query)
                let plan = try await store.read("explain") { database in
                    try Row.fetchAll(
                        database,
                        sql: "EXPLAIN QUERY PLAN \(sql)",
                        arguments: StatementArguments(arguments)
                    )
                    .map { row -> String in row[3] }
                }
                let steps = plan.filter { $0.contains(" audit ") }
                #expect(
                    !steps.isEmpty && steps.allSatisfy { $0.contains(" INDEX ") || $0.contains("PRIMARY KEY") },
                    "\(plan)"
                )
                let isFiltered = query.actor != nil || query.object != nil || query.since != nil || query.until != nil
                if isFiltered { #expect(!steps.contains { $0.hasPrefix("SCAN") }, "\(plan)") }
                if query.object == nil { #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)") }
            }
            await store.close()
        }
    }

    /// In pages of every size the same lines come once each, newest first, though the clock was set back between them.
    @Test func pagesNeitherSkipNorRepeat() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            for number in 0..<40 {
                let entry = NewAuditEntry(
                    at: Samples.now + .seconds([0, 5, 5, 2][number % 4]),
                    actor: number % 3 == 0 ? "ops" : "night",
                    action: "POST /v1/keys",
                    object: number % 2 == 0 ? "ledger" : nil
                )
                let id = try await store.append(entry)
                let made = number % 5 == 0 ? "ledger" : "key_\(number)"
                try await store.complete(id, with: AuditResult(outcome: .done, status: 201, created: made))
            }
            for (actor, object) in [(nil, nil), ("ops", nil), (nil, "ledger"), ("ops", "ledger")]
                as [(String?, String?)]
            {
                let all = try await store.audit(AuditQuery(actor: actor, object: object, limit: 100))
                let order = all.map { ($0.entry.at, $0.id) }
                #expect(zip(order, order.dropFirst()).allSatisfy { $0 > $1 })
                #expect(Set(all.map(\.id)).count == all.count)
                for limit in [1, 3, 7] {
                    var pages: [AuditID] = []
                    while true {
                        let query = AuditQuery(actor: actor, object: object, before: pages.last, limit: limit)
                        let page = try await store.audit(query)
                        if page.isEmpty { break }
                        pages += page.map(\.id)
                    }
                    #expect(pages == all.map(\.id))
                }
            }
            #expect(try await store.audit(AuditQuery(object: "ledger", limit: 100)).count == 24)
            await store.close()
        }
    }
}
