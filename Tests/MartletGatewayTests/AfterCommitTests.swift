// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// What has been made is answered, though the store fails right after the commit: triggers break what is read next.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AfterCommitTests {
    private static let broken = """
        INSERT INTO managed_endpoints (id, version, settings, secrets, sealed_by, created_at, changed_at, is_removing)
        VALUES ('broken', 1, x'7B7D', x'00', 'deadbeef', 0, 0, 0)
        """

    private static func secret(_ answer: AdminClient.Answer) -> String? {
        guard case .array(let secrets) = answer.object["secrets"] else { return nil }
        return secrets.first?.object?["secret"]?.string
    }

    @Test func aSecretIsShownThoughItsEndpointIsNotInForceYet() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            let headers = [("Idempotency-Key", "k-1")]
            try await harness.execute(
                """
                CREATE TRIGGER later AFTER INSERT ON managed_endpoints WHEN NEW.id = 'crm'
                BEGIN \(Self.broken); END
                """
            )
            let body = #"{"id":"crm","url":"https://crm.example/"}"#
            let made = try await client.ask("POST", "/v1/endpoints", body, headers: headers)
            #expect(made.status == 201, "\(made.detail)")
            #expect(Self.secret(made)?.hasPrefix("whsec_") == true)
            #expect(made.text("id") == "crm" && made.object["endpoint"] == nil)
            guard case .array(let warnings) = made.object["warnings"] else {
                throw GatewayHarness.SetUpError(description: "no warnings")
            }
            #expect(warnings.contains { $0.string?.contains("not in force yet") == true })
            let again = try await client.ask("POST", "/v1/endpoints", body, headers: headers)
            #expect(again.status == 200 && again.headers[first: "Idempotent-Replayed"] == "true")
            #expect(
                again.text("id") == "crm" && Self.secret(again) == nil,
                "its name is used, and the secret shown once"
            )
            #expect(try await client.get("/v1/endpoints/crm").status == 404)

            try await harness.execute("DROP TRIGGER later; DELETE FROM managed_endpoints WHERE id = 'broken'")
            let standing = try await client.wait(for: "/v1/endpoints/crm") { $0.status == 200 }
            #expect(standing.text("state") == "active", "the gateway has gone on trying")

            try await harness.execute(
                """
                CREATE TRIGGER later AFTER UPDATE ON managed_endpoints WHEN NEW.id = 'crm'
                BEGIN \(Self.broken); END
                """
            )
            let rotated = try await client.ask(
                "POST",
                "/v1/endpoints/crm/rotate-secret",
                headers: [("Idempotency-Key", "k-2")]
            )
            #expect(rotated.status == 200, "\(rotated.detail)")
            #expect(Self.secret(rotated) != nil && Self.secret(rotated) != Self.secret(made))
            try await harness.execute("DROP TRIGGER later; DELETE FROM managed_endpoints WHERE id = 'broken'")
            let removed = try await client.wait(for: "/v1/endpoints/crm") { $0.text("version") == "2" }
            #expect(removed.status == 200)
        }
    }

    @Test func aWatchIsRegisteredThoughItCannotBeReadRightAfter() async throws {
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            keys: AdminClient.keys,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let client = AdminClient(harness: harness)
            try await harness.execute(
                """
                CREATE TRIGGER later AFTER INSERT ON watches
                BEGIN UPDATE watches SET source = 'nonsense' WHERE id = NEW.id; END
                """
            )
            let body = #"{"source":"asked/main","orderId":"A-1"}"#
            let headers = [("Idempotency-Key", "k-1")]
            let made = try await client.ask("POST", "/v1/watches", body, headers: headers)
            #expect(made.status == 201 && made.text("id") == "wch_1" && made.object["watch"] == nil, "\(made.detail)")
            let again = try await client.ask("POST", "/v1/watches", body, headers: headers)
            #expect(again.status == 201 && again.headers[first: "Idempotent-Replayed"] == "true")
        }
    }

    @Test func aReplayIsBegunThoughItCannotBeReadRightAfter() async throws {
        try await AdminClient.withLedger { client, _ in
            let event = try await client.take("INV-1").eventID.rawValue
            _ = try await client.wait(for: "/v1/deliveries?state=delivered") { !$0.data.isEmpty }
            try await client.harness.execute(
                """
                CREATE TRIGGER later AFTER INSERT ON replays
                BEGIN UPDATE replays SET selection = x'00' WHERE id = NEW.id; END
                """
            )
            let headers = [("Idempotency-Key", "k-1")]
            let made = try await client.ask("POST", "/v1/events/\(event)/replay", headers: headers)
            #expect(made.status == 201 && made.text("id") == "rpl_1", "\(made.detail)")
            #expect(made.text("total") == "1" && made.text("left") == "1", "what it makes is known by then")
            let again = try await client.ask("POST", "/v1/events/\(event)/replay", headers: headers)
            #expect(again.status == 201 && again.headers[first: "Idempotent-Replayed"] == "true")
            #expect(again.text("id") == "rpl_1")
        }
    }

    @Test func aReplayIsSteeredThoughItCannotBeReadRightAfter() async throws {
        try await AdminClient.withLedger { client, _ in
            for order in ["INV-1", "INV-2"] { _ = try await client.take(order) }
            _ = try await client.wait(for: "/v1/deliveries?state=delivered") { $0.data.count == 2 }
            let wish = """
                {"state":"delivered","since":"2020-01-01T00:00:00Z","ratePerSecond":0.1,"reason":"an outage"}
                """
            #expect(try await client.post("/v1/replays", wish).status == 201)
            try await client.harness.execute(
                """
                CREATE TRIGGER later AFTER UPDATE OF state ON replays
                BEGIN UPDATE replays SET selection = x'00' WHERE id = NEW.id; END
                """
            )
            let paused = try await client.post("/v1/replays/rpl_1/pause")
            #expect(paused.status == 200 && paused.text("state") == "paused", "\(paused.detail)")
            #expect(paused.text("id") == "rpl_1" && paused.text("total") == "2")
            #expect(try await client.get("/v1/replays/rpl_1").status == 503, "nobody can read it")
        }
    }

    @Test func anEndpointIsRemovedThoughWhatWaitsCannotBeCancelledYet() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { _ in 500 }
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            let body = """
                { "id": "crm", "url": "\(subscriber.url)", "secrets": ["\(GatewayHarness.endpointSecret)"],
                  "schedule": ["2h"] }
                """
            #expect(try await client.post("/v1/endpoints", body).status == 201)
            _ = try await client.take("INV-1")
            _ = try await client.wait(for: "/v1/endpoints/crm") { $0.text("backlog", "pending", "count") == "1" }
            try await harness.execute(
                """
                CREATE TRIGGER never BEFORE UPDATE OF state ON deliveries WHEN NEW.state = 'cancelled'
                BEGIN SELECT RAISE(ABORT, 'no'); END
                """
            )
            let removed = try await client.ask("DELETE", "/v1/endpoints/crm?pending=cancel")
            #expect(removed.status == 200 && removed.text("outcome") == "removed", "\(removed.detail)")
            #expect(removed.text("cancelled") == "0")
            #expect(removed.text("note")?.contains("goes on trying") == true)
            #expect(try await client.get("/v1/endpoints/crm").status == 404)
            try await harness.execute("DROP TRIGGER never")
            _ = try await client.wait(for: "/v1/deliveries?state=cancelled") { $0.data.count == 1 }
        }
        await subscriber.stop()
    }

    /// A count of what waits cannot be read while its table is away.
    @Test func anEndpointIsSwitchedThoughItCannotBeReadRightAfter() async throws {
        try await AdminClient.withLedger { client, _ in
            func withoutDeliveries(_ path: String) async throws -> AdminClient.Answer {
                try await client.harness.execute("ALTER TABLE deliveries RENAME TO away")
                let answer = try await client.post(path)
                try await client.harness.execute("ALTER TABLE away RENAME TO deliveries")
                return answer
            }
            let disabled = try await withoutDeliveries("/v1/endpoints/ledger/disable")
            #expect(disabled.status == 200 && disabled.text("id") == "ledger", "\(disabled.detail)")
            #expect(disabled.object["endpoint"] == nil)
            #expect(try await client.get("/v1/endpoints/ledger").text("state") == "disabled")
            let enabled = try await withoutDeliveries("/v1/endpoints/ledger/enable")
            #expect(enabled.status == 200 && enabled.object["wasDisabled"] == .bool(true), "\(enabled.detail)")
            #expect(enabled.object["endpoint"] == nil)
            #expect(try await client.get("/v1/endpoints/ledger").text("state") != "disabled")
        }
    }

    /// The dispatcher offers 200 at a time; the last of 201 cannot be offered.
    @Test func whatWasOfferedBeforeTheStoreFailedIsCounted() async throws {
        try await AdminClient.withLedger { client, subscriber in
            #expect(try await client.post("/v1/endpoints/ledger/disable").status == 200)
            for number in 1...201 { _ = try await client.take("INV-\(number)") }
            try await client.harness.execute(
                """
                CREATE TRIGGER never BEFORE UPDATE OF state ON deliveries WHEN OLD.state = 'skipped' AND OLD.id > 200
                BEGIN SELECT RAISE(ABORT, 'no'); END
                """
            )
            let path = "/v1/endpoints/ledger/enable"
            let cut = try await client.post(path, #"{"offerSkipped":true}"#)
            #expect(cut.status == 200 && cut.object["wasDisabled"] == .bool(true), "\(cut.detail)")
            #expect(cut.text("offered") == "200" && cut.text("note")?.contains("again") == true)
            let nothing = try await client.post(path, #"{"offerSkipped":true}"#)
            #expect(nothing.status == 503, "nothing was done by it")
            try await client.harness.execute("DROP TRIGGER never")
            let rest = try await client.post(path, #"{"offerSkipped":true}"#)
            #expect(rest.text("offered") == "1" && rest.object["note"] == nil)
            await subscriber.wait(for: 201)
        }
    }
}
