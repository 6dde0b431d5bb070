// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// `DELETE /v1/events/{id}/personal-data` over sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminExpungeTests {
    fileprivate static let reason = #"{"reason": "asked by the payer, ticket 17"}"#

    private func expunge(
        _ client: AdminClient,
        _ callback: SignedCallback,
        _ body: String = AdminExpungeTests.reason
    ) async throws -> AdminClient.Answer {
        try await client.ask("DELETE", "/v1/events/\(callback.eventID)/personal-data", body)
    }

    @Test func whatWasDeliveredKeepsItsSkeleton() async throws {
        try await AdminClient.withLedger { client, _ in
            let callback = try await client.take("INV-7")
            let path = "/v1/events/\(callback.eventID)"
            let deliveries = "/v1/deliveries?state=delivered&event=\(callback.eventID)"
            _ = try await client.wait(for: deliveries) { !$0.data.isEmpty }
            let before = try await client.get(path)
            #expect(before.object["raw"]?.object != nil)
            #expect(before.object["expunged"] == .null)

            let answer = try await expunge(client, callback)
            #expect(answer.status == 200, "\(answer.detail)")
            #expect(answer.text("outcome") == "expunged")
            #expect(answer.text("expunged", "by") == "a")
            #expect(answer.text("cancelled") == "0")

            let after = try await client.get(path)
            #expect(after.object["raw"] == .null)
            #expect(after.text("rawNote") == "the personal data of this event has been removed")
            #expect(after.text("expunged", "reason") == "asked by the payer, ticket 17")
            for kept in ["id", "type", "merchantOrderId", "providerObjectId", "receivedAt", "traceId"] {
                #expect(after.text(kept) == before.text(kept), "\(kept)")
            }
            #expect(after.text("body", "data", "money", "paid", "amount") == "15")
            let delivery = try #require(try await client.get(deliveries).data.first?["id"]?.string)
            let shown = try await client.get("/v1/deliveries/\(delivery)")
            guard case .array(let attempts) = shown.object["attempts"] else {
                Issue.record("no attempts in \(shown.object)")
                return
            }
            #expect(attempts.map { $0.object?["body"] } == [.string("")])

            let retry = try await client.post("/v1/deliveries/\(delivery)/retry")
            #expect(retry.status == 409)
            #expect(retry.detail.contains("nothing left to deliver"))
            #expect(try await expunge(client, callback, #"{"reason": "again"}"#).text("outcome") == "already")
        }
    }

    @Test func whatWaitsIsRefusedUnlessItIsToBeCancelled() async throws {
        let answers: RecordingSubscriber.Behaviour = { _ in 500 }
        try await AdminClient.withLedger(#""schedule": ["1h"]"#, answering: answers) { client, _ in
            let callback = try await client.take("INV-7")
            let pending = "/v1/deliveries?state=pending&event=\(callback.eventID)"
            _ = try await client.wait(for: pending) { $0.data.first?["lastOutcome"]?.string == "http_5xx" }
            let refused = try await expunge(client, callback)
            #expect(refused.status == 409)
            #expect(refused.detail.contains("\"cancelPending\": true"))
            #expect(try await client.get("/v1/events/\(callback.eventID)").object["raw"]?.object != nil)
            let answer = try await expunge(client, callback, #"{"reason": "asked", "cancelPending": true}"#)
            #expect(answer.status == 200, "\(answer.detail)")
            #expect(answer.text("cancelled") == "1")
            #expect(try await client.get("/v1/deliveries?state=cancelled").data.count == 1)
            let metrics = try await client.harness.send("GET", "/metrics", toAdmin: true)
            #expect(metrics.body.contains("martlet_deliveries{state=\"cancelled\"} 1\n"))
        }
    }

    @Test func onlyAnAdminOfTheShopMayAndOnlyWithAReason() async throws {
        let second = SignedCallback.source
            .replacing("\"id\": \"main\"", with: "\"id\": \"other\"")
            .replacing("nordic", with: "tashkent")
        try await GatewayHarness.run(
            sources: "\(SignedCallback.source), \(second)",
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let admin = AdminClient(harness: harness)
            let callback = try await admin.take("INV-7")
            _ = try await admin.take("INV-8", source: "other")
            for key in ["viewer-key-0123456789", "operator-key-0123456789"] {
                #expect(try await expunge(AdminClient(harness: harness, key: key), callback).status == 403)
            }
            let limited = AdminClient(harness: harness, key: "nordic-key-0123456789")
            let list = try await admin.get("/v1/events?shop=tashkent").data
            let hidden = try #require(list.first?["id"]?.string)
            #expect(try await limited.ask("DELETE", "/v1/events/\(hidden)/personal-data", Self.reason).status == 404)
            for body in ["", "{}", #"{"reason": " "}"#, #"{"reason": 7}"#, #"{"reason": "x", "force": true}"#] {
                let answer = try await expunge(limited, callback, body)
                #expect(answer.status == 400, "\(body)")
                #expect(answer.text("remedy") != nil)
            }
            let long = #"{"reason": "\#(String(repeating: "x", count: 501))"}"#
            #expect(try await expunge(limited, callback, long).status == 400)
            #expect(try await expunge(limited, callback).status == 200)
            #expect(try await expunge(admin, SignedCallback(order: "NEVER")).status == 404)
        }
    }
}
