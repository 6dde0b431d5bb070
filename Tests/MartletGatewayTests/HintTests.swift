// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

/// A callback that only says "go and look" becomes an event, over real sockets on both sides.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HintTests {
    private static let order = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"
    private static let project = "0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f"

    /// The vectors sc-201 and sc-203: what the callback says beyond the order's number proves nothing and is named.
    @Test(arguments: [
        ("", "PAID", "evt_782dd323c387a5209a501817b5542b60", [] as [String]),
        (#","status":"PAID""#, "PENDING", "evt_dbbe71b6428079c952daa1ba1cf97f84", ["status"]),
    ])
    func anUnsignedCallbackIsAskedAboutAndDelivered(
        more: String,
        status: String,
        id: String,
        uncovered: [String]
    ) async throws {
        let provider = try ScriptedServer(script: { request in
            let answer =
                request.target.hasSuffix("/oauth/token")
                ? #"{"access_token":"tok-1","expires_in":3600,"token_type":"bearer"}"#
                : #"{"orderId":"INV-1001","status":"\#(status)","receiveAmount":"75.50","receiveCurrencyCode":"EUR"}"#
            return .answer(status: 200, body: Array(answer.utf8))
        })
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let source = """
            { "provider": "spectrocoin", "id": "shop-eu", "shop": "nordic", "merchantApiId": "\(Self.project)",
              "clientId": "plain:test-client-id", "clientSecret": "plain:test-client-secret",
              "apiBase": "http://127.0.0.1:\(provider.port)" }
            """
        try await GatewayHarness.run(
            sources: source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url, #""includeRaw": true"#)
        ) { harness in
            let body = #"{"id":"\#(Self.order)","merchantApiId":"\#(Self.project)"\#(more)}"#
            let answer = try await harness.send(
                "POST",
                "/hooks/spectrocoin/shop-eu",
                headers: [("Content-Type", "application/json")],
                body: Array(body.utf8)
            )
            #expect(answer.status == 200 && answer.body == "*ok*")
            await subscriber.wait(for: 1)
            let arrival = try #require(subscriber.arrivals.first)
            #expect(arrival.failure == nil)
            #expect(arrival.eventID == id, "that of the vector")
            let data = try #require(try JSONReader.readObject(arrival.body).object["data"]?.object)
            let names = data["verification"]?.object?["uncovered_fields"]
            #expect(names == .array(uncovered.map(JSONValue.string)))
            let raw = data["raw"]?.object
            #expect(raw?["media_type"] == .string("application/json") && raw?["body"] == .string(body))
            #expect(raw?["fetched"]?.string?.hasPrefix(#"{"orderId":"INV-1001","status":"\#(status)","#) == true)
            #expect(provider.requests.map(\.method) == ["POST", "GET"])
            #expect(provider.requests.last?.target == "/api/public/merchants/orders/\(Self.order)")
        }
        await subscriber.stop()
        provider.stop()
    }
}
