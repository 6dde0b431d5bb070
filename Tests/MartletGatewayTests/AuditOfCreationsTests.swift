// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// Every route that makes something leaves a line that names it.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AuditOfCreationsTests {
    private struct Creation {
        var path: String
        var body = ""
        /// What the line is to name.
        var created: String
    }

    /// Kryptoswap creates orders and Cryptomus lists payments, both at this port.
    private static func provider() throws -> ScriptedServer {
        try ScriptedServer(script: { request in
            let text =
                switch request.target {
                case "/public/exchanger/order/create":
                    #"{"success":true,"data":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1409,"secret":"order-secret"}}"#
                case "/v1/payment/list": #"{"state":0,"result":{"items":[],"paginate":{"nextCursor":null}}}"#
                default: #"{"state":0,"result":[]}"#
                }
            return .answer(status: 200, body: Array(text.utf8))
        })
    }

    @Test func eachNamesWhatItMade() async throws {
        let provider = try Self.provider()
        defer { provider.stop() }
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: """
                { "provider": "cryptomus", "id": "main", "shop": "nordic", "merchant": "m-1",
                  "paymentKey": "plain:\(SignedCallback.paymentKey)", "apiBase": "\(provider.url(""))" },
                { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(provider.url(""))" }
                """,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys
        ) { harness in
            var configuration = harness.configuration
            configuration.ingest.publicURL = "https://pay.example/in"
            try await harness.gateway.reload(configuration)
            let client = AdminClient(harness: harness)
            let event = try await client.take("INV-1").eventID.rawValue
            _ = try await client.wait(for: "/v1/deliveries?state=delivered") { !$0.data.isEmpty }
            let creations = [
                "POST /v1/endpoints": Creation(
                    path: "/v1/endpoints",
                    body: #"{"id":"crm","url":"https://crm.example/"}"#,
                    created: "crm"
                ),
                "POST /v1/endpoints/{id}/rotate-secret": Creation(
                    path: "/v1/endpoints/crm/rotate-secret",
                    created: "crm"
                ),
                "POST /v1/keys": Creation(path: "/v1/keys", body: #"{"name":"ci","role":"viewer"}"#, created: "key_1"),
                "POST /v1/watches": Creation(
                    path: "/v1/watches",
                    body: #"{"source":"cryptomus/main","kind":"payment","orderId":"INV-2"}"#,
                    created: "wch_1"
                ),
                "POST /v1/sources/kryptoswap/{id}/orders": Creation(
                    path: "/v1/sources/kryptoswap/main/orders",
                    body: #"{"order":{"routeId":"r-1","amount":0.10}}"#,
                    created: "wch_2"
                ),
                "POST /v1/events/{id}/replay": Creation(path: "/v1/events/\(event)/replay", created: "rpl_1"),
                "POST /v1/replays": Creation(
                    path: "/v1/replays",
                    body: #"{"state":"delivered","order":"INV-1","reason":"an outage"}"#,
                    created: "rpl_2"
                ),
                "POST /v1/sweeps": Creation(
                    path: "/v1/sweeps",
                    body: #"{"source":"cryptomus/main"}"#,
                    created: "cryptomus/main"
                ),
                "POST /v1/sources/{provider}/{id}/resend": Creation(
                    path: "/v1/sources/cryptomus/main/resend",
                    body: #"{"orderId":"INV-1"}"#,
                    created: "cryptomus/main"
                ),
            ]
            for route in AdminRoutes.table where route.creates {
                let name = "\(route.method) \(route.pattern)"
                let creation = try #require(creations[name], "\(name) makes something, so this test must know it")
                let answer = try await client.ask(
                    route.method,
                    creation.path,
                    creation.body,
                    headers: [("Idempotency-Key", name.replacing(" ", with: ""))]
                )
                #expect((200..<300).contains(answer.status), "\(name): \(answer.detail)")
                let line = try #require(try await client.get("/v1/audit?limit=1").data.first)
                #expect(line["action"] == .string(name))
                #expect(line["created"] == .string(creation.created), "\(name)")
                let found = try await client.get("/v1/audit?object=\(creation.created)").data
                #expect(found.contains { $0["id"] == line["id"] }, "\(name) is found by what it made")
                if name == "POST /v1/events/{id}/replay" {
                    // The next one makes the same delivery again.
                    _ = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("state") == "done" }
                }
            }
        }
        await subscriber.stop()
    }
}
