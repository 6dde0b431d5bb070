// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// What the engine does while the store fails.
@Suite(.timeLimit(.minutes(1))) struct FaultyStoreTests {
    @Test func aCaptureThatCannotBeStoredIsAnswered503AndFreesItsPlaces() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")], faults: faults)
        faults.set(.capture, to: true)
        for error in 0..<300 {
            let answer = await harness.receive(order: "lost-\(error)")
            #expect(answer.status == 503)
            #expect(answer.body == Array("rejected".utf8))
            #expect(answer.retryAfter != nil)
        }
        #expect(harness.topology.current.subscribers.first?.gate.places == 0)
        #expect(harness.transport.sent(to: "ledger").isEmpty)
        faults.set(.capture, to: false)
        #expect(await harness.receive(order: "kept").status == 200)
        try await harness.eventually { try await harness.deliveries("ledger").first?.state == .delivered }
        try await harness.stop()
    }

    @Test func anAttemptThatCannotBeRecordedIsRecordedLaterAndNotMadeTwice() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")], faults: faults)
        faults.set(.record, to: true)
        await harness.receive(order: "A")
        try await harness.eventually { harness.clock.nextDeadline != nil }
        await harness.clock.advance(by: .seconds(1))
        try await harness.eventually { harness.clock.nextDeadline != nil }
        faults.set(.record, to: false)
        await harness.clock.advance(by: .seconds(1))
        try await harness.eventually { try await harness.deliveries("ledger").first?.state == .delivered }
        #expect(harness.transport.sent(to: "ledger").count == 1)
        try await harness.stop()
    }

    @Test func aClaimThatFailsIsMadeAgain() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")], faults: faults)
        harness.transport.set("ledger", .answer(500), .answer(200))
        await harness.receive(order: "A")
        try await harness.eventually { harness.clock.nextDeadline != nil }
        faults.set(.claim, to: true)
        await harness.clock.advance(by: .seconds(6))
        try await harness.eventually { faults.hits(.claim) >= 1 && harness.clock.nextDeadline != nil }
        faults.set(.claim, to: false)
        await harness.clock.advance(by: .seconds(1))
        try await harness.eventually { try await harness.deliveries("ledger").first?.state == .delivered }
        try await harness.stop()
    }

    @Test func aRefusalThatCannotBeKeptAsksTheProviderToComeAgain() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([], faults: faults)
        #expect(await harness.receive(order: "forged").status == 403)
        #expect(try await harness.store.quarantined(nil, limit: 5).count == 1)
        faults.set(.quarantine, to: true)
        #expect(await harness.receive(order: "forged").status == 503)
        try await harness.stop()
    }

    @Test func newsOfAnEndpointIsToldOnceTheStoreTakesIt() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start(
            [EngineHarness.endpoint("bad"), EngineHarness.endpoint("ops", events: "endpoint.disabled")],
            faults: faults
        )
        faults.set(.health, to: true)
        _ = await harness.dispatcher.disable(EndpointID("bad"))
        for _ in 0..<3 { try await harness.pass(.seconds(1)) }
        #expect(faults.hits(.health) == 4)
        #expect(harness.transport.sent(to: "ops").isEmpty)
        faults.set(.health, to: false)
        try await harness.pass(.seconds(10))
        #expect(harness.transport.sent(to: "ops").count == 1)
        #expect(try await harness.store.endpointHealth()[EndpointID("bad")]?.disabled?.reason == .byOperator)
        try await harness.stop()
    }

    @Test func whatCouldNotBeGivenBackIsGivenBackLater() async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([EngineHarness.endpoint("slow", maxInFlight: 1)], faults: faults)
        harness.transport.set("slow", .hang)
        for number in 0..<10 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        faults.set(.release, to: true)
        _ = await harness.dispatcher.disable(EndpointID("slow"))
        _ = await harness.dispatcher.enable(EndpointID("slow"))
        harness.transport.set("slow", .answer(200))
        harness.transport.release("slow")
        try await harness.pass(.seconds(5))
        #expect(harness.transport.sent(to: "slow").count == 1)
        faults.set(.release, to: false)
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("slow").allSatisfy { $0.state == .delivered })
        #expect(harness.transport.sent(to: "slow").count == 10)
        try await harness.stop()
    }
}
