// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletGateway
import MartletProviders
import MartletStore
import MartletTesting
import MartletWire
import Testing

/// Watches over the admin API of a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminWatchTests {
    private let secret = "order-secret-0123456789"

    @Test func anOrderIsRegisteredPolledAndDelivered() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let body = #"{"source":"asked/main","orderId":"A-1","ipnSecret":"\#(secret)"}"#
            let made = try await client.post("/v1/watches", body)
            #expect(made.status == 201)
            #expect(made.text("outcome") == "registered")
            let id = try #require(made.text("id"))
            let again = try await client.post("/v1/watches", body)
            #expect(again.status == 200 && again.text("id") == id && again.text("outcome") == "exists")
            let first = try await client.wait(for: "/v1/watches/\(id)") { $0.text("lastOutcome") == "unchanged" }
            #expect(first.text("state") == "open" && first.text("shop") == "nordic" && first.text("polls") == "1")
            #expect(first.text("nextPollAt") != nil && first.text("subject") == "A-1")
            let metrics = try await harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_watches{source=\"asked/main\",state=\"open\"} 1"))
            #expect(try await client.post("/v1/watches/\(id)/resume").status == 409)

            #expect(try await client.post("/v1/watches/\(id)/poll").text("outcome") == "due")
            let closed = try await client.wait(for: "/v1/watches/\(id)") { $0.text("state") == "closed" }
            #expect(closed.text("lastOutcome") == "paid")
            await subscriber.wait(for: 1)
            #expect(try await client.post("/v1/watches/\(id)/poll").status == 409)
            #expect(try await client.ask("DELETE", "/v1/watches/\(id)").status == 409)
            let raw = try await harness.send(
                "GET",
                "/v1/watches/\(id)",
                headers: [("authorization", "Bearer viewer-key-0123456789")],
                toAdmin: true
            )
            #expect(raw.status == 200 && !raw.body.contains(secret))
        }
        await subscriber.stop()
    }

    /// HyPe's autofeed must be fed to its program as it was given (contract.md section 7).
    @Test func aRegistrationReachesTheProviderByteForByte() async throws {
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            keys: AdminClient.keys,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let body = #"{"source": "asked/main",  "orderId":"held", "feed":{"b": 1,  "a":"\u00e9", "n":1.0}}"#
            let made = try await AdminClient(harness: harness).post("/v1/watches", body)
            let id = try #require(made.text("id").flatMap { WatchID(text: $0) })
            let details = try await harness.gateway.store.watch(id)?.stored.watch.details
            #expect(details == Array(body.utf8))
        }
    }

    @Test func aHeldWatchIsShownResumedAndClosed() async throws {
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            keys: AdminClient.keys,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let client = AdminClient(harness: harness)
            let made = try await client.post("/v1/watches", #"{"source":"asked/main","orderId":"held"}"#)
            let id = try #require(made.text("id"))
            _ = try await client.post("/v1/watches", #"{"source":"asked/main","orderId":"B"}"#)
            let held = try await client.wait(for: "/v1/watches/\(id)") { $0.text("state") == "held" }
            #expect(held.text("note") == "a contradiction")
            let list = try await client.get("/v1/watches?state=held&source=asked/main")
            #expect(list.data.count == 1 && list.data.first?["id"]?.string == id)
            let page = try await client.get("/v1/watches?limit=1")
            let cursor = try #require(page.text("nextCursor"))
            #expect(try await client.get("/v1/watches?limit=1&cursor=\(cursor)").data.first?["id"]?.string == id)
            let refused = try await client.post("/v1/watches/\(id)/poll")
            #expect(refused.status == 409 && refused.detail.contains("is held"))
            #expect(try await client.post("/v1/watches/\(id)/resume").text("outcome") == "resumed")
            _ = try await client.wait(for: "/v1/watches/\(id)") { $0.text("polls") == "2" }
            #expect(try await client.ask("DELETE", "/v1/watches/\(id)").text("outcome") == "closed")
            #expect(try await client.get("/v1/watches/\(id)").text("note") == "closed by an operator")
        }
    }

    @Test func refusalsSayWhatIsWrong() async throws {
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
                + #", { "name": "t", "key": "plain:tashkent-key-0123456789", "role": "operator", "shops": ["tashkent"] }"#,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let client = AdminClient(harness: harness)
            let cases: [(body: String, status: Int, field: String)] = [
                ("", 400, "body"), ("[]", 400, "body"), (#"{"orderId":"A"}"#, 400, "source"),
                (#"{"source":"asked","orderId":"A"}"#, 400, "source"),
                (#"{"source":"asked/mian","orderId":"A"}"#, 400, "source"),
                (#"{"source":"asked/main"}"#, 400, "orderId"),
            ]
            for (body, status, field) in cases {
                let answer = try await client.post("/v1/watches", body)
                #expect(answer.status == status && answer.text("field") == field, "\(body): \(answer.detail)")
            }
            let near = try await client.post("/v1/watches", #"{"source":"asked/mian","orderId":"A"}"#)
            #expect(near.object["near"] == .array([.string("asked/main")]))
            let other = AdminClient(harness: harness, key: "tashkent-key-0123456789")
            let body = #"{"source":"asked/main","orderId":"A"}"#
            let foreign = try await other.post("/v1/watches", body)
            #expect(foreign.status == 400 && foreign.text("field") == "source", "it is not there for that key")
            let id = try #require(try await client.post("/v1/watches", body).text("id"))
            #expect(try await other.get("/v1/watches").data.isEmpty)
            #expect(try await other.get("/v1/watches/\(id)").status == 404)
            #expect(try await other.ask("DELETE", "/v1/watches/\(id)").status == 404)
            #expect(try await client.get("/v1/watches/nonsense").text("field") == "id")
        }
    }
}
