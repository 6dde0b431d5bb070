// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

/// Endpoints over the admin API: what is shown, and the switch.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminEndpointTests {
    @Test func showsSettingsWithoutSecretsAndHowItIsDoing() async throws {
        let more = """
            "headers": { "x-team": "plain:very-secret-team" }, "auth": { "type": "bearer", "token": "plain:very-secret" },
            "schedule": ["2h"], "ratePerSecond": 2.5
            """
        let answers: RecordingSubscriber.Behaviour = { $0 == 1 ? 403 : 200 }
        try await AdminClient.withLedger(more, key: "viewer-key-0123456789", answering: answers) { client, _ in
            _ = try await client.take("INV-1")
            let answer = try await client.wait(for: "/v1/endpoints/ledger") {
                $0.text("backlog", "pending", "count") == "1"
            }
            #expect(answer.text("managedBy") == "config")
            #expect(answer.text("state") == "active")
            #expect(answer.text("ratePerSecond") == "2.5")
            #expect(answer.object["schedule"] == .array([.string("2h")]))
            #expect(answer.object["headers"] == .array([.string("x-team")]))
            #expect(answer.text("auth") == "bearer")
            #expect(answer.text("rejecting", "status") == "403")
            #expect(answer.text("rejecting", "meaning")?.contains("does not accept who sends") == true)
            #expect(answer.text("lastFailure", "status") == "403")
            #expect(answer.object["disabled"] == .null)
            #expect(answer.text("backlog", "oldestDue") != nil)
            #expect(answer.object["backlog"]?.object?["pending"]?.object?["atLeast"] == .bool(false))
            let raw = try await client.harness.send(
                "GET",
                "/v1/endpoints",
                headers: [("authorization", "bearer viewer-key-0123456789")],
                toAdmin: true
            )
            #expect(raw.status == 200)
            for secret in ["very-secret", GatewayHarness.endpointSecret, "key-0123456789"] {
                #expect(!raw.body.contains(secret))
            }
            let near = try await client.get("/v1/endpoints/leger")
            #expect(near.status == 404)
            #expect(near.detail == "there is no endpoint \"leger\"; did you mean \"ledger\"?")
            #expect(near.object["near"] == .array([.string("ledger")]))
        }
    }

    @Test func anOperatorDisablesAndEnablesAndWhatWasSkippedIsSent() async throws {
        try await AdminClient.withLedger { client, subscriber in
            let early = try await client.post("/v1/endpoints/ledger/enable")
            #expect(early.status == 409)
            #expect(early.detail.hasPrefix("endpoint \"ledger\" is not disabled; it is active"))

            let disabled = try await client.post("/v1/endpoints/ledger/disable")
            #expect(disabled.status == 200)
            #expect(disabled.text("endpoint", "state") == "disabled")
            #expect(disabled.text("endpoint", "disabled", "reason") == "operator")
            let twice = try await client.post("/v1/endpoints/ledger/disable")
            #expect(twice.status == 409)
            #expect(twice.detail.hasPrefix("endpoint \"ledger\" is disabled already by \"operator\" since "))
            let metrics = try await client.harness.send("GET", "/metrics", toAdmin: true).body
            #expect(metrics.contains("martlet_endpoint_state{endpoint=\"ledger\",state=\"disabled\"} 1"))
            #expect(metrics.contains("martlet_endpoint_state{endpoint=\"ledger\",state=\"active\"} 0"))

            for number in 0..<3 { _ = try await client.take("INV-\(number)") }
            let skipped = try await client.get("/v1/endpoints/ledger")
            #expect(skipped.text("backlog", "skipped", "count") == "3")
            let id = try #require(try await client.get("/v1/deliveries?state=skipped").data.first?["id"]?.string)
            let retried = try await client.post("/v1/deliveries/\(id)/retry")
            #expect(retried.text("endpointState") == "disabled")
            #expect(retried.text("meaning")?.contains("its endpoint is disabled") == true)

            let wrong = try await client.post("/v1/endpoints/ledger/enable", "{\"offerSkipped\": \"yes\"}")
            #expect(wrong.status == 400)
            #expect(wrong.text("field") == "offerSkipped")
            #expect(try await client.post("/v1/endpoints/ledger/enable", "[").text("field") == "body")

            let enabled = try await client.post("/v1/endpoints/ledger/enable", "{\"offerSkipped\": true}")
            #expect(enabled.status == 200)
            #expect(enabled.object["wasDisabled"] == .bool(true))
            #expect(enabled.text("offered") == "2")
            await subscriber.wait(for: 3)
            #expect(Set(subscriber.arrivals.map(\.eventID)).count == 3)
            // Later, too, there may be something to offer; with nothing left it says so.
            let later = try await client.post("/v1/endpoints/ledger/enable", "{\"offerSkipped\": true}")
            #expect(later.object["wasDisabled"] == .bool(false))
            #expect(later.text("offered") == "0")
        }
    }

    @Test func whatTheConfigurationDisablesStaysSo() async throws {
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", "http://127.0.0.1:9/hook", "\"enabled\": false"),
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            #expect(try await client.get("/v1/endpoints/ledger").text("disabled", "reason") == "configuration")
            let answer = try await client.post("/v1/endpoints/ledger/enable", "{\"offerSkipped\": true}")
            #expect(answer.status == 409)
            #expect(answer.detail.contains("set its \"enabled\" to true there and reload the file with SIGHUP"))
        }
    }
}
