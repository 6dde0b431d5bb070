// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// Clocks that are set while the gateway runs, and while it does not.
@Suite(.timeLimit(.minutes(1))) struct ClockRuleTests {
    private static let endpoints = [
        EngineHarness.endpoint("ledger", events: "payment.*", schedule: [.seconds(60), .seconds(60)], jitter: 0),
        EngineHarness.endpoint("ops", events: "endpoint.disabled"),
    ]

    @Test(arguments: [-86_400, 86_400])
    func settingTheWallClockMovesNoRetry(_ jump: Int64) async throws {
        let (clock, wall) = (ManualClock(), ManualClock())
        let harness = try await EngineHarness.start(
            Self.endpoints,
            clock: clock,
            wall: wall,
            transport: SteeredTransport(clock: clock, wall: wall)
        )
        let start = clock.now()
        harness.transport.set("ledger", .answer(500, retryAfter: "90"), .answer(200))
        await harness.receive(order: "A")
        try await harness.settle()
        wall.set(to: start + .seconds(jump))
        try await harness.pass(.seconds(89))
        #expect(harness.transport.sent(to: "ledger").count == 1)
        try await harness.pass(.seconds(1))
        #expect(harness.transport.sent(to: "ledger").map(\.at) == [start, start + .seconds(90)])
        // Signatures and news are dated by the wall clock, and news is due at once all the same.
        #expect(harness.transport.sent(to: "ledger").map(\.timestamp).last == "\((start + .seconds(jump)).seconds)")
        _ = await harness.dispatcher.disable(EndpointID("ledger"))
        try await harness.settle()
        let news = try #require(harness.transport.sent(to: "ops").first)
        #expect(news.text.contains((start + .seconds(jump)).rfc3339))
        try await harness.stop()
    }

    @Test func aDateInRetryAfterIsMeasuredAgainstTheWallClock() async throws {
        let (clock, wall) = (ManualClock(), ManualClock())
        wall.set(to: clock.now() + .seconds(3600))
        let harness = try await EngineHarness.start(Self.endpoints, clock: clock, wall: wall)
        harness.transport.set("ledger", .answer(500, retryAfter: "Sat, 21 Nov 2026 20:05:00 GMT"))
        await harness.receive(order: "A")
        try await harness.settle()
        #expect(try await harness.deliveries("ledger").map(\.dueAt) == [clock.now() + .seconds(300)])
        try await harness.stop()
    }

    @Test func aClockSetBackOverARestartDelaysNothingBeyondItsLongestPause() async throws {
        let first = try await EngineHarness.start(Self.endpoints)
        first.transport.set("ledger", .answer(500))
        for number in 0..<6 { await first.receive(order: "\(number)") }
        try await first.settle()
        #expect(try await first.standing("ledger").state == .parked)
        try await first.stop(keepingFolder: true)
        let clock = ManualClock(now: first.clock.now() + .seconds(-30 * 86_400))
        let second = try await EngineHarness.start(Self.endpoints, folder: first.folder, clock: clock)
        let health = try await second.standing("ledger").health
        #expect(try #require(health.parkedUntil) <= clock.now() + .seconds(30))
        #expect(try #require(health.failingSince) <= clock.now())
        try await second.pass(.seconds(86_400 + 600))
        #expect(try await second.deliveries("ledger").allSatisfy { $0.state == .delivered })
        try await second.stop()
    }

    @Test func aClockFarAheadAfterARestartSendsWhatIsDueAtTheLanesPace() async throws {
        var endpoint = EngineHarness.endpoint("ledger", schedule: [.seconds(3600)], ratePerSecond: 5)
        endpoint.maxInFlight = 2
        let first = try await EngineHarness.start([endpoint])
        first.transport.set("ledger", .answer(404))
        for number in 0..<40 { await first.receive(order: "\(number)") }
        try await first.settle()
        try await first.stop(keepingFolder: true)
        let clock = ManualClock(now: first.clock.now() + .seconds(4 * 86_400))
        let second = try await EngineHarness.start([endpoint], folder: first.folder, clock: clock)
        let start = clock.now()
        try await second.pass(.seconds(120))
        #expect(try await second.deliveries("ledger").allSatisfy { $0.state == .delivered })
        let moments = second.transport.sent(to: "ledger").map(\.at)
        #expect(moments.count { $0 - start < .seconds(1) } <= 10)
        #expect(moments.count == 40)
        try await second.stop()
    }
}
