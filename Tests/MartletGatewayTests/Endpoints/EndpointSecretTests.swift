// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// Secrets of the API's endpoints, the keys that seal what is stored, and tests of endpoints.
@Suite(.serialized, .timeLimit(.minutes(1))) struct EndpointSecretTests {
    private let first = SecretsKey.generate()
    private let second = SecretsKey.generate()

    private func extra(_ key: String, previous: [String] = []) -> String {
        let former = previous.map { "\"plain:\($0)\"" }.joined(separator: ",")
        return "\"secretsKey\": \"plain:\(key)\", \"previousSecretsKeys\": [\(former)]"
    }

    /// `extra`: empty for a gateway without a key.
    private func start(folder: URL? = nil, extra: String) async throws -> GatewayHarness {
        try await GatewayHarness.start(
            sources: SignedCallback.source,
            extra: extra,
            folder: folder,
            keys: AdminClient.keys,
            secretsKey: nil
        )
    }

    private func failure(_ arrival: RecordingSubscriber.Arrival, with secret: String) throws -> String? {
        StandardWebhooks.failure(
            id: arrival.headers[first: "webhook-id"] ?? "",
            timestamp: arrival.headers[first: "webhook-timestamp"] ?? "",
            signatures: arrival.headers[first: "webhook-signature"] ?? "",
            body: arrival.body,
            secrets: [try WebhookSecret(Secret(text: secret))],
            now: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        )
    }

    private func newSecret(_ answer: AdminClient.Answer) throws -> String {
        guard case .array(let secrets) = answer.object["secrets"] else { throw CryptoError("no secret is shown") }
        return try #require(secrets.first?.object?["secret"]?.string)
    }

    @Test func withinTheOverlapOldAndNewSignAndWithoutOneTheNewAlone() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let harness = try await start(extra: extra(first))
        let client = AdminClient(harness: harness)
        let old = GatewayHarness.endpointSecret
        _ = try await client.post(
            "/v1/endpoints",
            #"{ "id": "crm", "url": "\#(subscriber.url)", "secrets": ["\#(old)"] }"#
        )
        let rotated = try await client.post("/v1/endpoints/crm/rotate-secret", #"{ "overlap": "1h" }"#)
        #expect(rotated.status == 200, "\(rotated.detail)")
        #expect(rotated.text("oldSecretsUntil") != nil)
        let new = try newSecret(rotated)
        _ = try await client.take("INV-1")
        await subscriber.wait(for: 1)
        let both = try #require(subscriber.arrivals.last)
        #expect(try failure(both, with: old) == nil)
        #expect(try failure(both, with: new) == nil)

        let last = try newSecret(try await client.post("/v1/endpoints/crm/rotate-secret", #"{ "overlap": "0s" }"#))
        _ = try await client.take("INV-2")
        await subscriber.wait(for: 2)
        let alone = try #require(subscriber.arrivals.last)
        #expect(try failure(alone, with: last) == nil)
        #expect(try failure(alone, with: new) != nil)
        #expect(try failure(alone, with: old) != nil)

        let wrong = try await client.post("/v1/endpoints/crm/rotate-secret", #"{ "overlap": "31d" }"#)
        #expect(wrong.status == 400 && wrong.text("field") == "overlap")
        let scheme = try await client.post("/v1/endpoints/crm/rotate-secret", #"{ "scheme": "v1a" }"#)
        #expect(scheme.status == 400 && scheme.text("field") == "scheme")
        for _ in 0..<7 { _ = try await client.post("/v1/endpoints/crm/rotate-secret") }
        let many = try await client.post("/v1/endpoints/crm/rotate-secret")
        #expect(many.status == 400 && many.text("field") == "secrets")
        await harness.stop()
        await subscriber.stop()
    }

    @Test func aTestIsSignedAndTellsWhatCameBackAndTouchesNothing() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 == 1 ? 200 : 410 }
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("filed", subscriber.url, "\"events\": [\"payout.paid\"]") + ","
                + AdminClient.endpoint("nobody", "http://127.0.0.1:1/hook", "\"enabled\": false"),
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            let good = try await client.post("/v1/endpoints/filed/test")
            #expect(good.status == 200)
            #expect(good.object["succeeded"] == .bool(true))
            #expect(good.text("status") == "200" && good.text("body") == "answer 200")
            let arrival = try #require(subscriber.arrivals.first)
            #expect(arrival.failure == nil)
            #expect(arrival.eventID == good.text("event"))
            let body = try #require(try JSONReader.read(arrival.body).object)
            #expect(body["type"] == .string("endpoint.test"))
            #expect(body["data"]?.object?["flags"] == .array([.string("test")]))

            let gone = try await client.post("/v1/endpoints/filed/test")
            #expect(gone.object["succeeded"] == .bool(false) && gone.text("status") == "410")
            #expect(try await client.get("/v1/endpoints/filed").text("state") == "active", "its health is not touched")
            let refused = try await client.post("/v1/endpoints/nobody/test")
            #expect(refused.text("error") == "connect" && refused.object["status"] == .null)
            #expect(try await client.post("/v1/endpoints/nbody/test").status == 404)
            #expect(try await client.get("/v1/events").data.isEmpty, "nothing is stored")
            let asOperator = AdminClient(harness: harness, key: "operator-key-0123456789")
            #expect(try await asOperator.post("/v1/endpoints/filed/test").status == 403)
        }
        await subscriber.stop()
    }

    @Test func aNewKeyTakesOverAndTheOldOneIsNoLongerNeeded() async throws {
        var harness = try await start(extra: extra(first))
        let order = KnownOrder(objectID: "order-1", ipnSecret: Secret(text: "very-secret-ipn"))
        let source = SourceID(provider: "kryptoswap", id: "main")
        try await harness.gateway.store.save(order, of: source)
        _ = try await AdminClient(harness: harness).post(
            "/v1/endpoints",
            #"{ "id": "crm", "url": "https://crm.example/" }"#
        )
        await harness.stop(keepingFolder: true)

        // Neither without the key nor with another one does a gateway begin what it could not go on with.
        for settings in ["", extra(second)] {
            let error = await #expect(throws: EndpointRegistry.Failure.self) {
                _ = try await self.start(folder: harness.folder, extra: settings)
            }
            #expect(
                error?.description.contains("give that key as \"secretsKey\" or in \"previousSecretsKeys\"") == true
            )
        }

        harness = try await start(folder: harness.folder, extra: extra(second, previous: [first]))
        let client = AdminClient(harness: harness)
        #expect(try await harness.gateway.store.order(of: source, objectID: "order-1") == order)
        let resealed = try await client.post("/v1/secrets/reseal")
        #expect(resealed.status == 200, "\(resealed.detail)")
        #expect(resealed.text("resealed") == "2" && resealed.object["more"] == .bool(false))
        #expect(try await client.post("/v1/secrets/reseal").text("resealed") == "0")
        await harness.stop(keepingFolder: true)

        harness = try await start(folder: harness.folder, extra: extra(second))
        #expect(try await harness.gateway.store.order(of: source, objectID: "order-1") == order)
        #expect(try await AdminClient(harness: harness).get("/v1/endpoints/crm").status == 200)
        await harness.stop()
    }

    @Test func whatWasStoredBeforeThereWasAKeyIsSealedLater() async throws {
        var harness = try await start(extra: "")
        let order = KnownOrder(objectID: "order-1", orderSecret: Secret(text: "very-secret-order"))
        let source = SourceID(provider: "kryptoswap", id: "main")
        // As versions did that sealed only where there was a key.
        try await harness.execute(
            """
            INSERT INTO orders (source, object_id, order_secret, sealed_by)
            VALUES ('kryptoswap/main', 'order-1', CAST('very-secret-order' AS BLOB), '')
            """
        )
        let refused = try await AdminClient(harness: harness).post("/v1/secrets/reseal")
        #expect(refused.status == 409 && refused.text("code") == "secrets_key_missing")
        await harness.stop(keepingFolder: true)

        harness = try await start(folder: harness.folder, extra: extra(first))
        #expect(try await harness.gateway.store.order(of: source, objectID: "order-1") == order)
        #expect(try await AdminClient(harness: harness).post("/v1/secrets/reseal").text("resealed") == "1")
        #expect(try await harness.gateway.store.order(of: source, objectID: "order-1") == order)
        await harness.stop(keepingFolder: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: harness.folder.path) {
            let contents = try Data(contentsOf: harness.folder.appendingPathComponent(name))
            #expect(contents.range(of: Data("very-secret-order".utf8)) == nil, "\(name)")
        }
        try FileManager.default.removeItem(at: harness.folder)
    }
}
