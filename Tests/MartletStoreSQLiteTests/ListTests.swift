// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// Lists find the same by whichever way they go; what they find at all is the conformance suite's matter.
@Suite(.timeLimit(.minutes(2))) struct ListTests {
    private static let states: [DeliveryState] = [.pending, .delivered, .dead, .skipped, .cancelled]

    private static func fill(_ store: SQLiteEventStore, _ random: inout SplitMix64) async throws {
        for number in 0..<900 {
            let shop = random.next() % 50 == 0 ? "rare" : "nordic"
            let event = Samples.event(number, shop: shop, receivedAt: Samples.now + .seconds(number))
            let endpoint = EndpointID(random.next() % 70 == 0 ? "archive" : "ledger")
            let state = states[Int(random.next() % UInt64(states.count))]
            _ = try await store.capture(Samples.capture(event, deliveries: [Samples.delivery(endpoint, state: state)]))
        }
    }

    @Test func deliveriesInAStateAreTheSameByIndexAndByBlocks() async throws {
        var random = SplitMix64()
        let seed = random.seed
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await Self.fill(store, &random)
            for state in Self.states {
                for endpoint in [nil, "archive", "ledger", "none"] {
                    for shops: Set<String>? in [nil, ["rare"]] {
                        for since in [nil, Samples.now + .seconds(400)] {
                            let query = DeliveryQuery(
                                state: state,
                                endpoint: endpoint.map { EndpointID($0) },
                                shops: shops,
                                since: since,
                                limit: 1000
                            )
                            let byBlocks = try await store.deliveries(query, fewInState: 0)
                            #expect(try await store.deliveries(query) == byBlocks, "seed \(seed), \(query)")
                        }
                    }
                }
            }
            await store.close()
        }
    }

    @Test func completedBlocksAreSummedUpOnceAndGoWithTheirRows() async throws {
        var random = SplitMix64(seed: 7)
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await Self.fill(store, &random)
            let complete = try await store.pool.read { database in
                (
                    events: try Int64.fetchOne(database, sql: "SELECT count(DISTINCT block) FROM event_blocks"),
                    deliveries: try Int64.fetchOne(database, sql: "SELECT count(DISTINCT block) FROM delivery_blocks")
                )
            }
            // Numbers begin with 1.
            #expect(complete.events == 901 / Block.events.size)
            #expect(complete.deliveries == 901 / Block.deliveries.size)
            try await store.pool.write { database in
                try database.execute(
                    sql: """
                        UPDATE deliveries SET state = 'delivered';
                        UPDATE delivery_counts SET count = CASE state WHEN 'delivered' THEN 900 ELSE 0 END
                        """
                )
            }
            let distant = Timestamp(milliseconds: 0)
            let horizon = RetentionHorizon(
                events: Samples.now + .seconds(10_000),
                raw: distant,
                quarantine: distant,
                dedupe: distant
            )
            _ = try await store.prune(horizon)
            let first = try await store.pool.read { database in
                try Int64.fetchOne(database, sql: "SELECT min(block) FROM event_blocks")
            }
            #expect(try #require(first) == 501 / Block.events.size, "500 rows are a batch of retention")
            await store.close()
        }
    }

    /// A file of an older version: its rows are summed up little by little, and found all the while.
    @Test func rowsThatWereThereBeforeAreCaughtUpWith() async throws {
        var random = SplitMix64(seed: 8)
        try await TemporaryStore.with { temporary in
            var store = try SQLiteEventStore(path: temporary.path)
            try await Self.fill(store, &random)
            let query = EventQuery(shop: "rare", limit: 500)
            let expected = try await store.events(query)
            try await store.pool.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM event_blocks; DELETE FROM delivery_blocks;
                        UPDATE used_numbers SET highest = 0 WHERE name IN ('event_blocks', 'delivery_blocks')
                        """
                )
            }
            await store.close()
            store = try SQLiteEventStore(path: temporary.path)
            #expect(try await store.events(query) == expected)
            _ = try await store.capture(Samples.capture(Samples.event(2000)))
            #expect(try await store.events(query) == expected)
            let blocks = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT max(block) FROM event_blocks") }
            #expect(blocks == 6)
            await store.close()
        }
    }
}
