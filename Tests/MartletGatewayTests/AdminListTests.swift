// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

/// Every list is walked through by its cursors while rows arrive: none is skipped and none comes twice.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminListTests {
    private static let source = """
        { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "merchant": "m-1", "apiBase": "http://127.0.0.1:9" }
        """

    private func run(_ body: (GatewayHarness, AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(
            sources: Self.source,
            endpoints: AdminClient.endpoint("off", "http://127.0.0.1:9/hook", "\"enabled\": false"),
            keys: AdminClient.keys
        ) { harness in try await body(harness, AdminClient(harness: harness)) }
    }

    /// The ids on all pages; `between` runs after each.
    private func walk(_ path: String, _ client: AdminClient, between: (Int) async throws -> Void) async throws
        -> [String]
    {
        var ids: [String] = []
        var next: String? = path
        var pages = 0
        while let current = next {
            let page = try await client.get(current)
            #expect(page.status == 200, "\(current): \(page.detail)")
            ids += page.data.compactMap { $0["id"]?.string }
            pages += 1
            next = page.text("nextCursor").map { "\(path)&cursor=\($0)" }
            if next != nil { try await between(pages) }
        }
        #expect(pages > 2, "\(path)")
        return ids
    }

    private func check(_ path: String, _ client: AdminClient, adding row: (Int) async throws -> Void) async throws {
        for number in 0..<7 { try await row(number) }
        let before = try await client.get("\(path)limit=500").data.compactMap { $0["id"]?.string }
        #expect(before.count == 7, "\(path)")
        let walked = try await walk("\(path)limit=2", client) { try await row(100 + $0) }
        #expect(walked == before, "\(path)")
    }

    @Test(arguments: ["/v1/events?", "/v1/events?shop=nordic&", "/v1/deliveries?", "/v1/deliveries?state=skipped&"])
    func newEventsComeBeforeTheFirstPage(_ path: String) async throws {
        try await run { _, client in try await check(path, client) { _ = try await client.take("NO-\($0)") } }
    }

    @Test func refusedCallbacksComeBeforeTheFirstPage() async throws {
        try await run { harness, client in
            try await check("/v1/quarantine?", client) { _ in
                let answer = try await harness.send(
                    "POST",
                    SignedCallback.path,
                    headers: SignedCallback.headers,
                    body: [0x7B, 0x7D]
                )
                #expect(answer.status >= 400)
            }
        }
    }

    @Test func newWatchesComeBeforeTheFirstPage() async throws {
        try await run { _, client in
            try await check("/v1/watches?source=cryptomus/main&", client) { number in
                let watch = #"{"source":"cryptomus/main","kind":"payment","orderId":"W-\#(number)"}"#
                let answer = try await client.post("/v1/watches", watch)
                #expect(answer.status == 201)
            }
        }
    }

    @Test func aCursorIsGoodForItsListOnly() async throws {
        try await run { _, client in
            for number in 0..<3 { _ = try await client.take("NO-\(number)") }
            let cursor = try #require(try await client.get("/v1/events?limit=1").text("nextCursor"))
            for list in ["deliveries", "endpoints", "sources", "quarantine", "watches"] {
                let answer = try await client.get("/v1/\(list)?cursor=\(cursor)")
                #expect(answer.status == 400 && answer.text("field") == "cursor", "\(list)")
            }
        }
    }

    @Test func everyFilterOfTheContractIsTaken() async throws {
        try await run { _, client in
            _ = try await client.take("NO-1")
            let event = try #require(try await client.get("/v1/events").data.first)
            let id = try #require(event["id"]?.string)
            let object = try #require(event["providerObjectId"]?.string)
            let span = "since=2020-01-01T00:00:00Z&until=2999-01-01T00:00:00Z"
            let all =
                "shop=nordic&source=cryptomus/main&provider=cryptomus&type=payment.paid&order=NO-1&object=\(object)"
            #expect(try await client.get("/v1/events?\(all)&\(span)").data.count == 1)
            for other in ["shop=x", "source=cryptomus/x", "provider=x", "type=payment.late", "order=x", "object=x"] {
                #expect(try await client.get("/v1/events?\(other)").data.isEmpty, "\(other)")
            }
            #expect(try await client.get("/v1/events?until=2020-01-01T00:00:00Z").data.isEmpty)
            let mine = "state=skipped&endpoint=off&event=\(id)"
            #expect(try await client.get("/v1/deliveries?\(mine)&\(span)").data.count == 1)
            for other in ["state=dead", "endpoint=x", "event=evt_x", "since=2999-01-01T00:00:00Z"] {
                #expect(try await client.get("/v1/deliveries?\(other)").data.isEmpty, "\(other)")
            }
        }
    }
}
