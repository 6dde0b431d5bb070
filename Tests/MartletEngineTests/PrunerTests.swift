// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import MartletCore
import MartletStore
import MartletStoreSQLite
import MartletTesting
import Testing

@testable import MartletEngine

@Suite(.timeLimit(.minutes(1))) struct PrunerTests {
    /// Events so old that retention keeps nothing of them.
    private func run(events: Int, _ body: (Pruner, any EventStore) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteEventStore(path: folder.appendingPathComponent("martlet.db").path)
        for number in 1...events { _ = try await store.capture(Samples.capture(Samples.event(number))) }
        let day = Duration.seconds(86_400)
        let pruner = Pruner(
            store: store,
            clock: ManualClock(now: Samples.now + day * 400),
            topology: TopologyBox(Topology(sources: [], subscribers: [])),
            retention: Retention(
                events: day * 90,
                raw: day * 500,
                quarantine: day,
                dedupe: day * 500,
                audit: day * 500
            ),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await body(pruner, store)
        await store.close()
    }

    @Test func removesAllThatIsOldBatchByBatch() async throws {
        try await run(events: 250) { pruner, store in
            let removed = try await pruner.pruneNow()
            let left = try await store.events(EventQuery())
            let again = try await pruner.pruneNow()
            #expect(removed == 250)
            #expect(left.isEmpty)
            #expect(again == 0)
        }
    }

    @Test func stoppingEndsItAfterTheBatchUnderWay() async throws {
        try await run(events: 250) { pruner, store in
            await pruner.stop()
            let removed = try await pruner.pruneNow()
            let left = try await store.events(EventQuery(limit: 500))
            #expect(removed == 100)
            #expect(left.count == 150)
        }
    }

    /// What is sent with its raw callback is the same on every attempt.
    @Test func theRawCallbackStaysForADeliveryThatIsToSendIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try SQLiteEventStore(path: folder.appendingPathComponent("martlet.db").path)
        let other = EndpointID("other")
        for (number, endpoint) in [(1, Samples.ledger), (2, other)] {
            _ = try await store.capture(
                Samples.capture(Samples.event(number), deliveries: [Samples.delivery(endpoint)])
            )
        }
        var ledger = EngineHarness.endpoint("ledger")
        ledger.includeRaw = true
        let subscribers = [ledger, EngineHarness.endpoint("other")]
            .map { Topology.Subscriber(endpoint: $0, gate: LaneGate(capacity: 1)) }
        let day = Duration.seconds(86_400)
        let pruner = Pruner(
            store: store,
            clock: ManualClock(now: Samples.now + day * 40),
            topology: TopologyBox(Topology(sources: [], subscribers: subscribers)),
            retention: Retention(
                events: day * 90,
                raw: day * 30,
                quarantine: day,
                dedupe: day * 500,
                audit: day * 500
            ),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let removed = try await pruner.pruneNow()
        let kept = try await [store.event(Samples.eventID(1))?.raw, store.event(Samples.eventID(2))?.raw]
        await store.close()
        #expect(removed == 1)
        #expect(kept.map { $0 != nil } == [true, false])
    }
}
