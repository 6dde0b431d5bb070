// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// What an endpoint's answers ask of the gateway.
@Suite(.timeLimit(.minutes(1))) struct EtiquetteTests {
    private func start(_ behaviours: SteeredTransport.Behaviour, maxInFlight: Int = 16) async throws -> EngineHarness {
        let endpoint = EngineHarness.endpoint(
            "busy",
            schedule: [.seconds(5), .seconds(5), .seconds(5), .seconds(5)],
            jitter: 0,
            maxInFlight: maxInFlight
        )
        let harness = try await EngineHarness.start([endpoint])
        harness.transport.set("busy", behaviours)
        return harness
    }

    @Test(
        arguments: [
            ("120", 120), ("Sat, 21 Nov 2026 19:02:00 GMT", 120), ("Saturday, 21-Nov-26 19:02:00 GMT", 120),
            ("Sat Nov 21 19:02:00 2026", 120), ("1", 5), ("Sat, 21 Nov 2026 18:00:00 GMT", 5), ("soon", 5), ("-3", 5),
            ("999999999999999999999", 86_400), ("Fri, 21 Nov 2036 19:00:00 GMT", 86_400),
        ]
    )
    func retryAfterOnlyMakesTheNextAttemptLater(_ header: String, seconds: Int64) async throws {
        let harness = try await start(.answer(500, retryAfter: header))
        let start = harness.clock.now()
        await harness.receive(order: "A")
        try await harness.settle()
        #expect(try await harness.deliveries("busy").map(\.dueAt) == [start + .seconds(seconds)])
        // The delivery waits; others do not, for 500 says nothing of them.
        await harness.receive(order: "B")
        try await harness.settle()
        #expect(harness.transport.sent(to: "busy").count == 2)
        try await harness.stop()
    }

    @Test func aRedirectIsAFailureAndNotFollowed() async throws {
        let harness = try await start(.answer(308))
        await harness.receive(order: "A")
        try await harness.pass(.seconds(60))
        #expect(harness.transport.sent(to: "busy").map(\.attempt) == [1, 2, 3, 4, 5])
        #expect(try await harness.deliveries("busy").map(\.state) == [.dead])
        #expect(try await harness.deliveries("busy").map(\.lastOutcome) == ["http_3xx"])
        try await harness.stop()
    }

    @Test func a4xxIsNotedAndTriedAgain() async throws {
        let harness = try await start(.answer(422))
        let start = harness.clock.now()
        await harness.receive(order: "A")
        try await harness.pass(.seconds(5))
        let note = try #require(try await harness.store.endpointHealth()[EndpointID("busy")]?.rejecting)
        #expect(note.status == 422)
        #expect(note.since == start)
        #expect(harness.transport.sent(to: "busy").count == 2)
        #expect(try await harness.standing("busy").health.rejecting?.latest == harness.clock.now())
        try await harness.stop()
    }

    @Test func a503HalvesTheRequestsAtOnceAndSuccessesBringThemBack() async throws {
        let harness = try await start(.hang, maxInFlight: 8)
        for number in 0..<30 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        harness.transport.releaseFirst("busy", .answer(503))
        for _ in 0..<3 { harness.transport.releaseFirst("busy") }
        try await harness.settle()
        #expect(harness.transport.sent(to: "busy").count == 8, "four at once are still too many")
        #expect(harness.transport.hangingCount("busy") == 4)
        #expect(try await harness.standing("busy").state == .slowed)
        harness.transport.releaseFirst("busy")
        try await harness.settle()
        #expect(harness.transport.hangingCount("busy") == 5, "four successes have earned one more")
        harness.transport.set("busy", .answer(200))
        harness.transport.release("busy")
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("busy").allSatisfy { $0.state == .delivered })
        #expect(try await harness.standing("busy").state == .active)
        try await harness.stop()
    }

    @Test func a429HoldsTheWholeLaneAsLongAsItAsks() async throws {
        let harness = try await start(.answer(429, retryAfter: "60"))
        let start = harness.clock.now()
        await harness.receive(order: "A")
        try await harness.settle()
        harness.transport.set("busy", .answer(200))
        await harness.receive(order: "B")
        try await harness.pass(.seconds(59))
        #expect(harness.transport.sent(to: "busy").count == 1)
        #expect(try await harness.standing("busy").heldUntil == start + .seconds(60))
        #expect(try await harness.standing("busy").state == .slowed)
        try await harness.pass(.seconds(1))
        #expect(try await harness.deliveries("busy").allSatisfy { $0.state == .delivered })
        try await harness.stop()
    }

    @Test func aHoldOfTheLaneEndsAfterTenMinutesThoughItsDeliveryWaitsForADay() async throws {
        let harness = try await start(.answer(503, retryAfter: "86400"))
        let start = harness.clock.now()
        await harness.receive(order: "A")
        try await harness.settle()
        harness.transport.set("busy", .answer(200))
        await harness.receive(order: "B")
        try await harness.pass(.seconds(600))
        #expect(harness.transport.sent(to: "busy").map { $0.at - start } == [.zero, .seconds(600)])
        try await harness.pass(.seconds(86_400 - 600))
        #expect(harness.transport.sent(to: "busy").map { $0.at - start }.last == .seconds(86_400))
        try await harness.stop()
    }

    @Test func aFailingProxyCostsNeitherAttemptsNorGoodStanding() async throws {
        let harness = try await start(.fail(.proxy))
        for number in 0..<8 { await harness.receive(order: "\(number)") }
        try await harness.pass(.seconds(900))
        let sent = harness.transport.sent(to: "busy").count
        #expect(sent > 8 && sent < 300, "tried again, and not without a pause")
        #expect(try await harness.deliveries("busy").allSatisfy { $0.state == .pending && $0.attempts == 0 })
        let standing = try await harness.standing("busy")
        #expect(standing.health == EndpointHealth.Saved())
        harness.transport.set("busy", .answer(200))
        try await harness.pass(.seconds(120))
        #expect(try await harness.deliveries("busy").allSatisfy { $0.state == .delivered && $0.attempts == 1 })
        #expect(harness.transport.sent(to: "busy").allSatisfy { $0.attempt == 1 })
        try await harness.stop()
    }
}
