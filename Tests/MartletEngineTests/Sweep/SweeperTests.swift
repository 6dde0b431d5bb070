// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// The daily comparison on a real store, with a manual clock that begins at 2026-11-21T19:00:00Z.
@Suite(.timeLimit(.minutes(1))) struct SweeperTests {
    @Test func aCallbackThatWasLostIsFoundAndDelivered() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
        let provider = ScriptedList()
        let engine = try await SweptEngine(harness, provider)
        for (id, finality) in [("known", Finality.final), ("open", .none)] {
            let event = provider.event(of: id, at: harness.clock.now(), finality: finality)
            _ = try await harness.store.capture(Samples.capture(event))
        }
        provider.lists([("known", "paid!"), ("lost", "paid"), ("open", "paid!"), ("known", "paid")])
        try await engine.pass(to: "2026-11-22T03:29:59Z")
        #expect(provider.requests.isEmpty, "nothing is asked before its time")
        try await engine.pass(to: "2026-11-22T03:30:00Z")
        let run = try await engine.finished()
        #expect(run.counts == SweepRecord.Counts(pages: 2, rows: 4, missed: 2))
        #expect(provider.requests.map(\.cursor) == [nil, "2"])
        try await harness.eventually { provider.polled.sorted() == ["lost", "open"] }
        try await harness.eventually { try await harness.deliveries("ledger").count == 2 }
        let event = try #require(try await harness.store.events(EventQuery(object: "lost")).first)
        #expect(event.shop == "tashkent" && event.providerStatus == "paid")
        #expect(
            engine.metrics.render(gauges: []).contains(#"martlet_sweep_missed_total{source="plain/main"} 2"#)
        )
        // The next day all of it is known.
        try await engine.pass(to: "2026-11-23T03:30:00Z")
        #expect(try await engine.finished(after: run.startedAt).counts.missed == 0)
        #expect(provider.polled.count == 2)
        try await engine.stop()
    }

    @Test func aRestartGoesOnWhereTheRunWas() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
        let provider = ScriptedList()
        provider.lists((1...6).map { ("o-\($0)", "paid") })
        let engine = try await SweptEngine(harness, provider)
        try await engine.pass(to: "2026-11-22T03:29:00Z")
        // The store fails after the first page has been compared.
        harness.faults.set(.saveSweep, to: true)
        try await engine.pass(to: "2026-11-22T03:30:00Z")
        try await harness.eventually { harness.faults.hits(.saveSweep) > 0 }
        await engine.sweeper.stop()
        await engine.watcher.stop(within: .seconds(1))
        await harness.dispatcher.stop(within: .zero)
        await harness.crash()
        let asked = provider.requests.count

        let again = try await EngineHarness.start(
            [EngineHarness.endpoint("ledger")],
            folder: harness.folder,
            clock: harness.clock
        )
        let restarted = try await SweptEngine(again, provider)
        let run = try await restarted.finished()
        #expect(run.counts.pages == 3 && run.counts.rows == 6)
        #expect(provider.requests.dropFirst(asked).map(\.cursor) == [nil, "2", "4"], "the page cut off comes again")
        try await again.eventually { try await again.deliveries("ledger").count == 6 }
        #expect(try await again.store.watches(WatchQuery()).count == 6, "none was planted twice")
        // A cursor that was recorded is gone on with.
        var record = try #require(try await again.store.sweeps().first)
        record.begin(at: again.clock.now())
        record.run?.cursor = "4"
        try await again.store.save(record)
        await restarted.sweeper.stop()
        let third = try await SweptEngine(again, provider)
        try await again.eventually { provider.requests.last?.cursor == "4" }
        _ = try await third.finished()
        #expect(provider.requests.count == asked + 4)
        await restarted.watcher.stop(within: .zero)
        try await third.stop()
    }

    @Test func troubleIsTriedAgainWithoutLosingThePlace() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedList()
        provider.lists([("a", "paid"), ("b", "paid"), ("c", "paid")])
        provider.fails([
            .failed(outcome: "timeout", pause: .seconds(90)), .failed(outcome: "http_5xx", pause: .seconds(135)),
            .deferred(.seconds(1)),
        ])
        let engine = try await SweptEngine(harness, provider)
        try await engine.pass(to: "2026-11-22T03:30:00Z")
        for (count, pause) in [(1, 90), (2, 135), (3, 1)] as [(Int, Int64)] {
            try await harness.eventually {
                let due = await engine.sweeper.standings().first?.due
                return provider.requests.count == count && due == harness.clock.now() + .seconds(pause)
            }
            await harness.clock.advance(by: .seconds(pause))
        }
        #expect(try await engine.finished().counts == SweepRecord.Counts(pages: 2, rows: 3, missed: 3))
        #expect(provider.requests.map(\.failures) == [0, 1, 2, 2, 0])
        #expect(Set(provider.requests.map(\.until)).count == 1, "one window from the first page to the last")
        try await engine.stop()
    }

    @Test func anOperatorSweepsAtAnyTime() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedList()
        let engine = try await SweptEngine(harness, provider)
        let start = harness.clock.now()
        await harness.clock.advance(by: .seconds(60))
        #expect(try await engine.sweeper.sweepNow(provider.source) == true)
        let run = try await engine.finished()
        #expect(run.startedAt == start + .seconds(60))
        #expect(provider.requests.first?.since == start, "what was before the source is not its news")
        let nobody = SourceID(provider: "plain", id: "second")
        #expect(try await engine.sweeper.sweepNow(nobody) == nil)
        let due = await engine.sweeper.standings().first?.due
        #expect(due == Timestamp(rfc3339: "2026-11-22T03:30:00Z"), "the daily run comes all the same")
        // One that waits after a failure goes on at once.
        provider.fails([.failed(outcome: "timeout", pause: .seconds(3600))])
        await harness.clock.advance(by: .seconds(60))
        #expect(try await engine.sweeper.sweepNow(provider.source) == true)
        try await harness.eventually { await engine.sweeper.standings().first?.record.lastOutcome == "timeout" }
        #expect(try await engine.sweeper.sweepNow(provider.source) == false)
        _ = try await engine.finished(after: run.startedAt)
        try await engine.stop()
    }

    @Test func aWatchThatIsHeldStaysHeld() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedList()
        provider.lists([("a", "paid")])
        let engine = try await SweptEngine(harness, provider)
        var plan = try provider.plan(Array("a".utf8), now: harness.clock.now())
        plan.watch.state = .held
        plan.watch.nextPollAt = nil
        _ = try await harness.store.register(plan, shop: "nordic", now: harness.clock.now())
        _ = try await engine.sweeper.sweepNow(provider.source)
        #expect(try await engine.finished().counts.missed == 1)
        #expect(try await harness.store.watches(WatchQuery()).map(\.watch.state) == [.held])
        #expect(provider.polled.isEmpty)
        try await engine.stop()
    }

    @Test func aClockThatIsSetBackBringsTheNextSweepForward() async throws {
        let harness = try await EngineHarness.start([])
        let provider = ScriptedList()
        let engine = try await SweptEngine(harness, provider)
        try await engine.pass(to: "2026-11-22T03:30:00Z")
        let run = try await engine.finished()
        try await engine.pass(to: "2026-11-22T04:00:00Z")
        harness.clock.set(to: harness.clock.now() - .seconds(400 * 86_400))
        // Noticed when the sweeper is woken, here by an operator, otherwise within the hour.
        #expect(try await engine.sweeper.sweepNow(provider.source) == false, "a run is due as it is")
        let again = try await engine.finished()
        #expect(again.startedAt < run.startedAt)
        #expect(provider.requests.count == 2)
        try await engine.stop()
    }
}
