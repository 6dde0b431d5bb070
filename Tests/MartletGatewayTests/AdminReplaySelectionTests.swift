// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// What a replay finds that was never made, and what it leaves out, as endpoints are made and changed over the API.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminReplaySelectionTests {
    private static let twoShops = """
        { "provider": "cryptomus", "id": "main", "shop": "tashkent", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "shopRules": [{ "orderPrefix": "NO-", "shop": "nordic" }] }
        """
    private static let since = "\"since\": \"2020-01-01T00:00:00Z\""

    /// A gateway that has taken in three events for one endpoint of the file.
    private func run(
        _ body: (AdminClient, RecordingSubscriber) async throws -> Void
    ) async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: Self.twoShops,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            extra: "\"secretsKey\": \"plain:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"",
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            for order in ["NO-1", "TA-2", "NO-3"] { _ = try await client.take(order) }
            await subscriber.wait(for: 3)
            try await body(client, subscriber)
        }
        await subscriber.stop()
    }

    private func add(_ id: String, _ more: String, _ client: AdminClient, _ subscriber: RecordingSubscriber)
        async throws
    {
        let made = try await client.post(
            "/v1/endpoints",
            """
            { "id": "\(id)", "url": "\(subscriber.url)", "events": ["payment.*"],
              "secrets": ["\(GatewayHarness.endpointSecret)"], \(more) }
            """
        )
        #expect(made.status == 201, "\(made.detail)")
    }

    @Test func anEndpointThatCameLaterGetsWhatItMissed() async throws {
        try await run { client, subscriber in
            let filter = #""shops": ["nordic"], "filter": { "member": "merchant_order_id", "in": ["NO-3"] }"#
            try await add("crm", filter, client, subscriber)
            try await add(
                "short",
                #""shops": ["*"], "shape": { "order": { "pick": "merchant_order_id" } }"#,
                client,
                subscriber
            )
            let wish = #"{"endpoint":"crm","state":"missing",\#(Self.since),"dryRun":true}"#
            let dry = try await client.post("/v1/replays", wish)
            #expect(dry.status == 200 && dry.text("total") == "1" && dry.text("missing") == "1", "\(dry.detail)")
            guard case .array(let sample) = dry.object["missingSample"] else { return #expect(Bool(false)) }
            #expect(sample.map { $0.object?["merchantOrderId"]?.string } == ["NO-3"])

            let begun = try await client.post(
                "/v1/replays",
                #"{"endpoint":"crm","state":["dead","missing"],\#(Self.since),"reason":"new"}"#
            )
            #expect(begun.status == 201 && begun.text("total") == "1", "\(begun.detail)")
            await subscriber.wait(for: 4)
            let fourth = try #require(subscriber.arrivals.last)
            let ledgers = subscriber.arrivals.prefix(3).first { $0.eventID == fourth.eventID }
            #expect(ledgers?.body == fourth.body, "the same webhook-id and body as for the ledger")
            _ = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("state") == "done" }
            let again = try await client.post("/v1/replays", wish)
            #expect(again.text("total") == "0", "it has them now")

            let shaped = try await client.post(
                "/v1/replays",
                #"{"endpoint":"short","state":"missing",\#(Self.since),"reason":"new"}"#
            )
            #expect(shaped.status == 201 && shaped.text("total") == "3", "\(shaped.detail)")
            await subscriber.wait(for: 7)
            let bodies = subscriber.arrivals.suffix(3).map { String(decoding: $0.body, as: UTF8.self) }
            #expect(Set(bodies) == [#"{"order":"NO-1"}"#, #"{"order":"TA-2"}"#, #"{"order":"NO-3"}"#])
            #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })

            let nordic = AdminClient(harness: client.harness, key: "nordic-key-0123456789")
            let hidden = try await nordic.post(
                "/v1/replays",
                #"{"endpoint":"short","state":"missing",\#(Self.since),"dryRun":true}"#
            )
            #expect(hidden.status == 400 && hidden.text("field") == "endpoint", "it gets other shops' events too")
        }
    }

    @Test func anEndpointThatGetsFewerShopsGetsNoMoreOfTheOthers() async throws {
        try await run { client, subscriber in
            try await add("crm", #""shops": ["nordic", "tashkent"]"#, client, subscriber)
            #expect(try await client.post("/v1/endpoints/crm/disable").status == 200)
            for order in ["NO-4", "TA-5"] { _ = try await client.take(order) }
            let patched = try await client.ask("PATCH", "/v1/endpoints/crm", #"{ "shops": ["nordic"] }"#)
            #expect(patched.status == 200, "\(patched.detail)")
            #expect(try await client.post("/v1/endpoints/crm/enable").status == 200)
            let dry = try await client.post("/v1/replays", #"{"endpoint":"crm","dryRun":true}"#)
            #expect(dry.text("total") == "1" && dry.text("otherShop") == "1", "\(dry.detail)")
            let none = try await client.post("/v1/replays", #"{"endpoint":"crm","shop":"tashkent","reason":"x"}"#)
            #expect(none.status == 409 && none.detail.contains("no longer get the events"), "\(none.detail)")
            let begun = try await client.post("/v1/replays", #"{"endpoint":"crm","reason":"x"}"#)
            #expect(begun.status == 201 && begun.text("total") == "1", "\(begun.detail)")
            let done = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("state") == "done" }
            #expect(done.text("delivered") == "1" && done.text("otherShop") == "0")
        }
    }

    @Test func wishesForWhatIsMissingAreTold() async throws {
        try await run { client, _ in
            let cases: [(body: String, field: String, part: String)] = [
                (#"{"reason":"x","state":"missing","endpoint":"ledger"}"#, "since", "before there was the endpoint"),
                (#"{"reason":"x","state":"missing",\#(Self.since)}"#, "endpoint", "who has missed"),
                (#"{"reason":"x","state":"missing","endpoint":"ledgr",\#(Self.since)}"#, "endpoint", "\"ledger\"?"),
                (
                    #"{"reason":"x","state":"missing","endpoint":"ledger","to":["x"],\#(Self.since)}"#, "to",
                    "leave \"to\" out"
                ),
                (#"{"reason":"x","state":"mising"}"#, "state", "did you mean \"missing\"?"),
            ]
            for (body, field, part) in cases {
                let answer = try await client.post("/v1/replays", body)
                #expect(answer.status == 400 && answer.text("field") == field, "\(body): \(answer.detail)")
                #expect(answer.detail.contains(part), "\(body): \(answer.detail)")
            }
        }
    }
}
