// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// Sweeps, confirmation and resending, over real sockets on both sides.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminSweepTests {
    private static let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"
    private static let webshop = """
        { "provider": "hmac", "id": "webshop", "shop": "tashkent", "secrets": ["plain:0123456789abcdef"],
          "header": "x-signature", "algorithm": "sha256", "signedText": "body", "typeMap": { "a": "payment.paid" } }
        """

    private static func source(_ port: UInt16, _ more: String = "") -> String {
        """
        { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "merchant": "m-1", "apiBase": "http://127.0.0.1:\(port)"\(more) }
        """
    }

    /// One payment that is paid, by its list, and by the information call about it or any other.
    private static func provider() throws -> ScriptedServer {
        try ScriptedServer(script: { request in
            let asked = (try? JSONReader.readObject(request.body).object["uuid"]?.string) ?? uuid
            let row = """
                {"uuid":"\(asked)","order_id":"INV-7","amount":"15.00","payment_amount":"15.00","currency":"USDT",
                 "payer_currency":"USDT","network":"tron","status":"paid","is_final":true}
                """
            let text =
                switch request.target {
                case "/v1/payment/list": #"{"state":0,"result":{"items":[\#(row)],"paginate":{"nextCursor":null}}}"#
                case "/v1/payment/resend": #"{"state":1,"message":"Payment was not found"}"#
                default: #"{"state":0,"result":\#(row)}"#
                }
            return .answer(status: 200, body: Array(text.utf8))
        })
    }

    @Test func whatTheListKnowsAndNobodyToldIsDelivered() async throws {
        let provider = try Self.provider()
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: Self.source(provider.port),
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let waiting = try #require(try await client.get("/v1/sweeps").data.first)
            #expect(waiting["source"]?.string == "cryptomus/main" && waiting["state"]?.string == "waiting")
            #expect(waiting["nextAt"]?.string?.hasSuffix("T03:30:00.000Z") == true)

            let begun = try await client.post("/v1/sweeps", #"{"source":"cryptomus/main"}"#)
            #expect(begun.status == 200 && begun.text("outcome") == "begun")
            let done = try await client.wait(for: "/v1/sweeps") { $0.data.first?["last"]?.object != nil }
            #expect(done.data.first?["last"]?.object?["missed"] == .number("1"))
            await subscriber.wait(for: 1)
            let arrival = try #require(subscriber.arrivals.first)
            #expect(arrival.failure == nil)
            let event = try await client.get("/v1/events/\(arrival.eventID)")
            #expect(event.text("type") == "payment.paid" && event.text("merchantOrderId") == "INV-7")
            #expect(event.text("body", "data", "verification", "method") == "fetched")
            let metrics = try await harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_sweep_missed_total{source=\"cryptomus/main\"} 1"))
            #expect(metrics.contains("martlet_sweep_age_seconds{source=\"cryptomus/main\"} "))

            let unknown = try await client.post("/v1/sweeps", #"{"source":"cryptomus/man"}"#)
            #expect(unknown.status == 400 && unknown.detail.contains("cryptomus/main"))
            let viewer = AdminClient(harness: harness, key: "viewer-key-0123456789")
            #expect(try await viewer.post("/v1/sweeps", #"{"source":"cryptomus/main"}"#).status == 403)
        }
        await subscriber.stop()
        provider.stop()
    }

    @Test func aLargeSumIsDeliveredAsTheProviderTellsIt() async throws {
        let provider = try Self.provider()
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let source = Self.source(
            provider.port,
            #", "confirmAbove": { "payment": { "USDT": "14.99" } }, "sweep": false"#
        )
        try await GatewayHarness.run(
            sources: source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            #expect(try await client.get("/v1/sweeps").data.isEmpty)
            let callback = try await client.take("inv-7")
            await subscriber.wait(for: 1)
            #expect(subscriber.arrivals.map(\.eventID) == [callback.eventID.rawValue], "the callback's own event")
            let event = try await client.get("/v1/events/\(callback.eventID.rawValue)")
            #expect(event.text("body", "data", "verification", "method") == "fetched")
            #expect(provider.requests.map(\.target) == ["/v1/payment/info"])

            // A genuine digest over something that the provider tells otherwise.
            _ = try await client.take("inv-8", status: "wrong_amount")
            let held = try await client.wait(for: "/v1/watches?state=held") { !$0.data.isEmpty }
            let watch = try #require(held.data.first)
            #expect(watch["lastOutcome"]?.string == "order_mismatch")
            #expect(watch["note"]?.string?.contains("the status is paid, not wrong_amount") == true)
            #expect(try await client.get("/v1/events").data.count == 1)
            // The provider repeats itself.
            _ = try await client.take("inv-7")
            _ = try await client.wait(for: "/v1/watches?state=closed") { $0.data.first?["polls"] == .number("2") }
            #expect(try await client.get("/v1/deliveries").data.count == 1)
        }
        await subscriber.stop()
        provider.stop()
    }

    @Test func anOperatorHasACallbackSentAgain() async throws {
        let provider = try Self.provider()
        try await GatewayHarness.run(
            sources: [Self.source(provider.port), Self.webshop].joined(separator: ", "),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let path = "/v1/sources/cryptomus/main/resend"
            let refused = try await client.post(path, #"{"uuid":"\#(Self.uuid)"}"#)
            #expect(refused.status == 409 && refused.detail.contains("HTTP 200): Payment was not found"))
            for body in ["", "{}", #"{"uuid":"a","orderId":"b"}"#, #"{"uuid":7}"#, #"{"id":"a"}"#] {
                #expect(try await client.post(path, body).status == 400, "\(body)")
            }
            #expect(try await client.post("/v1/sources/cryptomus/x/resend", #"{"uuid":"a"}"#).status == 404)
            #expect(try await client.post("/v1/sources/hmac/webshop/resend", #"{"uuid":"a"}"#).status == 404)
            #expect(provider.requests.count == 1, "nothing else was asked")
        }
        provider.stop()
    }

    @Test func aKeyForOneShopReachesThatShopOnly() async throws {
        let provider = try Self.provider()
        let shared = Self.source(provider.port).replacing(
            #""shop": "nordic""#,
            with: #""shop": "tashkent", "shopRules": [{ "orderPrefix": "NO-", "shop": "nordic" }]"#
        )
        let own = Self.source(provider.port).replacing(#""id": "main""#, with: #""id": "own""#)
        try await GatewayHarness.run(
            sources: [shared, own].joined(separator: ", "),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let nordic = AdminClient(harness: harness, key: "nordic-key-0123456789")
            #expect(try await nordic.get("/v1/sweeps").data.map { $0["source"]?.string } == ["cryptomus/own"])
            #expect(try await nordic.post("/v1/sweeps", #"{"source":"cryptomus/main"}"#).status == 400)
            _ = try await AdminClient(harness: harness).take("NO-1")
            _ = try await AdminClient(harness: harness).take("TA-1")
            let answers = [
                (#"{"orderId":"NO-1"}"#, 409), (#"{"orderId":"TA-1"}"#, 404), (#"{"uuid":"uuid-NO-1"}"#, 409),
                (#"{"uuid":"uuid-TA-1"}"#, 404), (#"{"uuid":"unknown"}"#, 404),
            ]
            for (body, status) in answers {
                let answer = try await nordic.post("/v1/sources/cryptomus/main/resend", body)
                #expect(answer.status == status, "\(body): \(answer.detail)")
            }
            #expect(try await nordic.post("/v1/sources/cryptomus/own/resend", #"{"uuid":"unknown"}"#).status == 409)
            #expect(provider.requests.count == 3, "the provider was not asked for other shops")
        }
        provider.stop()
    }
}
