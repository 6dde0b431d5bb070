// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// The breaker over the whole engine: what it spends, when it probes, how it closes, and what a restart leaves of it.
@Suite(.timeLimit(.minutes(1))) struct BreakerRuleTests {
    private static let day = Duration.seconds(86_400)

    /// Twenty events for an endpoint that fails, one at a time; five attempts have opened its breaker.
    private func parked() async throws -> EngineHarness {
        let endpoint = EngineHarness.endpoint("down", schedule: [Self.day], jitter: 0, maxInFlight: 1)
        let harness = try await EngineHarness.start([endpoint])
        harness.transport.set("down", .answer(500))
        for number in 0..<20 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        #expect(harness.transport.sent(to: "down").count == 5)
        return harness
    }

    @Test func parksAfterFiveFailuresAndProbesWithOneRequestAtGrowingPauses() async throws {
        let harness = try await parked()
        let opened = harness.clock.now()
        #expect(try await harness.standing("down").state == .parked)
        #expect(try await harness.standing("down").health.parkedUntil == opened + .seconds(30))
        #expect(try await harness.deliveries("down").reduce(0) { $0 + $1.attempts } == 5)
        try await harness.pass(.seconds(2200))
        let probes = harness.transport.sent(to: "down").dropFirst(5)
        #expect(probes.map { ($0.at - opened).wholeMilliseconds / 1000 } == [30, 90, 210, 450, 930, 1530, 2130])
        #expect(Set(harness.transport.sent(to: "down").map(\.delivery)).count == 12, "each was due longest")
        #expect(try await harness.deliveries("down").reduce(0) { $0 + $1.attempts } == 12)
        #expect(try await harness.deliveries("down").allSatisfy { $0.state == .pending && $0.attempts <= 1 })
        try await harness.stop()
    }

    @Test func flowsSlowlyAtFirstAfterAProbeThatSucceeds() async throws {
        let endpoint = EngineHarness.endpoint("down", schedule: [Self.day], jitter: 0)
        let harness = try await EngineHarness.start([endpoint])
        harness.transport.set("down", .answer(500))
        for number in 0..<300 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        let before = harness.transport.sent(to: "down").count
        harness.transport.set("down", .answer(200))
        try await harness.pass(.seconds(29))
        #expect(harness.transport.sent(to: "down").count == before)
        try await harness.pass(.seconds(1))
        let closed = harness.clock.now()
        #expect(try await harness.standing("down").state == .ramping)
        #expect(try await harness.standing("down").health.parkedUntil == nil)
        try await harness.pass(.seconds(20))
        let seconds = harness.transport.sent(to: "down").dropFirst(before)
            .map { ($0.at - closed).wholeMilliseconds / 1000 }
        // The probe and two in the first second, and each second no more than twice the one before.
        for second in 0..<6 { #expect(seconds.count { $0 == second } <= (2 << second) + (2 << second) / 20 + 1) }
        #expect(seconds.count == 300 - before)
        try await harness.pass(.seconds(90))
        await harness.receive(order: "later")
        try await harness.settle()
        #expect(try await harness.standing("down").state == .active)
        try await harness.stop()
    }

    @Test func aFailureOnTheRampParksAgainForLonger() async throws {
        let harness = try await parked()
        harness.transport.set("down", .answer(200), .answer(500))
        try await harness.pass(.seconds(31))
        let standing = try await harness.standing("down")
        #expect(standing.state == .parked)
        let failed = try #require(harness.transport.sent(to: "down").last?.at)
        #expect(standing.health.parkedUntil == failed + .seconds(60))
        try await harness.stop()
    }

    @Test func staysParkedOverARestart() async throws {
        let first = try await parked()
        let until = first.clock.now() + .seconds(30)
        try await first.pass(.seconds(10))
        try await first.stop(keepingFolder: true)
        let endpoint = EngineHarness.endpoint("down", schedule: [Self.day], jitter: 0, maxInFlight: 1)
        let second = try await EngineHarness.start([endpoint], folder: first.folder, clock: first.clock)
        second.transport.set("down", .answer(500))
        await second.receive(order: "new")
        try await second.pass(to: until + .milliseconds(-1))
        #expect(second.transport.sent(to: "down").isEmpty)
        #expect(try await second.standing("down").state == .parked)
        try await second.pass(to: until)
        #expect(second.transport.sent(to: "down").map(\.at) == [until])
        #expect(try await second.standing("down").health.parkedUntil == until + .seconds(60))
        try await second.stop()
    }

    @Test func aLateSuccessBringsTheProbeForward() async throws {
        let endpoint = EngineHarness.endpoint("down", schedule: [Self.day], jitter: 0, maxInFlight: 6)
        let harness = try await EngineHarness.start([endpoint])
        harness.transport.set("down", .hang)
        for number in 0..<12 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        for _ in 0..<5 { harness.transport.releaseFirst("down", .answer(500)) }
        try await harness.settle()
        #expect(try await harness.standing("down").state == .parked)
        let sent = harness.transport.sent(to: "down").count
        harness.transport.releaseFirst("down")
        for _ in sent..<12 { harness.transport.releaseFirst("down") }
        try await harness.settle()
        #expect(harness.transport.sent(to: "down").count > sent)
        #expect(try await harness.standing("down").state != .parked)
        try await harness.stop()
    }
}
