// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// What a block's summary says is what its rows say, whether it was gathered on the way or read from them.
@Suite(.timeLimit(.minutes(2))) struct BlockTallyTests {
    @Test func summariesSayWhatTheRowsSay() async throws {
        var random = SplitMix64()
        let seed = random.seed
        try await TemporaryStore.with { temporary in
            var store = try SQLiteEventStore(path: temporary.path)
            var number = 0
            // Ends and begins in the middle of blocks; the first block after a start is read from its rows.
            for _ in 0..<4 {
                for _ in 0..<Int.random(in: 100...400, using: &random) {
                    number += 1
                    // Many at once, so that a transaction may hold whole blocks, and times that go back.
                    let events = (0..<(random.next() % 40 == 0 ? 300 : 1)).map { _ in
                        number += 1
                        return Samples.event(
                            number,
                            type: random.next() % 5 == 0 ? .paymentPaid : .paymentPending,
                            shop: random.next() % 30 == 0 ? "rare" : "nordic",
                            receivedAt: Samples.now + .seconds(Int.random(in: -5000...5000, using: &random))
                        )
                    }
                    try await withThrowingTaskGroup(of: Void.self) { [store] group in
                        for event in events {
                            group.addTask { _ = try await store.capture(Samples.capture(event)) }
                        }
                        try await group.waitForAll()
                    }
                }
                await store.close()
                store = try SQLiteEventStore(path: temporary.path)
            }
            let written = try await store.pool.read { database in
                try Row.fetchAll(database, sql: "SELECT * FROM event_blocks ORDER BY 1, 2, 3, 4, 5").map(\.description)
            }
            let read = try await store.pool.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT sequence / \(Block.events.size) AS block, provider, source, shop, type,
                            min(received_at) AS first_at, max(received_at) AS last_at FROM events
                        WHERE block < (SELECT highest FROM used_numbers WHERE name = 'event_blocks')
                        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
                        """
                )
                .map(\.description)
            }
            #expect(written == read && written.count > 10, "seed \(seed)")
            await store.close()
        }
    }

    @Test func aBlockThatWasNotSeenWholeIsNotKnown() {
        var tally = BlockTally()
        let size = Block.events.size
        for sequence in (size - 1)...(3 * size) {
            tally.note(Samples.event(receivedAt: Samples.now + .seconds(Int(sequence))), sequence: sequence)
        }
        let kind = BlockTally.Kind(provider: "cryptomus", source: "main", shop: "nordic", type: "payment.pending")
        let first = Samples.now.milliseconds + size * 1000
        #expect(tally.times(in: 0) == nil)
        #expect(tally.times(in: 1) == [kind: first...first + (size - 1) * 1000])
        tally.forget(before: 2)
        #expect(tally.times(in: 1) == nil && tally.times(in: 2)?.count == 1)
    }
}
