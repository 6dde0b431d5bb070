// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletGateway
import MartletTesting
import MartletWire
import Testing

/// Who gets in at the admin API, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminAccessTests {
    @Test func theTableIsWhatTheContractSays() {
        let roles = AdminRoutes.table.map { "\($0.method) \($0.pattern) \($0.access)" }.joined(separator: "\n")
        #expect(roles.contains("GET /metrics open"))
        for route in AdminRoutes.table where route.pattern.hasPrefix("/v1/") {
            // A key that is shown in the body is judged by the handler, with the same limit on wrong ones.
            let isSignIn = route.method == "POST" && route.pattern == "/v1/session"
            #expect((route.access == .open) == isSignIn, "\(route.pattern)")
            let isSensitive = ["/v1/keys", "/v1/audit"].contains(route.pattern)
            if route.method == "GET", !isSensitive { #expect(route.access == .role(.viewer), "\(route.pattern)") }
        }
        let deliveryActions = AdminRoutes.table.filter {
            $0.pattern.hasPrefix("/v1/deliveries/") && $0.method == "POST"
        }
        #expect(deliveryActions.count == 2)
        #expect(deliveryActions.allSatisfy { $0.access == .role(.operator) })
        let quarantine = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/quarantine") && $0.method != "GET" }
        #expect(quarantine.count == 3)
        #expect(quarantine.allSatisfy { $0.access == .role(.operator) })
        let watchActions = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/watches") && $0.method != "GET" }
        #expect(watchActions.count == 4)
        #expect(watchActions.allSatisfy { $0.access == .role(.operator) })
        let creating = AdminRoutes.table.filter { $0.pattern.hasSuffix("/orders") }
        #expect(creating.map(\.method) == ["POST"])
        #expect(creating.allSatisfy { $0.access == .role(.operator) })
        let keys = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/keys") }
        #expect(keys.count == 3)
        #expect(keys.allSatisfy { $0.access == .allShops(.admin) })
        let audit = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/audit") }
        #expect(audit.map(\.access) == [.allShops(.operator)])
        let switches = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/endpoints/") && $0.method == "POST" }
        #expect(switches.count == 4)
        #expect(switches.allSatisfy { $0.access == .allShops(.admin) })
    }

    @Test func wrongKeysAreSlowedDownAndCounted() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let guesser = AdminClient(harness: harness, key: "guess-0123456789")
            var limited: AdminClient.Answer?
            // A slow machine may earn some more guesses meanwhile.
            for _ in 0..<200 where limited == nil {
                let answer = try await guesser.get("/v1/endpoints")
                if answer.status == 429 { limited = answer } else { #expect(answer.status == 401) }
            }
            let answer = try #require(limited)
            let seconds = try #require(answer.headers[first: "Retry-After"].flatMap { Int($0) })
            #expect((1...3).contains(seconds))
            let open = try await harness.send("GET", "/metrics", toAdmin: true)
            #expect(open.status == 200)
            #expect(open.body.contains("martlet_admin_refusals_total{reason=\"wrong\"} "))
            #expect(open.body.contains("martlet_admin_refusals_total{reason=\"too_many\"} 1"))
        }
    }

    @Test func withoutKeysTheAPIIsClosed() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            let answer = try await AdminClient(harness: harness).get("/v1/endpoints")
            #expect(answer.status == 401)
            #expect(answer.detail == "the configuration has no key for the admin API; add one to admin.keys")
        }
    }

    @Test func aReloadChangesTheKeys() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            #expect(try await client.get("/v1/endpoints").status == 200)
            var changed = harness.configuration
            changed.admin.keys.removeAll { $0.name == "a" }
            try await harness.gateway.reload(changed)
            #expect(try await client.get("/v1/endpoints").status == 401)
        }
    }

    @Test func aKeyOfOneShopSeesNothingOfAnother() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let second = SignedCallback.source
            .replacing("\"id\": \"main\"", with: "\"id\": \"other\"")
            .replacing("nordic", with: "tashkent")
        let endpoints = [
            AdminClient.endpoint("all", subscriber.url),
            AdminClient.endpoint("nordic-only", subscriber.url, "\"shops\": [\"nordic\"]"),
            AdminClient.endpoint("tashkent-only", subscriber.url, "\"shops\": [\"tashkent\"]"),
        ].joined(separator: ",")
        try await GatewayHarness.run(
            sources: "\(SignedCallback.source), \(second)",
            endpoints: endpoints,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            let all = AdminClient(harness: harness)
            let limited = AdminClient(harness: harness, key: "nordic-key-0123456789")
            _ = try await all.take("INV-1")
            _ = try await all.take("INV-2", source: "other")
            await subscriber.wait(for: 4)

            #expect(try await all.get("/v1/events").data.count == 2)
            let own = try await limited.get("/v1/events").data
            #expect(own.compactMap { $0["shop"]?.string } == ["nordic"])
            #expect(try await limited.get("/v1/events?shop=tashkent").data.isEmpty)
            #expect(try await all.get("/v1/deliveries").data.count == 4)
            #expect(try await limited.get("/v1/deliveries").data.allSatisfy { $0["shop"] == .string("nordic") })
            #expect(try await limited.get("/v1/endpoints").data.compactMap { $0["id"]?.string } == ["nordic-only"])
            for id in ["all", "tashkent-only", "nowhere"] {
                let answer = try await limited.get("/v1/endpoints/\(id)")
                #expect(answer.status == 404, "\(id)")
                #expect(!answer.detail.contains("did you mean"), "near matches must not tell of hidden endpoints")
            }

            let foreignEvent = try #require(
                try await all.get("/v1/events?shop=tashkent").data.first?["id"]?.string
            )
            #expect(try await limited.get("/v1/events/\(foreignEvent)").status == 404)
            let foreign = try #require(
                try await all.get("/v1/deliveries?event=\(foreignEvent)").data.first?["id"]?.string
            )
            #expect(try await all.get("/v1/deliveries/\(foreign)").status == 200)
            #expect(try await limited.get("/v1/deliveries/\(foreign)").status == 404)
            #expect(try await limited.post("/v1/deliveries/\(foreign)/retry").status == 404)
            #expect(try await limited.post("/v1/deliveries/\(foreign)/cancel").status == 404)
            let refused = try await limited.post("/v1/endpoints/nordic-only/disable")
            #expect(refused.status == 403)
            #expect(refused.detail.contains("concerns all shops"))
        }
        await subscriber.stop()
    }
}
