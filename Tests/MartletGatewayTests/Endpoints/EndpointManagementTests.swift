// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// Endpoints made and changed through the API, over sockets and on disk.
@Suite(.serialized, .timeLimit(.minutes(1))) struct EndpointManagementTests {
    private static let key = SecretsKey.generate()

    private static func extra(_ key: String = key, previous: [String] = []) -> String {
        let former = previous.map { "\"plain:\($0)\"" }.joined(separator: ",")
        return "\"secretsKey\": \"plain:\(key)\", \"previousSecretsKeys\": [\(former)]"
    }

    private func start(
        folder: URL? = nil,
        endpoints: String = "",
        extra: String = Self.extra()
    ) async throws -> GatewayHarness {
        try await GatewayHarness.start(
            sources: SignedCallback.source,
            endpoints: endpoints,
            extra: extra,
            folder: folder,
            keys: AdminClient.keys
        )
    }

    private func run(_ body: (GatewayHarness, AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("filed", "http://127.0.0.1:9/hook", "\"events\": [\"payout.paid\"]"),
            extra: Self.extra(),
            keys: AdminClient.keys
        ) { try await body($0, AdminClient(harness: $0)) }
    }

    private static func secret(_ answer: AdminClient.Answer) -> String? {
        guard case .array(let secrets) = answer.object["secrets"] else { return nil }
        return secrets.first?.object?["secret"]?.string
    }

    /// What the folder's files hold, the log of the database included.
    private static func contents(of folder: URL) throws -> Data {
        var all = Data()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            all.append(try Data(contentsOf: folder.appendingPathComponent(name)))
        }
        return all
    }

    @Test func anEndpointIsMadeDeliversAndSurvivesARestartWithItsSecretSealed() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        var harness = try await start()
        var client = AdminClient(harness: harness)
        let made = try await client.post(
            "/v1/endpoints",
            """
            { "id": "crm", "url": "\(subscriber.url)", "events": ["payment.*"], "shops": ["nordic"],
              "secrets": ["\(GatewayHarness.endpointSecret)"], "headers": { "x-team": "very-secret-team" } }
            """
        )
        #expect(made.status == 201, "\(made.detail)")
        #expect(made.object["secrets"] == nil, "only what the gateway made is shown")
        #expect(made.headers[first: "Location"] == "/v1/endpoints/crm")
        #expect(made.headers[first: "ETag"] == "\"1\"")
        #expect(made.text("endpoint", "managedBy") == "api")
        _ = try await client.take("INV-1")
        await subscriber.wait(for: 1)

        let generated = try await client.post(
            "/v1/endpoints",
            #"{ "id": "made", "url": "https://made.example/", "events": ["payout.paid"] }"#
        )
        let secret = try #require(Self.secret(generated))
        #expect(secret.hasPrefix("whsec_"))
        for path in ["/v1/endpoints", "/v1/endpoints/made", "/v1/endpoints/crm"] {
            let shown = try await harness.send(
                "GET",
                path,
                headers: [("authorization", "bearer admin-key-0123456789")],
                toAdmin: true
            )
            for hidden in [secret, "very-secret-team", GatewayHarness.endpointSecret] {
                #expect(!shown.body.contains(hidden))
            }
        }
        let running = try Self.contents(of: harness.folder)
        await harness.stop(keepingFolder: true)
        for contents in [running, try Self.contents(of: harness.folder)] {
            #expect(contents.range(of: Data("https://made.example/".utf8)) != nil, "the settings are there")
            for hidden in [secret, "very-secret-team", GatewayHarness.endpointSecret, Self.key] {
                #expect(contents.range(of: Data(hidden.utf8)) == nil)
            }
        }

        harness = try await start(folder: harness.folder)
        client = AdminClient(harness: harness)
        #expect(try await client.get("/v1/endpoints/crm").text("managedBy") == "api")
        _ = try await client.take("INV-2")
        await subscriber.wait(for: 2)
        #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })
        #expect(subscriber.arrivals.last?.headers[first: "x-team"] == "very-secret-team")
        await harness.stop()
        await subscriber.stop()
    }

    @Test func settingsFollowTheFilesRulesAndErrorsNameTheField() async throws {
        try await run { _, client in
            func problem(_ body: String) async throws -> (Int, String?, String) {
                let answer = try await client.post("/v1/endpoints", body)
                return (answer.status, answer.text("field"), answer.detail)
            }
            let url = #""url": "https://crm.example/""#
            #expect(try await problem("[]").1 == "body")
            #expect(try await problem(#"{ "id": "crm" }"#) == (400, "url", "\"url\" is required; give it as text"))
            #expect(try await problem(#"{ "id": "CRM", \#(url) }"#).1 == "id")
            #expect(try await problem(#"{ "id": "crm", \#(url), "evnts": [] }"#).2.contains(#"did you mean "events"?"#))
            #expect(try await problem(#"{ "id": "crm", \#(url), "shops": ["nordik"] }"#).1 == "shops[0]")
            #expect(try await problem(#"{ "id": "crm", \#(url), "secrets": ["env:HOME"] }"#).1 == "secrets[0]")
            let several = try await problem(#"{ "id": "crm", "url": "ftp://x", "timeout": "1y" }"#)
            #expect(several.2.contains("\"url\" must begin") && several.2.contains("\"timeout\" must be a duration"))
            let filed = try await client.post("/v1/endpoints", #"{ "id": "filed", \#(url) }"#)
            #expect(filed.status == 409 && filed.detail.hasPrefix("the configuration file has an endpoint of that id"))
            #expect(try await client.get("/v1/endpoints").data.count == 1)

            let made = try await client.post("/v1/endpoints", #"{ "id": "crm", "url": "http://crm.example/" }"#)
            guard case .array(let warnings) = made.object["warnings"] else {
                Issue.record("no warnings")
                return
            }
            #expect(warnings.first?.string?.contains("is not encrypted") == true)
            #expect(
                try await client.post("/v1/endpoints", #"{ "id": "crm", \#(url) }"#).text("code") == "endpoint_exists"
            )
        }
    }

    @Test func theFilesEndpointsAreChangedInTheFile() async throws {
        try await run { _, client in
            let changes = [
                ("PATCH", "/v1/endpoints/filed", "{}"), ("DELETE", "/v1/endpoints/filed", ""),
                ("POST", "/v1/endpoints/filed/rotate-secret", ""),
            ]
            for (method, path, body) in changes {
                let answer = try await client.ask(method, path, body)
                #expect(answer.status == 409, "\(method)")
                #expect(answer.detail.contains("belongs to the configuration file; change it there"))
            }
            #expect(try await client.ask("PATCH", "/v1/endpoints/fild", "{}").status == 404)
            #expect(try await client.get("/v1/endpoints/filed").text("managedBy") == "config")
        }
    }

    @Test func withoutAKeyNothingIsStoredAndTheAnswerSaysWhatToDo() async throws {
        let harness = try await GatewayHarness.start(
            sources: SignedCallback.source,
            keys: AdminClient.keys,
            secretsKey: nil
        )
        let answer = try await AdminClient(harness: harness)
            .post("/v1/endpoints", #"{ "id": "crm", "url": "https://crm.example/" }"#)
        #expect(answer.status == 409)
        #expect(answer.text("code") == "secrets_key_missing" && answer.text("field") == "secretsKey")
        #expect(answer.text("remedy")?.contains("martlet keygen --secrets-key") == true)
        await harness.stop()
    }

    @Test func changesMadeTogetherAreAllKeptAndALateOneIsTold() async throws {
        try await run { _, client in
            _ = try await client.post("/v1/endpoints", #"{ "id": "crm", "url": "https://crm.example/" }"#)
            let changes = [
                #"{ "timeout": "3s" }"#, #"{ "maxInFlight": 4 }"#, #"{ "includeRaw": true }"#,
                #"{ "ratePerSecond": 7 }"#,
                #"{ "events": ["payout.*"] }"#,
            ]
            try await withThrowingTaskGroup(of: Int.self) { group in
                for change in changes {
                    group.addTask { try await client.ask("PATCH", "/v1/endpoints/crm", change).status }
                }
                for try await status in group { #expect(status == 200) }
            }
            let all = try await client.get("/v1/endpoints/crm")
            #expect(all.text("version") == "6")
            #expect(all.text("timeout") == "3s" && all.text("maxInFlight") == "4" && all.text("ratePerSecond") == "7.0")
            #expect(all.object["includeRaw"] == .bool(true) && all.object["events"] == .array([.string("payout.*")]))
            #expect(all.headers[first: "ETag"] == "\"6\"")

            // Of many that saw the same version, one wins.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...6 {
                    group.addTask {
                        try await client.ask(
                            "PATCH",
                            "/v1/endpoints/crm",
                            "{ \"maxInFlight\": \(number) }",
                            headers: [("If-Match", "\"6\"")]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 412 } == 5)
            #expect(
                try await client.ask("PATCH", "/v1/endpoints/crm", "{}", headers: [("If-Match", "7")]).status == 400
            )
            let id = try await client.ask("PATCH", "/v1/endpoints/crm", #"{ "id": "other" }"#)
            #expect(id.status == 400 && id.text("field") == "id")
        }
    }

    @Test func anEndpointThatDeliveriesWaitForIsRemovedOnlyWithThem() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { _ in 500 }
        try await run { _, client in
            _ = try await client.post(
                "/v1/endpoints",
                """
                { "id": "crm", "url": "\(subscriber.url)", "secrets": ["\(GatewayHarness.endpointSecret)"],
                  "schedule": ["2h"] }
                """
            )
            _ = try await client.take("INV-1")
            _ = try await client.wait(for: "/v1/endpoints/crm") { $0.text("backlog", "pending", "count") == "1" }
            let refused = try await client.ask("DELETE", "/v1/endpoints/crm")
            #expect(refused.status == 409)
            #expect(refused.detail.hasPrefix("a delivery waits for endpoint \"crm\"; "))
            let removed = try await client.ask("DELETE", "/v1/endpoints/crm?pending=cancel")
            #expect(removed.status == 200)
            #expect(removed.text("cancelled") == "1")
            #expect(try await client.get("/v1/endpoints/crm").status == 404)
            #expect(try await client.get("/v1/deliveries?state=cancelled").data.count == 1)
            _ = try await client.take("INV-2")
            #expect(try await client.get("/v1/deliveries?endpoint=crm").data.count == 1)
            // Its id is free once nothing of it can be under way any more.
            while true {
                let again = try await client.post("/v1/endpoints", #"{ "id": "crm", "url": "https://crm.example/" }"#)
                if again.status == 201 { break }
                #expect(again.status == 409 && again.detail.contains("is being removed"))
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(try await client.get("/v1/endpoints/crm").text("state") == "active")
        }
        await subscriber.stop()
    }

    @Test func aRemovalThatWasCutOffIsFinishedByTheNextStart() async throws {
        var harness = try await start()
        _ = try await AdminClient(harness: harness).post(
            "/v1/endpoints",
            #"{ "id": "crm", "url": "https://crm.example/" }"#
        )
        var managed = try #require(try await harness.gateway.store.managedEndpoints().first)
        managed.isRemoving = true
        managed.version += 1
        #expect(try await harness.gateway.store.replace(managed))
        await harness.stop(keepingFolder: true)
        harness = try await start(folder: harness.folder)
        #expect(try await AdminClient(harness: harness).get("/v1/endpoints/crm").status == 404)
        while try await !harness.gateway.store.managedEndpoints().isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        await harness.stop()
    }

    @Test func theFileStandsInPlaceOfTheStore() async throws {
        var harness = try await start()
        _ = try await AdminClient(harness: harness).post(
            "/v1/endpoints",
            #"{ "id": "crm", "url": "https://crm.example/" }"#
        )
        await harness.stop(keepingFolder: true)
        harness = try await start(
            folder: harness.folder,
            endpoints: AdminClient.endpoint("crm", "https://filed.example/")
        )
        let shown = try await AdminClient(harness: harness).get("/v1/endpoints/crm")
        #expect(shown.text("managedBy") == "config" && shown.text("url") == "https://filed.example/")
        await harness.stop(keepingFolder: true)
        harness = try await start(folder: harness.folder)
        #expect(try await AdminClient(harness: harness).get("/v1/endpoints/crm").text("url") == "https://crm.example/")
        await harness.stop()
    }
}
