// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// The index by event id lags behind the events: memory has the rest, before and after a restart.
@Suite(.timeLimit(.minutes(2))) struct EventIDTests {
    @Test func knowsEveryEventWhereverItsIDStands() async throws {
        var random = SplitMix64(seed: UInt64.random(in: .min ... .max))
        let seed = random.seed
        try await TemporaryStore.with { temporary in
            var store = try SQLiteEventStore(path: temporary.path, indexRun: 40)
            var known: Set<Int> = []
            for _ in 0..<1500 {
                let number = Int(random.next() % 900)
                let outcome = try await store.capture(Samples.capture(Samples.event(number, id: id(number))))
                #expect((outcome == .duplicate) == known.contains(number), "event \(number), seed \(seed)")
                known.insert(number)
                if random.next() % 200 == 0 {
                    await store.close()
                    store = try SQLiteEventStore(path: temporary.path, indexRun: 40)
                }
            }
            for number in 0..<900 {
                #expect((try await store.event(id(number)) != nil) == known.contains(number), "seed \(seed)")
            }
            // A restart begins a run anew, with all that came since the last whole one; each new event moves two of them.
            let left = try #require(store.recent).count
            for number in 900..<(900 + left) {
                _ = try await store.capture(Samples.capture(Samples.event(number, id: id(number))))
                known.insert(number)
            }
            let recent = try #require(store.recent)
            let indexed = try await store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM event_ids") }
            #expect(recent.count <= 80, "a run takes what came before it, seed \(seed)")
            #expect((indexed ?? 0) + recent.count >= known.count, "seed \(seed)")
            let reader = try SQLiteEventStore.openReadOnly(path: temporary.path)
            for number in known.prefix(100) {
                let deliveries = try await reader.deliveries(DeliveryQuery(event: id(number)))
                #expect(deliveries.isEmpty)
                #expect(try await reader.event(id(number)) != nil, "without a writer, seed \(seed)")
            }
            await reader.close()
            await store.close()
        }
    }

    @Test func doesNotTakeAnEventForAnotherThatHasHalfOfItsID() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path, indexRun: 5)
            for number in 0..<30 { _ = try await store.capture(Samples.capture(Samples.event(number))) }
            let half = Samples.eventID(1).rawValue.prefix(20)
            let twin = Samples.event(100, id: EventID(rawValue: half + String(repeating: "f", count: 16)))
            #expect(try await store.event(twin.id) == nil)
            #expect(try await store.capture(Samples.capture(twin)) == .stored([]))
            #expect(try await store.capture(Samples.capture(Samples.event(1))) == .duplicate)
            await store.close()
        }
    }

    @Test func forgetsWithTheDedupeKeyOnly() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path, indexRun: 10)
            for number in 0..<35 {
                let event = Samples.event(number, receivedAt: Samples.now + .seconds(number))
                _ = try await store.capture(Samples.capture(event))
            }
            let never = Timestamp(milliseconds: 0)
            func prune(events: Timestamp, dedupe: Timestamp) async throws {
                let horizon = RetentionHorizon(events: events, raw: never, quarantine: never, dedupe: dedupe, batch: 7)
                while try await store.prune(horizon) > 0 {}
            }
            try await prune(events: Samples.now + .seconds(34), dedupe: never)
            for number in 0..<35 {
                #expect(try await store.capture(Samples.capture(Samples.event(number))) == .duplicate)
            }
            try await prune(events: Samples.now + .seconds(34), dedupe: Samples.now + .seconds(34))
            for number in 0..<34 {
                #expect(try await store.capture(Samples.capture(Samples.event(number))) == .stored([]))
            }
            #expect(try await store.capture(Samples.capture(Samples.event(34))) == .duplicate)
            await store.close()
        }
    }

    @Test func aRunSurvivesAWriteThatFails() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path, indexRun: 10)
            for number in 0..<60 {
                async let capture = store.capture(Samples.capture(Samples.event(number)))
                // Rolls the shared transaction back, when they share one.
                async let failure = storeError { () throws(StoreError) in
                    try await store.keep(Samples.hint(outcome: "unheard-of"))
                }
                #expect(try await capture == .stored([]))
                #expect(await failure?.label == "failed")
            }
            for number in 0..<60 {
                #expect(try await store.capture(Samples.capture(Samples.event(number))) == .duplicate)
            }
            await store.close()
        }
    }

    /// Ids in no order, as hashes are.
    private func id(_ number: Int) -> EventID {
        Samples.eventID(Int((UInt64(number) &* 0x9E37_79B9_7F4A_7C15) >> 2))
    }
}
