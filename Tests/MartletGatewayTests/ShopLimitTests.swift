// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// What a key that is limited to one shop learns of what belongs to another: that there is nothing.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ShopLimitTests {
    private static func sources(_ base: String) -> String {
        """
        { "provider": "kryptoswap", "id": "zulu", "shop": "nordic", "apiBase": "\(base)" },
        { "provider": "kryptoswap", "id": "both", "shop": "nordic", "apiBase": "\(base)",
          "shopRules": [{ "orderPrefix": "UZ-", "shop": "tashkent" }] },
        { "provider": "cryptomus", "id": "zulu", "shop": "nordic", "merchant": "m-1",
          "paymentKey": "plain:\(SignedCallback.paymentKey)", "apiBase": "\(base)" },
        { "provider": "cryptomus", "id": "both", "shop": "tashkent", "merchant": "m-1",
          "shopRules": [{ "orderPrefix": "NO-", "shop": "nordic" }],
          "paymentKey": "plain:\(SignedCallback.paymentKey)", "apiBase": "\(base)" }
        """
    }

    private static let keys =
        AdminClient.keys
        + #", { "name": "t", "key": "plain:tashkent-key-0123456789", "role": "admin", "shops": ["tashkent"] }"#

    private static let watch = """
        "orderId":"5d8e6002b80b7b4cd75a6424","orderUID":"1409","orderSecret":"o-1","ipnSecret":"i-1"
        """

    private func run(_ body: (AdminClient, ScriptedServer) async throws -> Void) async throws {
        let provider = try ScriptedServer(script: { _ in .answer(status: 500) })
        defer { provider.stop() }
        try await GatewayHarness.run(
            sources: Self.sources(provider.url("")),
            shops: ["nordic", "tashkent"],
            keys: Self.keys
        ) { harness in
            var configuration = harness.configuration
            configuration.ingest.publicURL = "https://pay.example/in"
            try await harness.gateway.reload(configuration)
            try await body(AdminClient(harness: harness, key: "tashkent-key-0123456789"), provider)
        }
    }

    /// Whatever is asked about it, right or wrong, a foreign source answers like one that is not there.
    @Test func aSourceOfAnotherShopIsNotThere() async throws {
        try await run { client, provider in
            let requests: [(method: String, path: String, body: String)] = [
                ("POST", "/v1/watches", #"{"source":"kryptoswap/NAME",\#(Self.watch)}"#),
                ("POST", "/v1/watches", #"{"source":"kryptoswap/NAME"}"#),
                ("POST", "/v1/watches", #"{"source":"cryptomus/NAME","kind":"payment","orderId":"NO-1"}"#),
                ("POST", "/v1/sources/kryptoswap/NAME/orders", #"{"order":{"routeId":"r-1","amount":0.10}}"#),
                ("POST", "/v1/sources/kryptoswap/NAME/orders", "{}"),
                ("POST", "/v1/sources/cryptomus/NAME/resend", #"{"orderId":"NO-1"}"#),
                ("POST", "/v1/sources/cryptomus/NAME/resend", #"{"uuid":"NO-1"}"#),
                ("POST", "/v1/sweeps", #"{"source":"cryptomus/NAME"}"#),
                ("GET", "/v1/sources/kryptoswap/NAME", ""),
                ("GET", "/v1/quarantine?source=cryptomus/NAME", ""),
                ("GET", "/v1/watches?source=cryptomus/NAME", ""),
            ]
            for (method, path, body) in requests {
                func ask(_ name: String) async throws -> String {
                    let answer = try await client.ask(
                        method,
                        path.replacing("NAME", with: name),
                        body.replacing("NAME", with: name)
                    )
                    return "\(answer.status) \(answer.object)".replacing(name, with: "NAME")
                }
                // As long as the other, and as near to nothing.
                let (foreign, absent) = (try await ask("zulu"), try await ask("luzu"))
                #expect(foreign == absent, "\(method) \(path) \(body)")
            }
            #expect(provider.requests.isEmpty)
        }
    }

    @Test func noAnswerNamesAnotherShop() async throws {
        try await run { client, provider in
            let requests = [
                ("/v1/watches", #"{"source":"kryptoswap/both","merchantOrderId":"NO-1",\#(Self.watch)}"#),
                (
                    "/v1/sources/kryptoswap/both/orders",
                    #"{"order":{"routeId":"r-1","amount":0.10},"merchantOrderId":"NO-1"}"#
                ),
            ]
            for (path, body) in requests {
                let answer = try await client.post(path, body)
                #expect(answer.status == 403, "\(path): \(answer.detail)")
                #expect(!"\(answer.object)".contains("nordic"), "\(answer.object)")
            }
            #expect(provider.requests.isEmpty)
        }
    }

    /// What becomes of an order is its shop's business: neither its number nor the provider's tells a stranger.
    @Test func anOrderOfAnotherShopIsNotFollowed() async throws {
        try await run { client, _ in
            let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"
            let refused = [
                #""orderId":"NO-1""#, #""uuid":"\#(uuid)""#, #""uuid":"\#(uuid)","orderId":"UZ-1""#,
            ]
            for members in refused {
                let body = #"{"source":"cryptomus/both","kind":"payment",\#(members)}"#
                let answer = try await client.post("/v1/watches", body)
                #expect(answer.status == 403, "\(members): \(answer.object)")
                #expect(!"\(answer.object)".contains("nordic"))
            }
            let own = #"{"source":"cryptomus/both","kind":"payment","orderId":"UZ-1"}"#
            let made = try await client.post("/v1/watches", own)
            #expect(made.status == 201 && made.text("watch", "shop") == "tashkent", "\(made.detail)")
            let all = AdminClient(harness: client.harness)
            let other = try await all.post("/v1/watches", own.replacing("UZ-1", with: "NO-1"))
            #expect(other.text("watch", "shop") == "nordic", "by the order's number, not by what the watch is called")
        }
    }
}
