// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

/// `/v1/replays` over real sockets on both sides.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminReplayTests {
    private static let twoShops = """
        { "provider": "cryptomus", "id": "main", "shop": "tashkent", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "shopRules": [{ "orderPrefix": "NO-", "shop": "nordic" }] }
        """

    /// A gateway with two endpoints, and with three events that were skipped for the first of them.
    private func run(
        _ body: (GatewayHarness, AdminClient, RecordingSubscriber) async throws -> Void
    ) async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: Self.twoShops,
            endpoints: [
                AdminClient.endpoint("ledger", subscriber.url), AdminClient.endpoint("other", subscriber.url),
                AdminClient.endpoint("tash", subscriber.url, "\"shops\": [\"tashkent\"], \"events\": [\"payout.*\"]"),
            ].joined(separator: ", "),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            #expect(try await client.post("/v1/endpoints/ledger/disable").status == 200)
            for order in ["NO-1", "TA-2", "NO-3"] { _ = try await client.take(order) }
            await subscriber.wait(for: 3)
            try await body(harness, AdminClient(harness: harness, key: "operator-key-0123456789"), subscriber)
        }
        await subscriber.stop()
    }

    private func enable(_ harness: GatewayHarness) async throws {
        #expect(try await AdminClient(harness: harness).post("/v1/endpoints/ledger/enable").status == 200)
    }

    @Test func aDryRunCountsAndTheReplayMakesExactlyThat() async throws {
        try await run { harness, client, subscriber in
            let dry = try await client.post("/v1/replays", #"{"endpoint":"ledger","dryRun":true}"#)
            #expect(dry.status == 200 && dry.text("total") == "3", "\(dry.detail)")
            #expect(dry.object["sample"] != nil && dry.text("seconds") == "1")
            let disabled = try await client.post("/v1/replays", #"{"reason":"outage"}"#)
            #expect(disabled.status == 409 && disabled.detail.contains("martlet endpoints enable ledger"))
            #expect(try await client.get("/v1/replays").data.isEmpty)

            try await enable(harness)
            let wish = #"{"endpoint":"ledger","state":["skipped","dead"],"ratePerSecond":500,"reason":"outage"}"#
            let named = [("Idempotency-Key", "a-1")]
            let begun = try await client.ask("POST", "/v1/replays", wish, headers: named)
            #expect(begun.status == 201 && begun.text("id") == "rpl_1", "\(begun.detail)")
            #expect(begun.text("total") == "3" && begun.text("createdBy") == "o" && begun.text("reason") == "outage")
            let again = try await client.ask("POST", "/v1/replays", wish, headers: named)
            #expect(again.status == 201 && again.text("id") == "rpl_1", "the same request is not done twice")
            let done = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("state") == "done" }
            #expect(done.text("delivered") == "3" && done.text("left") == "0" && done.text("finishedAt") != nil)
            #expect(done.text("filter", "endpoint") == "ledger")
            #expect(try await client.get("/v1/deliveries?replay=x").text("field") == "replay")
            let made = try await client.get("/v1/deliveries?replay=rpl_1").data
            #expect(made.count == 3 && made.allSatisfy { $0["state"]?.string == "delivered" })
            #expect(made.allSatisfy { $0["replayOf"]?.string?.hasPrefix("dlv_") == true })
            #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })
            let ids = Set(subscriber.arrivals.suffix(3).map(\.eventID))
            #expect(ids == Set(subscriber.arrivals.prefix(3).map(\.eventID)), "the same webhook-id as ever")
            let metrics = try await harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_replays{state=\"done\"} 1"))

            let empty = try await client.post("/v1/replays", #"{"reason":"once more"}"#)
            #expect(empty.status == 409 && empty.detail.contains("no delivery fits"))
            for verb in ["pause", "resume", "cancel"] {
                #expect(try await client.post("/v1/replays/rpl_1/\(verb)").status == 409, "\(verb)")
            }
        }
    }

    @Test func oneEventGoesAgainToAllOrToNamedEndpoints() async throws {
        try await run { harness, client, subscriber in
            let event = try #require(try await client.get("/v1/events?order=NO-1").data.first?["id"]?.string)
            let path = "/v1/events/\(event)/replay"
            #expect(try await client.post(path).status == 409, "the ledger is disabled")
            let named = try await client.post(path, #"{"to":["other"],"reason":"asked by shop"}"#)
            #expect(named.status == 201 && named.text("total") == "1", "\(named.detail)")
            await subscriber.wait(for: 4)
            #expect(subscriber.arrivals.last?.eventID == event)
            try await enable(harness)
            _ = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("state") == "done" }
            let all = try await client.post(path)
            #expect(all.status == 201 && all.text("total") == "2", "\(all.detail)")
            await subscriber.wait(for: 6)
            let otherShop = try await client.post(path, #"{"to":"tash"}"#)
            #expect(otherShop.status == 400 && otherShop.text("field") == "to")
            #expect(try await client.post("/v1/events/evt_none/replay").status == 404)
            let tashkent = try #require(try await client.get("/v1/events?order=TA-2").data.first?["id"]?.string)
            let newcomer = try await client.post("/v1/events/\(tashkent)/replay", #"{"to":["tash"]}"#)
            #expect(newcomer.status == 201, "it never had it: \(newcomer.detail)")
            await subscriber.wait(for: 7)
            #expect(subscriber.arrivals.last?.eventID == tashkent)
        }
    }

    @Test func badWishesAreToldFieldRuleAndRemedy() async throws {
        try await run { _, client, _ in
            let cases: [(body: String, field: String, part: String)] = [
                ("{}", "reason", "say in up to 500 bytes why"),
                (#"{"reason":" "}"#, "reason", "say why in a sentence"),
                (#"{"reason":"x","state":"deed"}"#, "state", "did you mean \"dead\"?"),
                (#"{"reason":"x","state":["pending"]}"#, "state", "cancelled, dead, delivered, missing, skipped"),
                (#"{"reason":"x","state":[]}"#, "state", "leave it out for dead and skipped"),
                (#"{"reason":"x","state":"delivered"}"#, "since", "give \"since\" or \"order\""),
                (#"{"reason":"x","since":"yesterday"}"#, "since", "write it like"),
                (
                    #"{"reason":"x","since":"2026-11-21T19:11:00Z","until":"2026-11-21T19:11:00Z"}"#, "until",
                    "must come after"
                ),
                (#"{"reason":"x","ratePerSecond":0}"#, "ratePerSecond", "leave it out for 100"),
                (#"{"reason":"x","ratePerSecond":"5"}"#, "ratePerSecond", "from 0.1 to 1000"),
                (#"{"reason":"x","type":"payment.payd"}"#, "type", "did you mean \"payment.paid\"?"),
                (#"{"reason":"x","to":[]}"#, "to", "1 to 20 different endpoints"),
                (#"{"reason":"x","to":["othr"]}"#, "to", "did you mean \"other\"?"),
                (#"{"reason":"x","to":["tash"]}"#, "to", "give \"shop\""),
                (#"{"dryRun":true,"endpoint":"ledgr"}"#, "endpoint", "did you mean \"ledger\"?"),
                (#"{"reason":"x","dryrun":true}"#, "dryrun", "is not a member"),
            ]
            for (body, field, part) in cases {
                let answer = try await client.post("/v1/replays", body)
                #expect(answer.status == 400 && answer.text("field") == field, "\(body): \(answer.detail)")
                #expect(answer.detail.contains(part), "\(body): \(answer.detail)")
            }
            #expect(try await client.get("/v1/replays/7").status == 404)
            #expect(try await client.get("/v1/replays/first").status == 400)
            #expect(try await client.get("/v1/replays?state=don").detail.contains("did you mean \"done\"?"))
            #expect(try await client.get("/v1/replays").data.isEmpty, "nothing was begun")
        }
    }

    @Test func aKeyForOneShopReplaysThatShopOnly() async throws {
        try await run { harness, client, subscriber in
            try await enable(harness)
            let viewer = AdminClient(harness: harness, key: "viewer-key-0123456789")
            #expect(try await viewer.post("/v1/replays", #"{"dryRun":true}"#).status == 403)
            let nordic = AdminClient(harness: harness, key: "nordic-key-0123456789")
            #expect(try await nordic.post("/v1/replays", #"{"dryRun":true}"#).text("total") == "2")
            let begun = try await nordic.post("/v1/replays", #"{"reason":"ours"}"#)
            #expect(begun.status == 201 && begun.text("total") == "2", "\(begun.detail)")
            await subscriber.wait(for: 5)
            let all = try await client.post("/v1/replays", #"{"reason":"theirs","ratePerSecond":0.1}"#)
            #expect(all.status == 201 && all.text("total") == "1", "\(all.detail)")
            #expect(try await nordic.get("/v1/replays").data.map { $0["id"]?.string } == ["rpl_1"])
            #expect(try await nordic.get("/v1/replays/rpl_2").status == 404)
            #expect(try await nordic.post("/v1/replays/rpl_2/cancel").status == 404)
            #expect(try await viewer.get("/v1/replays").data.count == 2)
            #expect(try await nordic.post("/v1/replays", #"{"reason":"x","to":["tash"]}"#).status == 400)
        }
    }

    @Test func aReplayIsPausedResumedAndCancelled() async throws {
        try await run { harness, client, _ in
            try await enable(harness)
            let begun = try await client.post("/v1/replays", #"{"reason":"slowly","ratePerSecond":0.1}"#)
            #expect(begun.status == 201)
            let paused = try await client.post("/v1/replays/rpl_1/pause")
            #expect(paused.status == 200 && paused.text("state") == "paused", "\(paused.detail)")
            #expect(try await client.post("/v1/replays/rpl_1/pause").status == 409)
            #expect(try await client.get("/v1/replays?state=paused").data.count == 1)
            #expect(try await client.post("/v1/replays/rpl_1/resume").text("state") == "running")
            #expect(try await client.post("/v1/replays/rpl_1/cancel").text("state") == "cancelled")
            let ended = try await client.wait(for: "/v1/replays/rpl_1") { $0.text("finishedAt") != nil }
            #expect(ended.text("waiting") == "0" && ended.text("left") != "0")
            #expect(try await client.post("/v1/replays/rpl_9/pause").status == 404)
        }
    }
}
