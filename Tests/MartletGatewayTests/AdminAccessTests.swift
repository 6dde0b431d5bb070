// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletGateway
import MartletTesting
import MartletWire
import Testing

/// Who gets in at the admin API, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminAccessTests {
    /// Every route with every kind of key: the answer is 401, 403, or the route's own.
    ///
    /// A gateway for each portion of the table: it takes twenty wrong keys from one address before it makes that wait.
    @Test(arguments: stride(from: 0, to: AdminRoutes.table.count, by: 15).map { $0 })
    func everyRouteLetsInWhomItsTableSays(from first: Int) async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let keys: [(key: String?, role: AdminRole?, isLimited: Bool)] = [
                (nil, nil, false), ("wrong-key-0123456789", nil, false), ("viewer-key-0123456789", .viewer, false),
                ("operator-key-0123456789", .operator, false), ("admin-key-0123456789", .admin, false),
                ("nordic-key-0123456789", .admin, true),
            ]
            for route in AdminRoutes.table.dropFirst(first).prefix(15) {
                let kind = route.pattern.hasPrefix("/v1/watches") ? "wch_" : ""
                let path = route.pattern.replacing("{id}", with: "\(kind)9999")
                // Without a body there is nothing to register.
                let needsBody = ["/v1/watches", "/v1/sweeps", "/v1/sources/{provider}/{id}/resend"]
                // What has no key in its body begins no session, and a request with a key has none to end.
                let ownOfSession = ["POST": [400], "DELETE": [409]]
                let own =
                    route.pattern == "/v1/session"
                    ? ownOfSession[route.method] ?? [200]
                    : route.method == "POST" && needsBody.contains(route.pattern) ? [400] : [200, 404]
                for (key, role, isLimited) in keys {
                    let answer = try await AdminClient(harness: harness, key: key).ask(route.method, path)
                    let expected: Int? =
                        switch (route.access, role) {
                        case (.open, _): nil
                        case (_, nil): 401
                        case (.role(let needed), let role?): role.includes(needed) ? nil : 403
                        case (.allShops(let needed), let role?): role.includes(needed) && !isLimited ? nil : 403
                        }
                    let who = "\(route.method) \(path) with \(key ?? "no key")"
                    if let expected {
                        #expect(answer.status == expected, "\(who)")
                        #expect(answer.headers[first: "Content-Type"] == "application/problem+json", "\(who)")
                        let challenge = answer.headers[first: "WWW-Authenticate"]
                        #expect((challenge?.hasPrefix("Bearer ") ?? false) == (expected == 401), "\(who)")
                        if expected == 403, !isLimited { #expect(answer.detail.contains("needs the role"), "\(who)") }
                    } else {
                        #expect(own.contains(answer.status), "\(who): \(answer.status) \(answer.detail)")
                    }
                }
            }
        }
    }

    @Test func theTableIsWhatTheContractSays() {
        let roles = AdminRoutes.table.map { "\($0.method) \($0.pattern) \($0.access)" }.joined(separator: "\n")
        #expect(roles.contains("GET /metrics open"))
        for route in AdminRoutes.table where route.pattern.hasPrefix("/v1/") {
            // A key that is shown in the body is judged by the handler, with the same limit on wrong ones.
            let isSignIn = route.method == "POST" && route.pattern == "/v1/session"
            #expect((route.access == .open) == isSignIn, "\(route.pattern)")
            if route.method == "GET" { #expect(route.access == .role(.viewer), "\(route.pattern)") }
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
        let switches = AdminRoutes.table.filter { $0.pattern.hasPrefix("/v1/endpoints/") && $0.method == "POST" }
        #expect(switches.count == 2)
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
