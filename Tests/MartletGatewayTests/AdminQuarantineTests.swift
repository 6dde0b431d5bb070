// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

/// The quarantine over the admin API: what is shown to whom, releasing, forcing and dropping.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminQuarantineTests {
    private static let sources = """
        { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:not-the-right-key" },
        { "provider": "cryptomus", "id": "both", "shop": "nordic", "paymentKey": "plain:not-the-right-key",
          "shopRules": [{ "orderPrefix": "TA-", "shop": "tashkent" }] }
        """

    private func refuse(_ order: String, source: String = "main", in harness: GatewayHarness) async throws {
        let answer = try await harness.send(
            "POST",
            "/hooks/cryptomus/\(source)",
            headers: SignedCallback.headers,
            body: SignedCallback(order: order).body
        )
        #expect(answer.status == 403)
    }

    @Test func showsRefusedCallbacksToThoseWhoMaySeeThem() async throws {
        try await GatewayHarness.run(
            sources: Self.sources,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            for number in 1...3 { try await refuse("INV-\(number)", in: harness) }
            try await refuse("TA-1", source: "both", in: harness)
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let first = try await client.get("/v1/quarantine?limit=2")
            #expect(first.data.map { $0["id"]?.string } == ["qtn_4", "qtn_3"])
            let cursor = try #require(first.text("nextCursor"))
            let second = try await client.get("/v1/quarantine?limit=2&cursor=\(cursor)")
            #expect(second.data.map { $0["id"]?.string } == ["qtn_2", "qtn_1"])
            #expect(second.object["nextCursor"] == .null)
            #expect(try await client.get("/v1/quarantine?source=cryptomus/both").data.count == 1)
            #expect(try await client.get("/v1/quarantine?reason=bad_signature").data.count == 4)
            #expect(try await client.get("/v1/quarantine?reason=stale_timestamp").data.isEmpty)
            #expect(try await client.get("/v1/quarantine?reason=bad_sig").text("field") == "reason")
            #expect(try await client.get("/v1/quarantine?source=cryptomus").text("field") == "source")
            let page = try await client.get("/v1/quarantine/qtn_1")
            #expect(page.text("reason") == "bad_signature")
            #expect(
                page.text("request", "body") == String(decoding: SignedCallback(order: "INV-1").body, as: UTF8.self)
            )

            var viewer = client
            viewer.key = "viewer-key-0123456789"
            let short = try await viewer.get("/v1/quarantine/qtn_1")
            #expect(short.object["request"] == .null)
            #expect(try await viewer.post("/v1/quarantine/qtn_1/release").status == 403)
            #expect(try await viewer.post("/v1/quarantine/release").status == 403)
            #expect(try await viewer.ask("DELETE", "/v1/quarantine/qtn_1").status == 403)

            // A source that may bring events of another shop too is out of a limited key's sight.
            var nordic = client
            nordic.key = "nordic-key-0123456789"
            #expect(try await nordic.get("/v1/quarantine").data.count == 3)
            #expect(try await nordic.get("/v1/quarantine/qtn_4").status == 404)
            #expect(try await nordic.post("/v1/quarantine/qtn_4/release").status == 404)
            #expect(try await nordic.ask("DELETE", "/v1/quarantine/qtn_4").status == 404)
            #expect(try await nordic.post("/v1/quarantine/release").text("stillRefused", "bad_signature") == "3")
            #expect(try await client.post("/v1/quarantine/release").text("stillRefused", "bad_signature") == "4")

            let metrics = try await harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_quarantine{source=\"cryptomus/main\"} 3"))
            #expect(metrics.contains("martlet_quarantine_oldest_seconds{source=\"cryptomus/main\"} "))
        }
    }

    @Test func forcesWithAReasonAndDrops() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: Self.sources,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            try await refuse("INV-1", in: harness)
            try await refuse("INV-2", in: harness)
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let plain = try await client.post("/v1/quarantine/qtn_1/release")
            #expect(plain.status == 409)
            #expect(plain.detail.hasPrefix("qtn_1 is refused by today's settings too: bad_signature, "))
            for body in [#"{"force":true}"#, #"{"force":true,"reason":" "}"#, #"{"reason":"because"}"#] {
                let answer = try await client.post("/v1/quarantine/qtn_1/release", body)
                #expect(answer.status == 400)
                #expect(answer.text("field") == "reason")
            }
            let forced = try await client.post(
                "/v1/quarantine/qtn_1/release",
                #"{"force":true,"reason":"the provider confirmed it"}"#
            )
            #expect(forced.status == 200)
            #expect(forced.text("outcome") == "released")
            let id = try #require(forced.text("event"))
            let event = try await client.get("/v1/events/\(id)")
            #expect(event.text("body", "data", "verification", "method") == "forced")
            #expect(event.text("raw", "forced", "reason") == "the provider confirmed it")
            #expect(event.text("raw", "forced", "by") == "o")
            await subscriber.wait(for: 1)
            #expect(subscriber.arrivals.map(\.eventID) == [id])
            #expect(try await client.post("/v1/quarantine/qtn_1/release").status == 404)

            let dropped = try await client.ask("DELETE", "/v1/quarantine/qtn_2")
            #expect(dropped.text("outcome") == "dropped")
            #expect(try await client.ask("DELETE", "/v1/quarantine/qtn_2").status == 404)
            #expect(try await client.get("/v1/quarantine/junk").text("field") == "id")
            #expect(try await client.get("/v1/quarantine").data.isEmpty)
            #expect(try await client.post("/v1/quarantine/release", #"{"cursor":"x"}"#).text("field") == "cursor")
            #expect(try await client.post("/v1/quarantine/release", #"{"reason":"x"}"#).text("field") == "reason")
            #expect(try await client.post("/v1/quarantine/release", #"{"since":"x"}"#).text("field") == "since")
        }
        await subscriber.stop()
    }
}
