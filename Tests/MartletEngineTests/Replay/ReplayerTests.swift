// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// Deliveries made again, at their pace, through everything that may happen meanwhile.
@Suite(.timeLimit(.minutes(2))) struct ReplayerTests {
    private static let ledger = EndpointID("ledger")

    private func endpoint(_ id: String = "ledger", ordering: DeliveryOrdering = .none) -> Endpoint {
        EngineHarness.endpoint(id, schedule: [], jitter: 0, ordering: ordering)
    }

    private func replay(_ selection: ReplaySelection = ReplaySelection(), rate: Double = 10) -> NewReplay {
        NewReplay(selection: selection, ratePerSecond: rate, reason: "test", createdBy: "ops", createdAt: Samples.now)
    }

    /// Takes in events while the endpoint answers 500 at once and for good.
    private func fail(_ orders: [String], _ harness: EngineHarness) async throws {
        harness.transport.set("ledger", .answer(500))
        for order in orders { await harness.receive(order: order) }
        // The breaker lets one through from time to time.
        while try await harness.store.statistics(now: harness.clock.now()).deliveries[.dead] != orders.count {
            try await harness.pass(.seconds(600))
        }
        harness.transport.set("ledger", .answer(200))
        _ = await harness.dispatcher.disable(Self.ledger)
        _ = await harness.dispatcher.enable(Self.ledger)
        try await harness.settle()
    }

    /// Takes in events while the endpoints are disabled.
    private func skip(_ orders: [String], _ harness: EngineHarness, hosts: [String] = ["ledger"]) async throws {
        for host in hosts { _ = await harness.dispatcher.disable(EndpointID(host)) }
        for order in orders { await harness.receive(order: order) }
        for host in hosts { _ = await harness.dispatcher.enable(EndpointID(host)) }
        try await harness.settle()
    }

    private func begin(_ replayer: Replayer, _ new: NewReplay) async throws -> ReplayID {
        let beginning = try await replayer.begin(new)
        guard case .begun(let id) = beginning else {
            Issue.record("\(beginning)")
            return ReplayID(number: 0)
        }
        return id
    }

    /// Lets time pass until the replay is as wanted.
    private func pass(
        _ harness: EngineHarness,
        _ id: ReplayID,
        step: Duration = .milliseconds(100),
        until isReached: (StoredReplay) -> Bool
    ) async throws -> StoredReplay {
        while true {
            try Task.checkCancellation()
            let stored = try #require(try await harness.store.replay(id))
            if isReached(stored) { return stored }
            try await harness.pass(step)
        }
    }

    @Test func everythingDeadGoesAgainAtItsRateAndIsLinkedToTheOld() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        try await fail((1...30).map { "order-\($0)" }, harness)
        let old = try await harness.ordered("ledger").map(\.id)
        let sentBefore = harness.transport.sent.count
        let replayer = harness.replayer()
        try await replayer.start()
        let began = harness.clock.now()
        let id = try await begin(replayer, replay(rate: 10))
        let done = try await pass(harness, id) { $0.finishedAt != nil }
        #expect(done.state == .done)
        #expect(done.counts == ReplayCounts(total: 30, made: 30, delivered: 30))
        let made = try await harness.ordered("ledger").filter { $0.replay == id }
        #expect(made.compactMap(\.replayOf) == old)
        let sent = harness.transport.sent.dropFirst(sentBefore)
        #expect(sent.count == 30)
        #expect(sent.map(\.order) == (1...30).map { "order-\($0)" }, "oldest first")
        // 30 at 10 in a second, of which two may go at once.
        #expect(harness.clock.now() - began >= .milliseconds(2700))
        #expect(try await replayer.steer(id, to: .paused) == .refused(.done))
        await replayer.stop()
        try await harness.stop()
    }

    @Test func anEndpointThatIsDownHoldsUpNoOtherAndGetsNoMoreThanItTakes() async throws {
        let harness = try await EngineHarness.start([endpoint("ledger"), endpoint("shop")])
        try await skip((1...40).map { "order-\($0)" }, harness, hosts: ["ledger", "shop"])
        harness.transport.set("ledger", .hang)
        let replayer = harness.replayer(maxWaiting: 20)
        let id = try await begin(replayer, replay(rate: 1000))
        let stuck = try await pass(harness, id) { $0.parts.last?.counts.delivered == 40 }
        let counts = try #require(stuck.parts.first?.counts)
        #expect(counts.waiting <= 20 && counts.delivered == 0 && counts.left >= 20)
        harness.transport.set("ledger", .answer(200))
        harness.transport.release("ledger")
        let done = try await pass(harness, id) { $0.finishedAt != nil }
        #expect(done.counts == ReplayCounts(total: 80, made: 80, delivered: 80))
        await replayer.stop()
        try await harness.stop()
    }

    @Test func aPausedOneMakesNothingAndACancelledOneTakesBackWhatWaits() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        try await skip((1...40).map { "order-\($0)" }, harness)
        let replayer = harness.replayer()
        let id = try await begin(replayer, replay(rate: 10))
        let running = try await pass(harness, id) { $0.counts.made >= 5 }
        #expect(running.state == .running)
        #expect(try await replayer.steer(id, to: .paused) == .done)
        let paused = try #require(try await harness.store.replay(id)).counts.made
        try await harness.pass(.seconds(30))
        #expect(try await harness.store.replay(id)?.counts.made == paused)
        #expect(try await replayer.steer(id, to: .running) == .done)
        _ = try await pass(harness, id) { $0.counts.made > paused }
        harness.transport.set("ledger", .hang)
        _ = try await pass(harness, id) { $0.counts.waiting >= 8 }
        #expect(try await replayer.steer(id, to: .cancelled) == .done)
        harness.transport.set("ledger", .answer(200))
        harness.transport.release("ledger")
        let done = try await pass(harness, id, step: .seconds(1)) { $0.finishedAt != nil }
        #expect(done.state == .cancelled && done.counts.waiting == 0 && done.counts.left > 0)
        #expect(done.counts.delivered + done.counts.cancelled == done.counts.made)
        await replayer.stop()
        try await harness.stop()
    }

    @Test func aDisabledEndpointIsWaitedFor() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        try await skip((1...10).map { "order-\($0)" }, harness)
        let replayer = harness.replayer()
        _ = await harness.dispatcher.disable(Self.ledger)
        let id = try await begin(replayer, replay())
        try await harness.pass(.seconds(20))
        #expect(try await harness.store.replay(id)?.counts == ReplayCounts(total: 10))
        _ = await harness.dispatcher.enable(Self.ledger)
        let done = try await pass(harness, id, step: .seconds(1)) { $0.finishedAt != nil }
        #expect(done.counts.delivered == 10)
        await replayer.stop()
        try await harness.stop()
    }

    @Test func aFullDiskIsWaitedFor() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        try await skip((1...10).map { "order-\($0)" }, harness)
        let replayer = harness.replayer()
        harness.faults.set(.replayStep, to: true)
        let id = try await begin(replayer, replay(rate: 100))
        try await harness.eventually { harness.faults.hits(.replayStep) > 0 }
        harness.faults.set(.replayStep, to: false)
        let done = try await pass(harness, id, step: .seconds(1)) { $0.finishedAt != nil }
        #expect(done.counts.delivered == 10)
        await replayer.stop()
        try await harness.stop()
    }

    @Test func whatWasSteeredGoesOnAlthoughItCouldNotBeReadBack() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        try await skip((1...20).map { "order-\($0)" }, harness)
        let replayer = harness.replayer()
        let id = try await begin(replayer, replay(rate: 10))
        _ = try await pass(harness, id) { $0.counts.made >= 5 }
        #expect(try await replayer.steer(id, to: .paused) == .done)
        harness.faults.set(.readReplay, to: true)
        #expect(try await replayer.steer(id, to: .running) == .done, "it is on disk")
        #expect(harness.faults.hits(.readReplay) > 0)
        harness.faults.set(.readReplay, to: false)
        let done = try await pass(harness, id, step: .seconds(1)) { $0.finishedAt != nil }
        #expect(done.counts.delivered == 20)
        await replayer.stop()
        try await harness.stop()
    }

    @Test func anEndpointThatAReloadTakesAwayAndChangesIsWaitedFor() async throws {
        let harness = try await EngineHarness.start([endpoint(), endpoint("shop")])
        try await skip((1...20).map { "order-\($0)" }, harness, hosts: ["ledger", "shop"])
        let replayer = harness.replayer()
        let id = try await begin(replayer, replay(rate: 20))
        let begun = try await pass(harness, id) { $0.counts.made >= 6 }
        let whole = harness.topology.current.subscribers
        func reload(_ subscribers: [Topology.Subscriber]) {
            let source = Topology.Source(provider: PlainProvider(), shop: { _ in "nordic" })
            harness.topology.exchange(Topology(sources: [source], subscribers: subscribers))
        }
        reload(whole.filter { $0.endpoint.id != Self.ledger })
        let alone = try await pass(harness, id, step: .seconds(1)) { $0.parts.last?.counts.delivered == 20 }
        #expect(alone.state == .running)
        #expect((alone.parts.first?.counts.made ?? 99) <= (begun.parts.first?.counts.made ?? 0) + 2)
        reload(
            whole.map { subscriber in
                var subscriber = subscriber
                if subscriber.endpoint.id == Self.ledger { subscriber.endpoint.shops = ["tashkent"] }
                return subscriber
            }
        )
        let done = try await pass(harness, id, step: .seconds(1)) { $0.finishedAt != nil }
        let ledger = try #require(done.parts.first?.counts)
        #expect(ledger.otherShop == 20 - ledger.made && ledger.otherShop > 0 && ledger.left == 0)
        #expect(ledger.delivered == ledger.made)
        await replayer.stop()
        try await harness.stop()
    }

    @Test func anEndpointThatFailsAgainGetsEachOnceMoreAndAllAreCounted() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        let orders = (1...8).map { "order-\($0)" }
        try await skip(orders, harness)
        harness.transport.set("ledger", .answer(500))
        let replayer = harness.replayer(maxWaiting: 3)
        let id = try await begin(replayer, replay(rate: 1000))
        var most = 0
        let done = try await pass(harness, id, step: .seconds(600)) { stored in
            most = max(most, stored.counts.waiting)
            return stored.finishedAt != nil
        }
        #expect(most <= 3)
        #expect(done.counts == ReplayCounts(total: 8, made: 8, dead: 8))
        #expect(try await harness.store.statistics(now: harness.clock.now()).deliveries[.dead] == 8)
        harness.transport.set("ledger", .answer(200))
        _ = await harness.dispatcher.disable(Self.ledger)
        _ = await harness.dispatcher.enable(Self.ledger)
        let second = try await begin(replayer, replay(rate: 1000))
        let mended = try await pass(harness, second, step: .seconds(1)) { $0.finishedAt != nil }
        #expect(mended.counts == ReplayCounts(total: 8, made: 8, delivered: 8), "each once, not twice")
        await replayer.stop()
        try await harness.stop()
    }

    /// Deaths at random moments: nothing is made twice, nothing is left out, and a payment's order holds.
    @Test func crashesAtRandomMomentsNeitherRepeatNorSkip() async throws {
        let seed = UInt64.random(in: 1...UInt64.max)
        print("replay crash test: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let endpoints = [endpoint("ledger"), endpoint("lanes", ordering: .perObject)]
        var harness = try await EngineHarness.start(endpoints)
        let orders = (0..<300).map { "p\($0 % 7)#\(1000 + $0)" }
        try await skip(orders, harness, hosts: ["ledger", "lanes"])
        var replayer = harness.replayer(maxWaiting: 40)
        let id = try await begin(replayer, replay(rate: 200))
        var crashes = 0
        var made = 0
        while try await harness.store.replay(id)?.finishedAt == nil {
            if crashes < 12, Int.random(in: 0..<3, using: &random) == 0 {
                await replayer.stop()
                await harness.crash()
                crashes += 1
                harness = try await EngineHarness.start(
                    endpoints,
                    folder: harness.folder,
                    clock: ManualClock(now: harness.clock.now())
                )
                replayer = harness.replayer(maxWaiting: 40)
                try await replayer.start()
            }
            for _ in 0..<Int.random(in: 0..<200, using: &random) { await Task.yield() }
            try await harness.pass(.milliseconds(Int64.random(in: 1...300, using: &random)))
            let now = try #require(try await harness.store.replay(id)).counts.made
            #expect(now >= made, "what was made stays made")
            made = now
        }
        let done = try #require(try await harness.store.replay(id))
        #expect(done.counts == ReplayCounts(total: 600, made: 600, delivered: 600))
        for host in ["ledger", "lanes"] {
            let rows = try await harness.ordered(host)
            let old = rows.filter { $0.replay == nil }.map(\.id)
            let new = rows.filter { $0.replay == id }
            #expect(new.compactMap(\.replayOf) == old, "\(host): each once, oldest event first")
            #expect(new.allSatisfy { $0.state == .delivered })
        }
        #expect(crashes > 3)
        await replayer.stop()
        try await harness.stop()
    }
}

extension EngineHarness {
    /// The part that makes deliveries again, on this engine.
    func replayer(maxWaiting: Int = 500) -> Replayer {
        Replayer(
            executor: QueueExecutor(label: "martlet.test.replay"),
            store: store,
            dispatcher: dispatcher,
            topology: topology,
            clock: clock,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            maxWaiting: maxWaiting
        )
    }
}
