// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// What the routes of the admin API answer, over real sockets, and what bad requests are told.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminRoutesTests {
    @Test func badRequestsAreToldFieldRuleAndRemedy() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            let cases: [(path: String, field: String, remedy: String)] = [
                ("/v1/deliveries?stat=dead", "stat", "did you mean \"state\"?"),
                ("/v1/deliveries?state=deed", "state", "did you mean \"dead\"?"),
                ("/v1/deliveries?state=", "state", "give it a value or leave it out"),
                ("/v1/deliveries?limit=0", "limit", "try limit=50"),
                ("/v1/deliveries?limit=501", "limit", "try limit=50"),
                (
                    "/v1/events?limit=1&limit=2", "limit",
                    "write parameters as name=value, joined by &, with each name once"
                ),
                (
                    "/v1/events?cursor=6162", "cursor",
                    "take \"nextCursor\" of an earlier answer as it stands, or leave it out for the first page"
                ),
                (
                    "/v1/events?since=yesterday", "since",
                    "write it like 2026-11-21T19:11:00Z; in a URL the plus of an offset is %2B"
                ),
                ("/v1/events?type=payment.payd", "type", "did you mean \"payment.paid\"?"),
                ("/v1/events/evt_1?x=1", "x", "it takes none"),
                ("/v1/deliveries/first", "id", "write it like dlv_42, as GET /v1/deliveries shows it"),
            ]
            for (path, field, remedy) in cases {
                let answer = try await client.get(path)
                #expect(answer.status == 400, "\(path)")
                #expect(answer.headers[first: "Content-Type"] == "application/problem+json", "\(path)")
                #expect(answer.text("field") == field, "\(path)")
                #expect(answer.text("remedy") == remedy, "\(path)")
                #expect(answer.text("rule") != nil, "\(path)")
                #expect(answer.detail.hasSuffix(remedy), "\(path)")
            }
        }
    }

    @Test func unknownPathsAndMethodsAreToldWhatThereIs() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            for path in ["/v1", "/v1/", "/v1/endpoint", "/v1/endpoints/", "/v1/endpoints/a/b/c", "/v2/events"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.detail.contains("GET /v1/endpoints/{id}"), "\(path)")
            }
            let put = try await client.ask("PUT", "/v1/endpoints")
            #expect(put.status == 405)
            #expect(put.headers[first: "Allow"] == "GET, HEAD, POST")
            #expect(put.detail == "PUT is not possible here; use GET, HEAD, POST")
            let read = try await client.get("/v1/endpoints/ledger/enable")
            #expect(read.status == 405)
            #expect(read.headers[first: "Allow"] == "POST")
            #expect(try await client.ask("DELETE", "/metrics").status == 405)
            #expect(try await client.get("/v1/events/evt_0").status == 404)
            #expect(
                try await client.post("/v1/deliveries/dlv_7/retry").detail.hasPrefix("there is no delivery \"dlv_7\"")
            )
        }
    }

    @Test func listsGoPageByPage() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let endpoints = ["a", "b", "c"].map { AdminClient.endpoint($0, subscriber.url) }.joined(separator: ",")
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoints,
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            for number in 0..<3 { _ = try await client.take("INV-\(number)") }
            await subscriber.wait(for: 9)
            for (list, count) in [("events", 3), ("deliveries", 9), ("endpoints", 3)] {
                var ids: [String] = []
                var next: String? = "/v1/\(list)?limit=2"
                while let path = next {
                    let page = try await client.get(path)
                    #expect(page.status == 200, "\(list): \(page.detail)")
                    #expect(page.data.count <= 2)
                    ids += page.data.compactMap { $0["id"]?.string }
                    next = page.text("nextCursor").map { "/v1/\(list)?limit=2&cursor=\($0)" }
                }
                #expect(ids.count == count, "\(list)")
                #expect(Set(ids).count == count, "\(list)")
            }
            let foreign = try #require(try await client.get("/v1/events?limit=2").text("nextCursor"))
            #expect(try await client.get("/v1/deliveries?cursor=\(foreign)").status == 400)
        }
        await subscriber.stop()
    }

    @Test func anEventShowsItsRawCallbackToOperatorsOnly() async throws {
        try await AdminClient.withLedger(key: "operator-key-0123456789") { operating, subscriber in
            let viewing = AdminClient(harness: operating.harness, key: "viewer-key-0123456789")
            let callback = try await operating.take("INV-7")
            await subscriber.wait(for: 1)
            let path = "/v1/events/\(callback.eventID)"
            let whole = try await operating.get(path)
            #expect(whole.object["raw"]?.object?["body"]?.string == String(decoding: callback.body, as: UTF8.self))
            #expect(whole.text("merchantOrderId") == "INV-7")
            #expect(whole.text("body", "data", "event_id") == callback.eventID.rawValue)
            let part = try await viewing.get(path)
            #expect(part.status == 200)
            #expect(part.object["raw"] == .null)
            #expect(part.text("rawNote") == "the raw callback is shown to keys with the role operator")
            #expect(
                try await viewing.get("/v1/events?order=INV-7&type=payment.paid&source=cryptomus/main").data.count == 1
            )
            #expect(try await viewing.get("/v1/events?order=INV-8").data.isEmpty)
            #expect(try await viewing.get("/v1/events?since=2000-01-01T00:00:00%2B02:00").data.count == 1)
            #expect(try await viewing.get("/v1/events?until=2000-01-01T00:00:00Z").data.isEmpty)
        }
    }

    @Test func aRetrySaysWhatBecomesOfItEachTime() async throws {
        // Fails once, hangs on the retry.
        let answers: RecordingSubscriber.Behaviour = { $0 == 1 ? 500 : nil }
        let key = "operator-key-0123456789"
        try await AdminClient.withLedger(#""schedule": ["2h"]"#, key: key, answering: answers) { client, subscriber in
            _ = try await client.take("INV-1")
            let list = try await client.wait(for: "/v1/deliveries?state=pending") { !$0.data.isEmpty }
            let id = try #require(list.data.first?["id"]?.string)
            let before = try await client.get("/v1/deliveries/\(id)")
            guard case .array(let attempts) = before.object["attempts"] else { throw Failure() }
            #expect(attempts.count == 1)
            #expect(attempts.first?.object?["status"] == .number("500"))
            #expect(attempts.first?.object?["body"] == .string("answer 500"))
            #expect(try await client.post("/v1/deliveries/\(id)/retry", "{\"force\": true}").text("field") == "force")

            let retried = try await client.post("/v1/deliveries/\(id)/retry")
            #expect(retried.status == 200)
            #expect(retried.text("outcome") == "due")
            await subscriber.wait(for: 2)
            let again = try await client.post("/v1/deliveries/\(id)/retry")
            #expect(again.status == 409)
            #expect(again.detail.contains("being sent right now"))
            #expect(try await client.post("/v1/deliveries/\(id)/cancel").status == 409)
        }
    }

    @Test func aCancelledDeliveryStopsAndADeliveredOneIsLeftAlone() async throws {
        let answers: RecordingSubscriber.Behaviour = { $0 == 1 ? 500 : 200 }
        try await AdminClient.withLedger(#""schedule": ["2h"]"#, answering: answers) { client, subscriber in
            _ = try await client.take("INV-1")
            let list = try await client.wait(for: "/v1/deliveries?state=pending") { !$0.data.isEmpty }
            let id = try #require(list.data.first?["id"]?.string)
            let cancelled = try await client.post("/v1/deliveries/\(id)/cancel")
            #expect(cancelled.text("outcome") == "cancelled")
            let twice = try await client.post("/v1/deliveries/\(id)/cancel")
            #expect(twice.status == 409)
            #expect(twice.detail == "\(id) is cancelled already; nothing is left to stop")
            // A retry takes it up again, and then it arrives.
            #expect(try await client.post("/v1/deliveries/\(id)/retry").text("outcome") == "due")
            await subscriber.wait(for: 2)
            _ = try await client.wait(for: "/v1/deliveries/\(id)") { $0.text("state") == "delivered" }
            let late = try await client.post("/v1/deliveries/\(id)/retry")
            #expect(late.status == 409)
            #expect(late.detail.contains("has been delivered"))
        }
    }

    private struct Failure: Error {}
}
