// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletGateway
import MartletProviders
import MartletStore
import MartletTesting
import Testing

/// The sequences of Kryptoswap's vectors: several arrivals in a row, through the real listener, and who gets what.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SequencesOverSocketsTests {
    private static let source = SourceID(provider: "kryptoswap", id: "main")

    @Test func olderAndAlreadyKnownNewsIsAcknowledgedAndNotDelivered() async throws {
        let (file, _) = try VectorCase.all("kryptoswap")
        let sequences = try #require(file["sequences"] as? [[String: Any]])
        #expect(!sequences.isEmpty)
        for sequence in sequences {
            let clock = FixedClock(moment: try #require((sequence["clock"] as? String).flatMap(VectorCase.timestamp)))
            let settings = """
                { "provider": "kryptoswap", "id": "main", "shop": "nordic", "hashFields": ["hash"] }
                """
            let endpoint = """
                { "id": "ledger", "url": "http://127.0.0.1:9/hook", "enabled": false,
                  "secrets": ["plain:\(GatewayHarness.endpointSecret)"] }
                """
            try await GatewayHarness.run(sources: settings, endpoints: endpoint, clock: clock) { harness in
                try await VectorsOverSocketsTests.saveOrders(of: file, harness)
                for step in try #require(sequence["deliveries"] as? [[String: Any]]) {
                    try await play(step, of: file, sequence["id"] as? String ?? "", harness)
                }
            }
        }
    }

    private func play(_ step: [String: Any], of file: [String: Any], _ name: String, _ harness: GatewayHarness)
        async throws
    {
        let expect = try #require(step["expect"] as? [String: Any])
        let store = harness.gateway.store
        if let body = step["body"] as? String {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")]
            let answer = try await harness.send(
                "POST",
                "/hooks/kryptoswap/main",
                headers: headers,
                body: Array(body.utf8)
            )
            #expect(answer.status == 200, "\(name)")
            #expect(answer.body == "ok", "\(name)")
        } else {
            // What the poller of a later version will hand to the store.
            let event = try await polled(try #require(step["poll"] as? String), file, store)
            let capture = Capture(
                event: event,
                envelope: EventEnvelope.render(event),
                raw: Array("{}".utf8),
                deliveries: [NewDelivery(endpoint: EndpointID("ledger"), state: .skipped, dueAt: event.receivedAt)]
            )
            _ = try await store.capture(capture)
        }
        let newest = try #require(try await store.events(EventQuery(limit: 1)).first, "\(name)")
        let deliveries = try await store.deliveries(DeliveryQuery(event: newest.id))
        #expect(deliveries.count == (expect["delivered"] as? Bool == true ? 1 : 0), "\(name)")
        if let flag = expect["flag"] as? String { #expect(newest.flags == [flag], "\(name)") }
        if let type = expect["type"] as? String { #expect(newest.type == type, "\(name)") }
    }

    private func polled(_ id: String, _ file: [String: Any], _ store: any EventStore) async throws -> Event {
        let cases = try #require(file["poll_cases"] as? [[String: Any]])
        let poll = try #require(cases.first { $0["id"] as? String == id })
        let response = try #require((poll["fetch"] as? [String: Any])?["response"] as? [String: Any])
        let objectID = try #require(
            ((poll["expect"] as? [String: Any])?["event"] as? [String: Any])?["provider_object_id"] as? String
        )
        let outcome = Kryptoswap.readPoll(
            source: Self.source,
            order: try #require(try await store.order(of: Self.source, objectID: objectID)),
            lastKnownStatus: poll["last_known_status"] as? String,
            status: try #require(response["status"] as? Int),
            answer: Array((response["body"] as? String ?? "").utf8),
            receivedAt: Timestamp(milliseconds: 1_571_328_407_000)
        )
        guard case .emit(let event) = outcome else {
            throw GatewayHarness.SetUpError(description: "\(id) does not emit")
        }
        return event.routed(to: "nordic")
    }
}
