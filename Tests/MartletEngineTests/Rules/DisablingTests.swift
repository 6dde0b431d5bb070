// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// Endpoints that are disabled: by 410, by five days of failures, by an operator and by the configuration.
@Suite(.timeLimit(.minutes(1))) struct DisablingTests {
    @Test func anAnswer410DisablesUntilAnOperatorEnables() async throws {
        let first = try await EngineHarness.start([EngineHarness.endpoint("gone")])
        first.transport.set("gone", .answer(410))
        await first.receive(order: "A")
        try await first.settle()
        await first.receive(order: "B")
        try await first.pass(.seconds(86_400))
        #expect(try await first.ordered("gone").map(\.state) == [.pending, .skipped])
        #expect(first.transport.sent(to: "gone").count == 1)
        #expect(try await first.standing("gone").state == .disabled)
        try await first.stop(keepingFolder: true)

        let second = try await EngineHarness.start(
            [EngineHarness.endpoint("gone")],
            folder: first.folder,
            clock: first.clock
        )
        await second.receive(order: "C")
        try await second.pass(.seconds(3600))
        #expect(second.transport.sent(to: "gone").isEmpty)
        #expect(try await second.standing("gone").health.disabled?.reason == .gone)
        #expect(await second.dispatcher.enable(EndpointID("gone")) == true)
        try await second.settle()
        #expect(try await second.standing("gone").state == .ramping)
        try await second.pass(.seconds(60))
        #expect(try await second.ordered("gone").map(\.state) == [.delivered, .skipped, .skipped])
        #expect(second.transport.sent(to: "gone").map(\.attempt) == [2])
        try await second.stop()
    }

    @Test func fiveDaysOfFailuresDisableAndNotAMomentLess() async throws {
        let schedule = Array(repeating: Duration.seconds(43_200), count: 20)
        let harness = try await EngineHarness.start([EngineHarness.endpoint("down", schedule: schedule, jitter: 0)])
        harness.transport.set("down", .fail(.connect))
        await harness.receive(order: "A")
        let start = harness.clock.now()
        try await harness.pass(to: start + .seconds(5 * 86_400) + .milliseconds(-1))
        #expect(harness.transport.sent(to: "down").count == 10)
        #expect(try await harness.standing("down").health.disabled == nil)
        try await harness.pass(.milliseconds(1))
        #expect(try await harness.standing("down").health.disabled?.reason == .failing)
        try await harness.pass(.seconds(5 * 86_400))
        #expect(harness.transport.sent(to: "down").count == 11)
        #expect(try await harness.deliveries("down").map(\.state) == [.pending])
        try await harness.stop()
    }

    @Test func anOperatorDisablesEnablesAndHasWhatWasSkippedSent() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger", maxInFlight: 1)])
        let id = EndpointID("ledger")
        harness.transport.set("ledger", .hang)
        for number in 0..<4 { await harness.receive(order: "early-\(number)") }
        try await harness.settle()
        #expect(await harness.dispatcher.disable(EndpointID("nobody")) == nil)
        #expect(await harness.dispatcher.enable(id) == false)
        #expect(await harness.dispatcher.disable(id) == true)
        #expect(await harness.dispatcher.disable(id) == false)
        for number in 0..<5 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        #expect(
            try await harness.ordered("ledger").map(\.state)
                == [.inFlight, .pending, .pending, .pending] + Array(repeating: .skipped, count: 5)
        )
        // What is under way ends as it ends.
        harness.transport.set("ledger", .answer(200))
        harness.transport.release("ledger")
        try await harness.pass(.seconds(600))
        #expect(try await harness.deliveries("ledger").count { $0.state == .delivered } == 1)
        #expect(await harness.dispatcher.enable(id) == true)
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("ledger").count { $0.state == .delivered } == 4)
        #expect(try await harness.dispatcher.offerSkipped(of: id) == 5)
        #expect(try await harness.dispatcher.offerSkipped(of: id) == 0)
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("ledger").allSatisfy { $0.state == .delivered })
        let orders = harness.transport.sent(to: "ledger").map(\.order)
        #expect(orders == (0..<4).map { "early-\($0)" } + (0..<5).map { "\($0)" })
        try await harness.stop()
    }

    @Test func theConfigurationDisablesToo() async throws {
        var endpoint = EngineHarness.endpoint("ledger")
        endpoint.isEnabled = false
        let harness = try await EngineHarness.start([endpoint])
        await harness.receive(order: "A")
        try await harness.pass(.seconds(60))
        #expect(try await harness.deliveries("ledger").map(\.state) == [.skipped])
        #expect(harness.transport.sent(to: "ledger").isEmpty)
        try await harness.stop()
    }
}
