// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletEngine

/// What a reload changes for deliveries that exist already: nothing.
@Suite(.timeLimit(.minutes(1))) struct ReloadTests {
    private func shape(_ text: String) throws -> EventShape {
        let problems = SettingsProblems()
        let value = try JSONReader.read(Array(text.utf8), maxDepth: 16)
        return try #require(EventShape.read(value, at: "$.shape", into: problems))
    }

    private func filter(_ text: String) throws -> EventFilter {
        let problems = SettingsProblems()
        let value = try JSONReader.read(Array(text.utf8), maxDepth: 16)
        return try #require(EventFilter.read(value, at: "$.filter", into: problems))
    }

    @Test func aDeliveryKeepsTheBodyThatItWasMadeWith() async throws {
        var endpoint = EngineHarness.endpoint("ledger", schedule: [.seconds(5), .seconds(5)], jitter: 0)
        endpoint.shape = try shape(#"{ "old": { "pick": "merchant_order_id" } }"#)
        endpoint.filter = try filter(#"{ "member": "merchant_order_id", "equals": "A" }"#)
        let first = try await EngineHarness.start([endpoint])
        first.transport.set("ledger", .answer(500))
        await first.receive(order: "A")
        await first.receive(order: "B")
        try await first.settle()
        endpoint.shape = try shape(#"{ "new": { "pick": "merchant_order_id" } }"#)
        endpoint.filter = try filter(#"{ "member": "merchant_order_id", "equals": "B" }"#)
        endpoint.includeRaw = true
        first.topology.exchange(
            Topology(
                sources: [Topology.Source(provider: PlainProvider(), shop: { _ in "nordic" })],
                subscribers: try await first.dispatcher.update([endpoint])
            )
        )
        try await first.pass(.seconds(5))
        try await first.stop(keepingFolder: true)
        let second = try await EngineHarness.start([endpoint], folder: first.folder, clock: first.clock)
        await second.receive(order: "C")
        try await second.pass(.seconds(30))
        let bodies = (first.transport.sent(to: "ledger") + second.transport.sent(to: "ledger")).map(\.text)
        #expect(bodies == Array(repeating: #"{"old":"A"}"#, count: 3))
        try await second.stop()
    }

    @Test func whatComesAfterAReloadHasTheNewBodyAndFilter() async throws {
        var endpoint = EngineHarness.endpoint("ledger")
        let harness = try await EngineHarness.start([endpoint])
        endpoint.shape = try shape(#"{ "id": { "pick": "merchant_order_id" } }"#)
        endpoint.filter = try filter(#"{ "member": "merchant_order_id", "equals": "B" }"#)
        harness.topology.exchange(
            Topology(
                sources: [Topology.Source(provider: PlainProvider(), shop: { _ in "nordic" })],
                subscribers: try await harness.dispatcher.update([endpoint])
            )
        )
        await harness.receive(order: "A")
        await harness.receive(order: "B")
        try await harness.settle()
        #expect(harness.transport.sent(to: "ledger").map(\.text) == [#"{"id":"B"}"#])
        try await harness.stop()
    }
}
