// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

@Suite struct FanOutTests {
    private func subscriber(
        _ id: String,
        isEnabled: Bool = true,
        filter: EventFilter? = nil,
        shape: EventShape? = nil
    ) throws -> Topology.Subscriber {
        let endpoint = Endpoint(
            id: EndpointID(id),
            url: "https://ledger.example",
            events: [try #require(EventPattern("*"))],
            secrets: [],
            isEnabled: isEnabled,
            filter: filter,
            shape: shape
        )
        return Topology.Subscriber(endpoint: endpoint, gate: LaneGate(capacity: 1))
    }

    private func member(_ path: String) throws -> EventMember { try #require(EventMember.named(path)) }

    @Test func passesOverEndpointsWhoseFilterDoesNotMatch() throws {
        let status = try member("provider_status")
        let subscribers = [
            try subscriber("all"),
            try subscriber("paid", filter: .condition(status, .equals(.text("paid")))),
            try subscriber("check", filter: .condition(status, .equals(.text("check")))),
        ]
        let plan = FanOut.plan(Samples.event(), for: subscribers, at: Samples.now)
        #expect(plan.deliveries.map(\.endpoint.rawValue) == ["all", "check"])
        #expect(subscribers.map(\.gate.places) == [1, 0, 1])
    }

    @Test func givesAShapedBodyToThoseWhoAskForIt() throws {
        let shape = EventShape(fields: [EventShape.Field("order", .pick(try member("merchant_order_id")))])
        let subscribers = [
            try subscriber("plain"), try subscriber("shaped", shape: shape),
            try subscriber("off", isEnabled: false, shape: shape),
        ]
        let plan = FanOut.plan(Samples.event(), for: subscribers, at: Samples.now)
        let body = Array(#"{"order":"NO-1"}"#.utf8)
        #expect(plan.deliveries.map(\.body) == [nil, body, body])
        #expect(plan.deliveries.map(\.state) == [.inFlight, .inFlight, .skipped])
    }
}
