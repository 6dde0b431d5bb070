// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// How much an endpoint gets at once, in a second, and beside others.
@Suite(.timeLimit(.minutes(1))) struct PaceTests {
    @Test func hasNoMoreRequestsAtOnceThanTheEndpointAllows() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("slow", maxInFlight: 3)])
        harness.transport.set("slow", .hang)
        for number in 0..<10 { await harness.receive(order: "\(number)") }
        for sent in 3...10 {
            try await harness.settle()
            #expect(harness.transport.sent(to: "slow").count == sent)
            #expect(harness.transport.hangingCount("slow") == 3)
            harness.transport.releaseFirst("slow")
        }
        try await harness.settle()
        #expect(try await harness.deliveries("slow").count { $0.state == .delivered } == 8)
        try await harness.stop()
    }

    @Test func sendsNoFasterThanTheEndpointsRate() async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("slow", ratePerSecond: 2)])
        for number in 0..<30 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        #expect(harness.transport.sent(to: "slow").count == 2)
        try await harness.pass(.seconds(20))
        let moments = harness.transport.sent(to: "slow").map(\.at)
        #expect(moments.count == 30)
        for first in moments.indices {
            for last in first..<moments.count {
                let span = moments[last] - moments[first]
                #expect(Int64(last - first + 1) <= 2 + (2 * span.wholeMilliseconds + 2) / 1000)
            }
        }
        #expect(try #require(moments.last) - moments[0] <= .seconds(15))
        #expect(try await harness.deliveries("slow").allSatisfy { $0.state == .delivered && $0.attempts == 1 })
        try await harness.stop()
    }

    @Test func endpointsThatHangLeaveTheOthersTheirShare() async throws {
        let names = ["ok", "hog", "hog2"]
        let harness = try await EngineHarness.start(
            names.map { EngineHarness.endpoint($0, maxInFlight: 100) },
            requestsAtOnce: 10
        )
        harness.transport.set("hog", .hang)
        harness.transport.set("hog2", .hang)
        for number in 0..<60 { await harness.receive(order: "\(number)") }
        try await harness.settle()
        #expect(harness.transport.hangingCount == 8)
        #expect(harness.transport.hangingCount("hog2") >= 2)
        #expect(try await harness.deliveries("ok").allSatisfy { $0.state == .delivered })
        #expect(harness.transport.sent(to: "ok").count == 60)
        try await harness.stop()
    }
}
