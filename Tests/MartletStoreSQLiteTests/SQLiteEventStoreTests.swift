// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

@Suite(.timeLimit(.minutes(2))) struct SQLiteEventStoreTests {
    @Test func readsBesideARunningGateway() async throws {
        try await TemporaryStore.with { temporary in
            let gateway = try SQLiteEventStore(path: temporary.path)
            _ = try await gateway.capture(Samples.capture())
            let reader = try SQLiteEventStore.openReadOnly(path: temporary.path)
            #expect(try await reader.events(EventQuery()).count == 1)
            _ = try await gateway.capture(Samples.capture(Samples.event(2)))
            #expect(try await reader.events(EventQuery()).count == 2)
            let refusal = await storeError { () throws(StoreError) in
                _ = try await reader.capture(Samples.capture(Samples.event(3)))
            }
            #expect(refusal?.label == "read_only")
            await reader.close()
            _ = try await gateway.capture(Samples.capture(Samples.event(4)))
            await gateway.close()
            let later = try SQLiteEventStore.openReadOnly(path: temporary.path)
            #expect(try await later.events(EventQuery()).count == 3, "the gateway need not run")
            await later.close()
            for suffix in ["-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: temporary.path + suffix)
            }
            let restored = try SQLiteEventStore.openReadOnly(path: temporary.path)
            #expect(try await restored.events(EventQuery()).count == 3, "the file alone holds everything after close")
            await restored.close()
        }
    }

    @Test func refusesToReadWhatIsNoStore() async throws {
        try await TemporaryStore.with { temporary in
            let missing = await storeError { () throws(StoreError) in
                _ = try SQLiteEventStore.openReadOnly(path: temporary.path)
            }
            #expect(missing?.description.contains("no such file") == true)
        }
    }

    @Test func aLongReadDoesNotHoldUpWrites() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            _ = try await store.capture(Samples.capture())
            let seen = try await store.pool.read { database in
                let before = try Int.fetchOne(database, sql: "SELECT count(*) FROM events")
                let written = DispatchSemaphore(value: 0)
                store.capture(Samples.capture(Samples.event(2))) { _ in written.signal() }
                written.wait(for: "a write beside a read")
                let after = try Int.fetchOne(database, sql: "SELECT count(*) FROM events")
                return [before, after]
            }
            #expect(seen == [1, 1], "the snapshot stays while a commit passes it")
            #expect(try await store.events(EventQuery()).count == 2)
            await store.close()
        }
    }

    @Test func onlyTheCulpritOfABatchFails() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            let gate = DispatchSemaphore(value: 0)
            // Holds the writer, so that all that follows gathers in one batch.
            store.pool.asyncWriteWithoutTransaction { _ in gate.wait(for: "the test to let the writer go") }
            async let good = store.capture(Samples.capture(Samples.event(1), deliveries: [Samples.delivery()]))
            async let bad = storeError { () throws(StoreError) in
                try await store.keep(Samples.hint(outcome: "unheard-of"))
            }
            async let next = store.capture(Samples.capture(Samples.event(2)))
            async let probe: Void = store.probe()
            gate.signal()
            let outcome = try await good
            guard case .stored(let ids) = outcome else {
                Issue.record("got \(outcome)")
                return
            }
            #expect(ids.count == 1)
            #expect(try await next == .stored([]))
            try await probe
            #expect(await bad?.label == "failed")
            #expect(try await store.statistics(now: Samples.now).deliveries[.pending] == 1, "counted once")
            #expect(try await store.hints(nil, limit: 10).isEmpty)
            await store.close()
        }
    }

    @Test func countsAgreeWithTheRowsAfterARandomRun() async throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            var ids: [DeliveryID] = []
            for step in 0..<600 {
                switch random.next() % 4 {
                case 0, 1:
                    let states = DeliveryState.allCases.filter { _ in random.next() % 2 == 0 }
                    let capture = Samples.capture(
                        Samples.event(Int(random.next() % 300)),
                        deliveries: states.map { Samples.delivery(state: $0) }
                    )
                    if case .stored(let new) = try await store.capture(capture) { ids += new }
                case 2 where !ids.isEmpty:
                    let id = ids[Int(random.next() % UInt64(ids.count))]
                    let nexts: [AttemptRecord.Next] = [.delivered, .dead, .retry(at: Samples.now)]
                    let next = nexts[Int(random.next() % 3)]
                    try await store.record(Samples.record(id, number: Int(random.next() % 3) + 1, next: next))
                default:
                    _ = try await store.claimDue(Samples.ledger, now: Samples.now, limit: step % 5)
                }
            }
            var counted = try await store.statistics(now: Samples.now).deliveries
            // What is in flight is pending on disk.
            counted[.pending, default: 0] += counted.removeValue(forKey: .inFlight) ?? 0
            counted = counted.filter { $0.value > 0 }
            let rows = try await store.pool.read { database in
                try Row.fetchAll(database, sql: "SELECT state, count(*) FROM deliveries GROUP BY state")
                    .map { row in (row[0] as String, row[1] as Int) }
            }
            let actual = Dictionary(rows.compactMap { row in DeliveryState(rawValue: row.0).map { ($0, row.1) } }) {
                $1
            }
            #expect(counted == actual, "seed \(seed)")
            await store.close()
        }
    }

    @Test(arguments: [
        (WriteStatement.due.sql, "deliveries_due"),
        (WriteStatement.hasEarlierInLane.sql, "deliveries_in_lanes"),
        (WriteStatement.findHistory.sql, "events_by_object"),
        (
            "SELECT id FROM deliveries d WHERE d.state = 'dead' AND d.state NOT IN ('pending', 'delivered') "
                + "ORDER BY id DESC LIMIT 50", "deliveries_unusual"
        ),
        ("SELECT * FROM events WHERE merchant_order_id = 'a' ORDER BY sequence DESC LIMIT 50", "events_by_order"),
        (WriteStatement.oldestQuarantined.sql, "quarantine_by_source"),
    ])
    func usesItsIndexes(_ sql: String, _ index: String) async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            let plan = try await store.pool.read { database in
                let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
                statement.setUncheckedArguments([])
                return try Row.fetchAll(statement).map { row in row["detail"] as String }
            }
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
            await store.close()
        }
    }
}
