// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

/// `/v1/sources` over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminSourceTests {
    private static let sources = """
        \(SignedCallback.source),
        { "provider": "cryptomus", "id": "other", "paymentKey": "plain:\(SignedCallback.paymentKey)", "shop": "tashkent",
          "shopRules": [{ "orderPrefix": "NO-", "shop": "nordic" }] },
        { "provider": "kryptoswap", "id": "main", "shop": "tashkent", "apiBase": "http://127.0.0.1:9" }
        """

    private func run(_ body: (GatewayHarness, AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(
            sources: Self.sources,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in try await body(harness, AdminClient(harness: harness)) }
    }

    @Test func aSourceTellsWhenItWasHeardOfAndWhatWasRefused() async throws {
        try await run { harness, client in
            let quiet = try await client.get("/v1/sources/cryptomus/main")
            #expect(quiet.status == 200)
            #expect(quiet.object["lastHeardAt"] == .null && quiet.object["lastEventAt"] == .null)
            #expect(quiet.object["receives"] == .bool(true))
            guard case .array(let warnings) = quiet.object["warnings"] else {
                throw GatewayHarness.SetUpError(description: "none")
            }
            #expect(warnings.first?.string?.hasPrefix("paymentKey the secret stands in the file itself") == true)

            _ = try await client.take("NO-1")
            for _ in 0..<3 {
                _ = try await harness.send(
                    "POST",
                    SignedCallback.path,
                    headers: SignedCallback.headers,
                    body: [0x7B, 0x7D]
                )
            }
            let busy = try await client.get("/v1/sources/cryptomus/main")
            #expect(busy.text("lastHeardAt") != nil && busy.text("lastEventAt") != nil)
            #expect(busy.text("quarantine", "count") == "3")
            #expect(busy.object["refusals"]?.object?["lastHour"] == busy.object["refusals"]?.object?["lastDay"])
            let counted = busy.object["refusals"]?.object?["lastHour"]?.object?.members.map(\.value)
            #expect(counted == [.number("3")])
            #expect(try await client.get("/v1/sources/cryptomus/other").text("quarantine", "count") == "0")
        }
    }

    @Test func watchesOfASourceAreCounted() async throws {
        try await run { _, client in
            let before = try await client.get("/v1/sources/kryptoswap/main")
            #expect(before.text("watches", "open") == "0")
            let order = """
                { "source": "kryptoswap/main", "orderId": "5d8e6002b80b7b4cd75a6424", "orderUID": "1", "orderSecret": "s",
                  "ipnSecret": "t", "merchantOrderId": "UZ-1" }
                """
            #expect(try await client.post("/v1/watches", order).status == 201)
            #expect(try await client.get("/v1/sources/kryptoswap/main").text("watches", "open") == "1")
        }
    }

    @Test func theListGoesByIDAndPages() async throws {
        try await run { _, client in
            let all = try await client.get("/v1/sources")
            let ids = all.data.compactMap { $0["id"]?.string }
            #expect(ids == ["cryptomus/main", "cryptomus/other", "kryptoswap/main"])
            #expect(all.object["nextCursor"] == .null)
            var paged: [String] = []
            var path: String? = "/v1/sources?limit=1"
            while let next = path {
                let page = try await client.get(next)
                paged += page.data.compactMap { $0["id"]?.string }
                path = page.text("nextCursor").map { "/v1/sources?limit=1&cursor=\($0)" }
            }
            #expect(paged == ids)
            let wrong = try await client.get("/v1/sources/cryptomus/man")
            #expect(wrong.status == 404 && wrong.detail.contains("cryptomus/main"))
        }
    }

    @Test func aLimitedKeySeesOnlySourcesOfItsShops() async throws {
        try await run { harness, _ in
            let limited = AdminClient(harness: harness, key: "nordic-key-0123456789")
            #expect(try await limited.get("/v1/sources").data.compactMap { $0["id"]?.string } == ["cryptomus/main"])
            let hidden = try await limited.get("/v1/sources/cryptomus/other")
            #expect(hidden.status == 404)
            #expect(hidden.object["near"] == .array([.string("cryptomus/main")]) || hidden.object["near"] == nil)
        }
    }
}
