// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// The second half of the way, with time in the test's hand.
@Suite(.timeLimit(.minutes(1))) struct DispatcherTests {
    @Test func endpointsThatFailOrHangDoNotDelayAThird() async throws {
        let clock = ManualClock()
        let transport = SteeredTransport(clock: clock)
        transport.set("failing", .fail(.connect), .answer(500), .fail(.timeout), .answer(200))
        transport.set("hanging", .hang)
        let schedule: [Duration] = [.seconds(5), .seconds(300), .seconds(1800), .seconds(7200)]
        let harness = try await EngineHarness.start(
            [
                EngineHarness.endpoint("failing", events: "payment.paid", schedule: schedule),
                EngineHarness.endpoint("hanging", maxInFlight: 1), EngineHarness.endpoint("healthy"),
            ],
            clock: clock,
            transport: transport
        )
        let start = clock.now()
        #expect(await harness.receive(order: "A").status == 200)
        try await harness.eventually { try await harness.deliveries("healthy").allSatisfy { $0.state == .delivered } }
        #expect(transport.sent(to: "healthy").map(\.at) == [start])

        // The failing endpoint's second, third and fourth attempt come within the jitter of its schedule; at each of
        // those moments the healthy one gets a new event without any time passing.
        for (number, pause) in [(2, Int64(5)), (3, 300), (4, 1800)] {
            let moment = clock.now()
            try await harness.eventually { try await harness.deliveries("failing").contains { $0.state == .pending } }
            try await harness.eventually { clock.nextDeadline != nil }
            let due = try #require(clock.nextDeadline)
            #expect(due >= moment + .milliseconds(pause * 800))
            #expect(due <= moment + .milliseconds(pause * 1200))
            await clock.advance(to: due)
            try await harness.eventually { transport.sent(to: "failing").count { $0.attempt == number } == 1 }
            #expect(await harness.receive(order: "during-\(number)").status == 200)
            try await harness.eventually { transport.sent(to: "healthy").count == number }
            #expect(transport.sent(to: "healthy").last?.at == clock.now())
        }
        try await harness.eventually {
            try await harness.deliveries("failing").contains { $0.attempts == 4 && $0.state == .delivered }
        }
        #expect(transport.sent(to: "hanging").count == 1)
        try await harness.stop()
    }

    @Test func isDeadWhenTheScheduleIsUsedUp() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("down", schedule: [.seconds(5)])])
        harness.transport.set("down", .answer(404))
        await harness.receive(order: "A")
        try await harness.eventually { harness.clock.nextDeadline != nil }
        await harness.clock.advance(by: .seconds(6))
        try await harness.eventually { try await harness.deliveries("down").first?.state == .dead }
        #expect(harness.transport.sent(to: "down").map(\.attempt) == [1, 2])
        #expect(harness.clock.pendingTimers == 0)
        try await harness.stop()
    }

    @Test func retryAfterMakesTheNextAttemptLaterAndRedirectsAreFailures() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("busy")])
        harness.transport.set("busy", .answer(503, retryAfter: "120"), .answer(302), .answer(200))
        let start = harness.clock.now()
        await harness.receive(order: "A")
        try await harness.eventually { harness.clock.nextDeadline != nil }
        #expect(harness.clock.nextDeadline == start + .seconds(120))
        await harness.clock.advance(by: .seconds(120))
        try await harness.eventually { try await harness.deliveries("busy").first?.lastOutcome == "http_3xx" }
        await harness.clock.advance(by: .seconds(400))
        try await harness.eventually { try await harness.deliveries("busy").first?.state == .delivered }
        try await harness.stop()
    }

    @Test func aBacklogStaysInTheStoreBeyondTheWindow() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("slow", maxInFlight: 2)], window: 16)
        harness.transport.set("slow", .hang)
        for number in 0..<100 { await harness.receive(order: "\(number)") }
        #expect(harness.transport.sent(to: "slow").count == 2)
        let gate = try #require(harness.topology.current.subscribers.first?.gate)
        #expect(gate.places <= 16)
        let rows = try await harness.deliveries("slow")
        #expect(rows.count { $0.state == .inFlight } == 16)
        #expect(rows.count { $0.state == .pending } == 84)

        harness.transport.set("slow", .answer(200))
        harness.transport.release("slow")
        try await harness.eventually {
            try await harness.deliveries("slow").allSatisfy { $0.state == .delivered }
        }
        #expect(Set(harness.transport.sent(to: "slow").map(\.eventID)).count == 100)
        #expect(harness.transport.sent(to: "slow").count == 100)
        try await harness.eventually { gate.places == 0 }
        try await harness.stop()
    }

    @Test func newEventsDoNotOvertakeWhatIsDueInTheStore() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("slow", maxInFlight: 1)], window: 16)
        harness.transport.set("slow", .hang)
        for number in 0..<40 { await harness.receive(order: "old-\(number)") }
        // One request after the other is answered, and for each a new event comes in: the window never empties by itself.
        for number in 0..<60 {
            harness.transport.release("slow")
            await harness.receive(order: "new-\(number)")
            try await harness.eventually { harness.transport.hangingCount("slow") == 1 }
        }
        let sent = Set(harness.transport.sent(to: "slow").map(\.eventID))
        let old = try await harness.store.events(EventQuery(limit: 200)).filter {
            $0.merchantOrderID?.hasPrefix("old-") ?? false
        }
        #expect(old.count == 40)
        #expect(old.allSatisfy { sent.contains($0.id.rawValue) })
        try await harness.stop()
    }

    @Test func anAttemptThatTheStopCutsOffCostsTheDeliveryNothing() async throws {
        let clock = ManualClock()
        let first = try await EngineHarness.start([EngineHarness.endpoint("slow", schedule: [])], clock: clock)
        first.transport.set("slow", .hang)
        await first.receive(order: "A")
        try await first.eventually { first.transport.hangingCount("slow") == 1 }
        await first.dispatcher.stop(within: .zero)
        // What the transport reports of requests that it drops when it shuts down.
        first.transport.release("slow", status: 599)
        await first.store.close()
        let second = try await EngineHarness.start(
            [EngineHarness.endpoint("slow", schedule: [])],
            folder: first.folder,
            clock: clock
        )
        try await second.eventually { try await second.deliveries("slow").first?.state == .delivered }
        #expect(second.transport.sent(to: "slow").map(\.attempt) == [1])
        try await second.stop()
    }

    @Test func whatWasInFlightIsSentAgainAfterARestart() async throws {
        let clock = ManualClock()
        let first = try await EngineHarness.start([EngineHarness.endpoint("slow", maxInFlight: 1)], clock: clock)
        first.transport.set("slow", .hang)
        for number in 0..<10 { await first.receive(order: "\(number)") }
        try await first.stop(keepingFolder: true)

        let second = try await EngineHarness.start(
            [EngineHarness.endpoint("slow")],
            folder: first.folder,
            clock: clock
        )
        try await second.eventually { try await second.deliveries("slow").allSatisfy { $0.state == .delivered } }
        #expect(second.transport.sent(to: "slow").count == 10)
        #expect(second.transport.sent(to: "slow").allSatisfy { $0.attempt == 1 })
        try await second.stop()
    }

    @Test func anEndpointThatLeavesTheConfigurationKeepsItsBacklogInTheStore() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("leaver")])
        harness.transport.set("leaver", .fail(.connect))
        await harness.receive(order: "A")
        try await harness.eventually { harness.clock.nextDeadline != nil }
        _ = try await harness.dispatcher.update([])
        #expect(harness.clock.nextDeadline == nil)
        await harness.clock.advance(by: .seconds(3600))
        #expect(harness.transport.sent(to: "leaver").count == 1)
        #expect(try await harness.deliveries("leaver").map(\.state) == [.pending])

        harness.transport.set("leaver", .answer(200))
        _ = try await harness.dispatcher.update([EngineHarness.endpoint("leaver")])
        try await harness.eventually { try await harness.deliveries("leaver").first?.state == .delivered }
        try await harness.stop()
    }

    @Test func anIdleDispatcherHasNoTimer() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("healthy")])
        await harness.receive(order: "A")
        try await harness.eventually { try await harness.deliveries("healthy").first?.state == .delivered }
        #expect(harness.clock.pendingTimers == 0)
        try await harness.stop()
    }
}
