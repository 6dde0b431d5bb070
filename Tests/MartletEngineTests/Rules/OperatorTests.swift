// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// What operators do to single deliveries.
@Suite(.timeLimit(.minutes(1))) struct OperatorTests {
    private static let ledger = EndpointID("ledger")

    private func start(_ behaviour: SteeredTransport.Behaviour, schedule: [Duration]) async throws -> EngineHarness {
        let endpoint = EngineHarness.endpoint("ledger", schedule: schedule, jitter: 0)
        let harness = try await EngineHarness.start([endpoint])
        harness.transport.set("ledger", behaviour)
        return harness
    }

    @Test func aRetrySendsAtOnceAndKeepsTheRestOfTheSchedule() async throws {
        let harness = try await start(.answer(500), schedule: [.seconds(3600), .seconds(7200)])
        await harness.receive(order: "A")
        try await harness.settle()
        let id = try #require(try await harness.deliveries("ledger").first?.id)
        let now = harness.clock.now()
        #expect(try await harness.dispatcher.retry(id) == .due(Self.ledger))
        try await harness.settle()
        #expect(harness.transport.sent(to: "ledger").map(\.attempt) == [1, 2])
        #expect(try await harness.deliveries("ledger").map(\.dueAt) == [now + .seconds(7200)])
        #expect(try await harness.dispatcher.retry(id) == .due(Self.ledger))
        try await harness.settle()
        #expect(try await harness.deliveries("ledger").map(\.state) == [.dead])
        #expect(try await harness.dispatcher.retry(DeliveryID(number: 99)) == .unknown)
        try await harness.stop()
    }

    @Test func aDeadDeliveryIsTriedByAWholeScheduleAnew() async throws {
        let harness = try await start(.answer(500), schedule: [.seconds(5), .seconds(5)])
        await harness.receive(order: "A")
        try await harness.pass(.seconds(10))
        let id = try #require(try await harness.deliveries("ledger").first?.id)
        #expect(try await harness.deliveries("ledger").map(\.state) == [.dead])
        #expect(try await harness.dispatcher.retry(id) == .due(Self.ledger))
        try await harness.pass(.seconds(120))
        #expect(try await harness.deliveries("ledger").map(\.state) == [.dead])
        #expect(harness.transport.sent(to: "ledger").map(\.attempt) == [1, 2, 3, 4, 5, 6])
        try await harness.stop()
    }

    @Test func aRetrySendsAProbeThroughAnOpenBreaker() async throws {
        let harness = try await start(.answer(500), schedule: [.seconds(3600)])
        for number in 0..<5 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        #expect(try await harness.standing("ledger").state == .parked)
        let id = try #require(try await harness.ordered("ledger").first?.id)
        harness.transport.set("ledger", .answer(200))
        #expect(try await harness.dispatcher.retry(id) == .due(Self.ledger))
        try await harness.settle()
        #expect(harness.transport.sent(to: "ledger").last?.delivery == id.description)
        #expect(try await harness.store.delivery(id)?.delivery.state == .delivered)
        #expect(try await harness.standing("ledger").state == .ramping)
        #expect(try await harness.dispatcher.retry(id) == .delivered)
        try await harness.stop()
    }

    @Test func whatIsCancelledIsNotSentAndWhatIsUnderWayIsNotCancelled() async throws {
        let harness = try await start(.answer(500), schedule: [.seconds(60), .seconds(60)])
        await harness.receive(order: "A")
        try await harness.settle()
        let id = try #require(try await harness.deliveries("ledger").first?.id)
        harness.transport.set("ledger", .hang)
        try await harness.pass(.seconds(60))
        #expect(try await harness.dispatcher.cancel(id) == .inFlight)
        #expect(try await harness.dispatcher.retry(id) == .inFlight)
        harness.transport.release("ledger", status: 500)
        try await harness.settle()
        #expect(try await harness.dispatcher.cancel(id) == .cancelled(Self.ledger))
        #expect(try await harness.dispatcher.cancel(id) == .ended(.cancelled))
        try await harness.pass(.seconds(3600))
        #expect(harness.transport.sent(to: "ledger").count == 2)
        #expect(harness.clock.pendingTimers == 0)
        try await harness.stop()
    }
}
