// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// `/v1/stream` over real sockets.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AdminStreamTests {
    private static let sources = """
        \(SignedCallback.source),
        { "provider": "cryptomus", "id": "other", "shop": "tashkent",
          "paymentKey": "plain:\(SignedCallback.paymentKey)" }
        """

    private func run(endpoints: String = "", _ body: (GatewayHarness, AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(
            sources: Self.sources,
            endpoints: endpoints,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { try await body($0, AdminClient(harness: $0)) }
    }

    @Test func tellsEventsAsTheyComeAndGoesOnFromAnyPlace() async throws {
        try await run { harness, client in
            _ = try await client.take("INV-0")
            let stream = try await StreamClient(harness, "?kinds=event")
            let hello = try await stream.next()
            #expect(hello?.name == "hello")
            #expect(hello?.id == 1)
            var ids: [String] = []
            for number in 1...3 {
                ids.append(try await client.take("INV-\(number)").eventID.rawValue)
                let told = try await stream.next("event")
                #expect(told.text("id") == ids.last)
                #expect(told.id == Int64(number) + 1)
                #expect(told.object["body"]?.object?["type"] == .string("payment.paid"))
            }
            stream.close()
            let resumed = try await StreamClient(harness, "?kinds=event&after=0", lastEventID: 2)
            #expect(try await resumed.next("hello").id == 2)
            for id in ids[1...] { #expect(try await resumed.next("event").text("id") == id) }
            resumed.close()
            let all = try await StreamClient(harness, "?kinds=event&after=0", key: "viewer-key-0123456789")
            #expect(try await all.next("event").text("merchantOrderId") == "INV-0")
            all.close()
        }
    }

    /// Breaks and resumes at random places while callbacks come over several connections.
    @Test func neitherMissesNorRepeatsAnEventUnderLoad() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        try await run { harness, client in
            let (senders, each) = (4, 100)
            async let sent: Void = withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<senders {
                    group.addTask { for number in 0..<each { _ = try await client.take("S\(sender)-\(number)") } }
                }
                try await group.waitForAll()
            }
            var random = SplitMix64(seed: seed)
            var places: [Int64] = []
            var orders: Set<String> = []
            while places.count < senders * each {
                let stream = try await StreamClient(harness, "?kinds=event&after=0", lastEventID: places.last)
                let stretch = Int.random(in: 1...60, using: &random)
                for _ in 0..<min(stretch, senders * each - places.count) {
                    let told = try await stream.next("event")
                    places.append(try #require(told.id))
                    orders.insert(try #require(told.text("merchantOrderId")))
                }
                stream.close()
            }
            try await sent
            #expect(places == places.sorted())
            #expect(Set(places).count == senders * each, "each place once")
            #expect(orders.count == senders * each, "each event once")
        }
    }

    @Test func tellsAttemptsDeliveriesEndpointsAndRefusals() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 == 1 ? 500 : 200 }
        try await run(endpoints: AdminClient.endpoint("ledger", subscriber.url, "\"schedule\": [\"2h\"]")) {
            harness,
            client in
            let stream = try await StreamClient(harness, "?kinds=attempt,delivery,endpoint,quarantine")
            _ = try await stream.next("hello")
            let event = try await client.take("INV-1").eventID.rawValue
            let attempt = try await stream.next("attempt")
            #expect(attempt.text("event") == event)
            #expect(attempt.text("endpoint") == "ledger")
            #expect(attempt.text("outcome") == "http_5xx")
            #expect(attempt.text("status") == "500")
            #expect(attempt.text("next") == "retry")
            #expect(attempt.id == nil)
            let delivery = try await stream.next("delivery")
            #expect(delivery.text("state") == "pending")
            let id = try #require(delivery.text("id"))
            #expect(try await client.post("/v1/deliveries/\(id)/retry").status == 200)
            while try await stream.next("delivery").text("state") != "delivered" {}
            #expect(try await client.post("/v1/endpoints/ledger/disable").status == 200)
            let disabled = try await stream.next("endpoint")
            #expect(disabled.text("id") == "ledger")
            #expect(disabled.text("disabled") == "operator")
            var forged = SignedCallback(order: "INV-2").body
            forged.replaceSubrange(forged.count - 3..<forged.count - 2, with: [forged[forged.count - 3] ^ 1])
            _ = try await harness.send("POST", SignedCallback.path, headers: SignedCallback.headers, body: forged)
            let refused = try await stream.next("quarantine")
            #expect(refused.text("source") == "cryptomus/main")
            #expect(refused.text("id")?.hasPrefix("qtn_") == true)
            stream.close()
        }
        await subscriber.stop()
    }

    @Test func filtersAndShopsLimitEveryItem() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let endpoints = [
            AdminClient.endpoint("all", subscriber.url),
            AdminClient.endpoint("nordic", subscriber.url, "\"shops\": [\"nordic\"], \"events\": [\"payment.paid\"]"),
        ]
        try await run(endpoints: endpoints.joined(separator: ",")) { harness, client in
            let limited = try await StreamClient(harness, key: "nordic-key-0123456789")
            let ofSource = try await StreamClient(harness, "?kinds=event,attempt&source=cryptomus/other")
            let ofType = try await StreamClient(harness, "?kinds=event&type=payment.*&shop=nordic")
            let exactType = try await StreamClient(harness, "?kinds=event&type=payment.failed")
            let ofEndpoint = try await StreamClient(harness, "?kinds=event,delivery&endpoint=nordic")
            for stream in [limited, ofSource, ofType, exactType, ofEndpoint] { _ = try await stream.next("hello") }
            _ = try await client.take("TA-1", source: "other")
            _ = try await client.take("NO-1", status: "fail")
            _ = try await client.take("NO-2")
            _ = try await client.take("TA-2", source: "other")
            await subscriber.wait(for: 5)

            var seen: Set<String> = []
            while !seen.isSuperset(of: ["event", "attempt", "delivery"]) {
                let told = try #require(try await limited.next())
                #expect(told.text("shop") == "nordic")
                seen.insert(told.name)
            }
            #expect(try await ofSource.next("event").text("merchantOrderId") == "TA-1")
            #expect(try await ofSource.next("event").text("merchantOrderId") == "TA-2")
            #expect(try await ofType.next("event").text("merchantOrderId") == "NO-1")
            #expect(try await exactType.next("event").text("merchantOrderId") == "NO-1")
            #expect(try await ofEndpoint.next("event").text("merchantOrderId") == "NO-2")
            for stream in [limited, ofSource, ofType, exactType, ofEndpoint] { stream.close() }
        }
        await subscriber.stop()
    }

    @Test func badRequestsAreToldFieldAndRemedy() async throws {
        try await run(endpoints: AdminClient.endpoint("ledger", "http://127.0.0.1:1/hook")) { _, client in
            let cases: [(query: String, status: Int, field: String, remedy: String)] = [
                ("kinds=evnt", 400, "kinds", "did you mean \"event\"?"),
                ("kinds=event,", 400, "kinds", "leave it out for all of them"),
                ("type=payment.payd", 400, "type", "did you mean \"payment.paid\"?"),
                ("type=a..*", 400, "type", "write it like payment.*"),
                (
                    "after=x", 400, "after",
                    "take the \"id\" of an event of the stream, or leave it out to begin with what comes next"
                ),
                (
                    "after=7", 400, "after",
                    "it may be of another gateway; leave it out, and Last-Event-ID too, to begin with what comes next"
                ),
                ("endpoint=ledgr", 404, "id", "did you mean \"ledger\"?"),
            ]
            for (query, status, field, remedy) in cases {
                let answer = try await client.get("/v1/stream?\(query)")
                #expect(answer.status == status, "\(query)")
                #expect(answer.text("field") == field, "\(query)")
                #expect(answer.text("remedy") == remedy, "\(query)")
            }
        }
    }

    @Test func thereAreOnlySoManyStreams() async throws {
        let keys = (0..<8).map { #"{ "name": "k\#($0)", "key": "plain:key-0123456789-\#($0)", "role": "viewer" }"# }
        try await GatewayHarness.run(
            sources: Self.sources,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys + "," + keys.joined(separator: ",")
        ) { harness in
            let client = AdminClient(harness: harness)
            var streams: [StreamClient] = []
            for number in 0..<64 {
                streams.append(try await StreamClient(harness, key: "key-0123456789-\(number / 8)"))
            }
            let refused = try await client.get("/v1/stream")
            #expect(refused.status == 503)
            #expect(refused.detail == "64 streams are open, which is the most; close one of them")
            #expect(try await client.get("/v1/stats").text("streams") == "64")
            streams.removeLast().close()
            _ = try await client.wait(for: "/v1/stats") { $0.text("streams") == "63" }
            streams.append(try await StreamClient(harness))
            for stream in streams { stream.close() }
        }
    }

    @Test func aReloadAndAStopEndStreamsWithAWordWhy() async throws {
        let harness = try await GatewayHarness.start(
            sources: Self.sources,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        )
        let first = try await StreamClient(harness)
        try await harness.gateway.reload(harness.configuration)
        #expect(try await first.next("end").text("reason") == "reload")
        #expect(try await first.next() == nil)
        let second = try await StreamClient(harness, "?kinds=event")
        _ = try await second.next("hello")
        async let stopped: Void = harness.stop()
        #expect(try await second.next("end").text("reason") == "stopping")
        #expect(try await second.next() == nil)
        await stopped
    }

    @Test func statisticsCountWhatCameByShop() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await run(endpoints: AdminClient.endpoint("all", subscriber.url)) { _, client in
            for number in 0..<3 { _ = try await client.take("NO-\(number)") }
            _ = try await client.take("TA-1", status: "fail", source: "other")
            await subscriber.wait(for: 4)
            let stats = try await client.wait(for: "/v1/stats") {
                $0.text("windows", "day", "attempts", "byEndpoint", "all", "delivered") == "4"
            }
            #expect(stats.text("windows", "minute", "events", "count") == "4")
            #expect(stats.text("windows", "hour", "events", "bySource", "cryptomus/main") == "3")
            #expect(stats.text("windows", "hour", "events", "byType", "payment.failed") == "1")
            #expect(stats.text("windows", "hour", "events", "byShop", "nordic") == "3")
            #expect(stats.text("windows", "hour", "callbacks", "bySource", "cryptomus/main", "accepted") == "3")
            #expect(stats.text("deliveries", "dead") == "0")
            var limited = client
            limited.key = "nordic-key-0123456789"
            let own = try await limited.get("/v1/stats")
            #expect(own.text("windows", "day", "events", "count") == "3")
            #expect(own.text("windows", "day", "callbacks", "count") == "3")
            #expect(
                own.text("windows", "day", "attempts", "count") == "0",
                "that endpoint gets other shops' events too"
            )
            #expect(own.object["deliveries"] == .null)
            #expect(own.object["endpoints"] == .array([]))

            let history = try await client.get("/v1/stats/history")
            #expect(Self.newestStep(history)?["events"] == .number("4"))
            #expect(Self.newestStep(history)?["delivered"] == .number("4"))
            let line = JSONObject([("delivered", .array([.number("4")])), ("failed", .array([.number("0")]))])
            #expect(history.object["endpoints"] == .object(JSONObject([("all", .object(line))])))
            let ownHistory = try await limited.get("/v1/stats/history")
            #expect(Self.newestStep(ownHistory)?["events"] == .number("3"))
            #expect(Self.newestStep(ownHistory)?["delivered"] == .number("0"))
            #expect(ownHistory.object["endpoints"] == .object(JSONObject()))
        }
        await subscriber.stop()
    }

    private static func newestStep(_ history: AdminClient.Answer) -> JSONObject? {
        guard case .array(let steps) = history.object["steps"] else { return nil }
        return steps.last?.object
    }
}
