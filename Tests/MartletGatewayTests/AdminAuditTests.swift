// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// Who did what, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminAuditTests {
    @Test func aChangeHasALineWithWhoWhenAndWhat() async throws {
        let clock = ManualClock(now: Samples.now)
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys,
            clock: clock
        ) { harness in
            let admin = AdminClient(harness: harness)
            #expect(try await admin.post("/v1/endpoints/ledger/disable").status == 200)
            #expect(try await admin.post("/v1/endpoints/ledger/enable", #"{"offerSkipped":true}"#).status == 200)
            #expect(try await admin.post("/v1/keys", #"{"name":"ci","role":"viewer"}"#).status == 201)
            #expect(try await admin.post("/v1/endpoints/leger/disable").status == 404)

            let operators = AdminClient(harness: harness, key: "operator-key-0123456789")
            #expect(try await operators.post("/v1/endpoints/ledger/disable").status == 403)
            let lines = try await operators.wait(for: "/v1/audit?limit=5") { $0.data.first?["actor"] == .string("o") }
            let refused = try #require(lines.data.first)
            #expect(refused["outcome"] == .string("refused") && refused["status"] == .number("403"))
            let unknown = lines.data[1]
            #expect(unknown["object"] == .string("leger") && unknown["outcome"] == .string("refused"))
            let made = lines.data[2]
            #expect(made["created"] == .string("key_1") && made["actor"] == .string("a"))
            #expect(made["detail"]?.object?["role"] == .string("viewer"))
            #expect(made["at"] == .string(Samples.now.rfc3339) && made["address"] == .string("127.0.0.1"))
            let enabled = lines.data[3]
            #expect(enabled["action"] == .string("POST /v1/endpoints/{id}/enable"))
            #expect(enabled["detail"]?.object?["offerSkipped"] == .bool(true))

            let ofLedger = try await operators.get("/v1/audit?object=ledger")
            #expect(ofLedger.data.count == 3)
            let ofKey = try await operators.get("/v1/audit?object=key_1")
            #expect(ofKey.data.count == 1, "by what was made")
            let later = (Samples.now + .seconds(1)).rfc3339
            #expect(try await operators.get("/v1/audit?since=\(later)").data.isEmpty)
            #expect(try await operators.get("/v1/audit?until=\(later)&limit=1").text("nextCursor") != nil)
            let limited = AdminClient(harness: harness, key: "nordic-key-0123456789")
            #expect(try await limited.get("/v1/audit").status == 403)
            #expect(
                try await AdminClient(harness: harness, key: "viewer-key-0123456789").get("/v1/audit").status == 403
            )
        }
        await subscriber.stop()
    }

    @Test func theGatewayNotesWhatItDoesByItself() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { _ in 410 }
        let first = try await GatewayHarness.start(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys
        )
        let client = AdminClient(harness: first)
        _ = try await client.take("INV-1")
        let disabled = try await client.wait(for: "/v1/audit?object=ledger") { !$0.data.isEmpty }
        #expect(disabled.data.first?["action"] == .string("endpoint.disabled"))
        #expect(disabled.data.first?["detail"]?.object?["reason"] == .string("gone"))
        #expect(disabled.data.first?["address"] == .null)
        try await first.gateway.reload(first.configuration)
        first.gateway.refused([SettingsProblem(path: "$.shops", "a secret value")])
        let own = try await client.wait(for: "/v1/audit?actor=gateway") { $0.data.count == 4 }
        #expect(own.data.compactMap { $0["outcome"]?.string } == ["refused", "done", "done", "done"])
        #expect(own.data.first?["detail"]?.object?["problems"] == .array([.string("$.shops")]))
        await first.stop(keepingFolder: true)

        let second = try await GatewayHarness.start(
            sources: SignedCallback.source,
            folder: first.folder,
            keys: AdminClient.keys
        )
        let after = try await AdminClient(harness: second).wait(for: "/v1/audit?actor=gateway") { $0.data.count == 6 }
        let actions = after.data.compactMap { $0["action"]?.string }
        #expect(actions.prefix(3) == ["gateway.started", "gateway.stopping", "configuration.reloaded"])
        #expect(actions.last == "gateway.started")
        await second.stop()
        await subscriber.stop()
    }

    /// A request that a crash cut off has a line without an outcome.
    @Test func whatWasCutOffIsShownAsUnknown() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let entry = NewAuditEntry(at: Samples.now, actor: "a", action: "POST /v1/replays")
            _ = try await harness.gateway.store.append(entry)
            let lines = try await AdminClient(harness: harness).get("/v1/audit?actor=a")
            #expect(lines.data.first?["outcome"] == .string("unknown"))
            #expect(lines.data.first?["status"] == .null)
        }
    }

    @Test func whatCannotBeWrittenDownIsNotDone() async throws {
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", "http://127.0.0.1:9/hooks"),
            keys: AdminClient.keys
        ) { harness in
            await harness.gateway.store.close()
            let answer = try await AdminClient(harness: harness).post("/v1/endpoints/ledger/disable")
            #expect(answer.status == 503)
            let metrics = try await harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_endpoint_state{endpoint=\"ledger\",state=\"disabled\"} 0"))
        }
    }

    @Test func refusedRequestsCannotFillTheLog() async throws {
        let clock = ManualClock(now: Samples.now)
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys, clock: clock) { harness in
            let viewer = AdminClient(harness: harness, key: "viewer-key-0123456789")
            for _ in 0..<40 { #expect(try await viewer.post("/v1/deliveries/dlv_1/retry").status == 403) }
            let lines = try await AdminClient(harness: harness).wait(for: "/v1/audit?actor=v&limit=500") {
                $0.data.count >= 20
            }
            #expect(lines.data.count == 20)
        }
    }
}
