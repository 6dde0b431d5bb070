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
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url),
            keys: AdminClient.keys
        ) { harness in
            let client = AdminClient(harness: harness)
            let event = try await client.take("INV-1").eventID.rawValue
            _ = try await client.wait(for: "/v1/deliveries?state=delivered") { !$0.data.isEmpty }
            try await harness.execute(
                """
                CREATE TRIGGER later AFTER INSERT ON replays
                BEGIN UPDATE replays SET selection = x'00' WHERE id = NEW.id; END
                """
            )
            let headers = [("Idempotency-Key", "k-1")]
            let made = try await client.ask("POST", "/v1/events/\(event)/replay", headers: headers)
            #expect(made.status == 201 && made.text("id") == "rpl_1", "\(made.detail)")
            let again = try await client.ask("POST", "/v1/events/\(event)/replay", headers: headers)
            #expect(again.status == 201 && again.headers[first: "Idempotent-Replayed"] == "true")
            #expect(again.text("id") == "rpl_1")
        }
        await subscriber.stop()
    }
}
