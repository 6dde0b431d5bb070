// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// `ordering: perObject`: for one payment one after the other, payments side by side.
@Suite(.timeLimit(.minutes(1))) struct OrderingTests {
    private static let schedule: [Duration] = [.seconds(5), .seconds(60)]

    private func endpoint(_ ordering: DeliveryOrdering = .perObject) -> Endpoint {
        EngineHarness.endpoint("ledger", schedule: Self.schedule, jitter: 0, ordering: ordering)
    }

    private func orders(_ harness: EngineHarness) -> [String] { harness.transport.sent(to: "ledger").map(\.order) }

    @Test func aPaymentThatFailsHoldsUpItselfOnly() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        harness.transport.decide("ledger") { $0.order == "p#1" && $0.attempt < 3 ? .answer(500) : .answer(200) }
        for order in ["p#1", "p#2", "q#1", "p#3", "q#2"] { await harness.receive(order: order) }
        try await harness.settle()
        #expect(orders(harness).filter { $0.hasPrefix("p") } == ["p#1"])
        #expect(orders(harness).filter { $0.hasPrefix("q") } == ["q#1", "q#2"])
        try await harness.pass(.seconds(5))
        #expect(orders(harness).filter { $0.hasPrefix("p") } == ["p#1", "p#1"])
        try await harness.pass(.seconds(60))
        #expect(orders(harness).filter { $0.hasPrefix("p") } == ["p#1", "p#1", "p#1", "p#2", "p#3"])
        try await harness.stop()
    }

    @Test func aDeathAndACancellationLetTheNextGo() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        harness.transport.decide("ledger") { ["p#1", "p#2"].contains($0.order) ? .answer(404) : .answer(200) }
        for number in 1...4 { await harness.receive(order: "p#\(number)") }
        try await harness.pass(.seconds(65))
        #expect(orders(harness) == ["p#1", "p#1", "p#1", "p#2"])
        let rows = try await harness.ordered("ledger")
        #expect(rows.map(\.state) == [.dead, .pending, .pending, .pending])
        #expect(try await harness.dispatcher.cancel(rows[1].id) == .cancelled(EndpointID("ledger")))
        try await harness.settle()
        #expect(orders(harness).suffix(2) == ["p#3", "p#4"])
        #expect(try await harness.ordered("ledger").map(\.state) == [.dead, .cancelled, .delivered, .delivered])
        try await harness.stop()
    }

    @Test func orderHoldsOverARestart() async throws {
        let first = try await EngineHarness.start([endpoint()])
        first.transport.set("ledger", .hang)
        for number in 1...3 { await first.receive(order: "p#\(number)") }
        try await first.settle()
        #expect(first.transport.hangingCount("ledger") == 1)
        await first.crash()
        let clock = ManualClock()
        let transport = SteeredTransport(clock: clock)
        transport.set("ledger", .answer(500), .answer(200))
        let second = try await EngineHarness.start(
            [endpoint()],
            folder: first.folder,
            clock: clock,
            transport: transport
        )
        try await second.settle()
        await second.receive(order: "p#4")
        try await second.pass(.seconds(10))
        #expect(orders(second) == ["p#1", "p#1", "p#2", "p#3", "p#4"])
        try await second.stop()
    }

    @Test func aReloadThatEndsTheOrderingLetsAllGo() async throws {
        let harness = try await EngineHarness.start([endpoint()])
        harness.transport.decide("ledger") { $0.order == "p#1" ? .answer(500) : .answer(200) }
        for number in 1...4 { await harness.receive(order: "p#\(number)") }
        try await harness.settle()
        #expect(orders(harness) == ["p#1"])
        _ = try await harness.dispatcher.update([endpoint(.none)])
        try await harness.settle()
        #expect(Set(orders(harness)) == ["p#1", "p#2", "p#3", "p#4"])
        try await harness.stop()
    }

    @Test func theWallClockDoesNotHoldUpTheNextOfALane() async throws {
        let (clock, wall) = (ManualClock(), ManualClock())
        wall.set(to: clock.now() + .seconds(7200))
        let harness = try await EngineHarness.start(
            [endpoint()],
            clock: clock,
            wall: wall,
            transport: SteeredTransport(clock: clock, wall: wall)
        )
        for number in 1...3 { await harness.receive(order: "p#\(number)") }
        try await harness.settle()
        #expect(orders(harness) == ["p#1", "p#2", "p#3"])
        try await harness.stop()
    }

    @Test func aThousandPaymentsFlowSideBySide() async throws {
        let harness = try await EngineHarness.start([
            EngineHarness.endpoint("ledger", schedule: Array(repeating: .seconds(5), count: 30), ordering: .perObject)
        ])
        harness.transport.decide("ledger") {
            $0.attempt == 1 && $0.delivery.hasSuffix("7") ? .answer(500) : .answer(200)
        }
        await withTaskGroup(of: Void.self) { group in
            for payment in 0..<1000 {
                group.addTask { for number in 1...3 { await harness.receive(order: "\(payment)#\(number)") } }
            }
        }
        try await harness.pass(.seconds(120))
        #expect(try await harness.store.statistics(now: harness.clock.now()).deliveries[.delivered] == 3000)
        let inOrder = Dictionary(grouping: orders(harness)) { $0.prefix { $0 != "#" } }
            .allSatisfy { $0.value == $0.value.sorted() && Set($0.value).count == 3 }
        #expect(inOrder)
        try await harness.stop()
    }
}
