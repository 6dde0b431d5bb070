// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// What the gateway tells of itself, and whom.
@Suite(.timeLimit(.minutes(1))) struct NewsTests {
    private func endpoints(_ schedule: [Duration]) -> [Endpoint] {
        ["endpoint.disabled", "endpoint.recovered", "delivery.dead"].map {
            EngineHarness.endpoint("on-" + $0.split(separator: ".")[1], events: $0, schedule: [])
        } + [
            EngineHarness.endpoint("all"),
            EngineHarness.endpoint("bad", events: "payment.*", schedule: schedule, jitter: 0),
        ]
    }

    private func told(_ harness: EngineHarness) -> [Int] {
        ["on-disabled", "on-recovered", "on-dead"].map { harness.transport.sent(to: $0).count }
    }

    @Test func disablingIsToldToThoseThatNameIt() async throws {
        let harness = try await EngineHarness.start(endpoints([.seconds(5)]))
        harness.transport.set("bad", .answer(410))
        await harness.receive(order: "A")
        try await harness.settle()
        #expect(told(harness) == [1, 0, 0])
        #expect(harness.transport.sent(to: "all").map(\.order) == ["A"], "who takes everything expects payments")
        let news = try #require(harness.transport.sent(to: "on-disabled").first)
        #expect(news.text.contains(#""type":"endpoint.disabled""#))
        #expect(news.text.contains(#""endpoint":"bad","reason":"gone""#))
        _ = await harness.dispatcher.enable(EndpointID("bad"))
        try await harness.pass(.seconds(1))
        _ = await harness.dispatcher.disable(EndpointID("bad"))
        try await harness.pass(.seconds(1))
        #expect(told(harness) == [2, 0, 0])
        try await harness.stop()
    }

    @Test func recoveringIsToldOnce() async throws {
        let harness = try await EngineHarness.start(endpoints([.seconds(5), .seconds(5), .seconds(5)]))
        let start = harness.clock.now()
        harness.transport.set("bad", .answer(500), .answer(500), .answer(200))
        await harness.receive(order: "A")
        try await harness.pass(.seconds(60))
        await harness.receive(order: "B")
        try await harness.settle()
        #expect(told(harness) == [0, 1, 0])
        let news = try #require(harness.transport.sent(to: "on-recovered").first)
        #expect(news.text.contains(#""failing_since":"\#(start.rfc3339)""#))
        try await harness.stop()
    }

    @Test func aDeathIsToldButNotThatOfTheNewsItself() async throws {
        let harness = try await EngineHarness.start(endpoints([.seconds(5)]))
        harness.transport.set("bad", .answer(500))
        harness.transport.set("on-dead", .answer(500))
        await harness.receive(order: "A")
        try await harness.pass(.seconds(60))
        #expect(told(harness) == [0, 0, 1])
        #expect(try await harness.deliveries("on-dead").map(\.state) == [.dead])
        #expect(try await harness.store.events(EventQuery(type: "delivery.dead")).count == 1)
        let dead = try #require(try await harness.deliveries("bad").first)
        let news = try #require(harness.transport.sent(to: "on-dead").first)
        #expect(news.text.contains(#""delivery":"\#(dead.id)""#))
        #expect(news.text.contains(#""attempts":2,"outcome":"http_5xx""#))
        // Given up once more after a retry, it is news again.
        #expect(try await harness.dispatcher.retry(dead.id) == .due(EndpointID("bad")))
        try await harness.pass(.seconds(60))
        #expect(told(harness) == [0, 0, 2])
        #expect(harness.transport.sent(to: "bad").map(\.attempt) == [1, 2, 3, 4])
        try await harness.stop()
    }

    @Test func aDisabledEndpointsOwnNewsIsSkipped() async throws {
        let endpoint = EngineHarness.endpoint("self", events: "endpoint.disabled")
        let harness = try await EngineHarness.start([endpoint])
        _ = await harness.dispatcher.disable(EndpointID("self"))
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("self").map(\.state) == [.skipped])
        try await harness.stop()
    }
}
