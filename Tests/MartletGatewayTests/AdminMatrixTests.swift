// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletConfig
import MartletGateway
import MartletTesting
import MartletWire
import Testing

/// Every route of the table with every kind of key, over real sockets.
///
/// What is expected follows from the table alone, so a route that is added is covered.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminMatrixTests {
    private struct Key {
        var text: String?
        var role: AdminRole?
        var shop: String?

        var who: String { "\(text ?? "no key")" }

        /// As the configuration has it; nil for what is no key.
        var json: String? {
            guard let text, let role else { return nil }
            let name = "\(role.rawValue)-\(shop ?? "all")"
            return #"{"name":"\#(name)","key":"plain:\#(text)","role":"\#(role.rawValue)","shops":["\#(shop ?? "*")"]}"#
        }
    }

    /// Those of the other shop first: what they may not see must be there still.
    private static let keys: [Key] =
        [Key(), Key(text: "wrong-key-0123456789")]
        + ["tashkent", "nordic", nil].flatMap { shop in
            AdminRole.allCases.map { role in
                Key(text: "\(role.rawValue)-\(shop ?? "all")-0123456789", role: role, shop: shop)
            }
        }

    /// What the gateway has that belongs to the shop nordic, by the word after `/v1/`.
    private static func own(_ harness: GatewayHarness) async throws -> [String: String] {
        let client = AdminClient(harness: harness, key: "admin-all-0123456789")
        _ = try await client.take("INV-1")
        let refused = try await harness.send(
            "POST",
            "/hooks/cryptomus/main",
            headers: SignedCallback.headers,
            body: Array(#"{"sign":"no"}"#.utf8),
            toAdmin: false
        )
        #expect(refused.status != 200)
        var ids = ["endpoints": "ledger"]
        for list in ["events", "deliveries", "quarantine"] {
            ids[list] = try #require(try await client.get("/v1/\(list)").data.first?["id"]?.string, "\(list)")
        }
        return ids
    }

    /// A gateway for each portion of the table: it takes twenty wrong keys from one address before it makes that wait.
    @Test(arguments: stride(from: 0, to: AdminRoutes.table.count, by: 15).map { $0 })
    func everyRouteLetsInWhomItsTableSays(from first: Int) async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: AdminClient.endpoint("ledger", subscriber.url, #""shops": ["nordic"]"#),
            shops: ["nordic", "tashkent"],
            keys: Self.keys.compactMap(\.json).joined(separator: ",")
        ) { harness in
            let own = try await Self.own(harness)
            for route in AdminRoutes.table.dropFirst(first).prefix(15) {
                let collection = route.pattern.split(separator: "/").dropFirst().first.map(String.init) ?? ""
                let id = own[collection] ?? "9999"
                let path = route.pattern.replacing("{id}", with: id).replacing("{provider}", with: "nobody")
                for key in Self.keys {
                    let answer = try await AdminClient(harness: harness, key: key.text).ask(route.method, path)
                    let who = "\(route.method) \(path) with \(key.who): \(answer.status) \(answer.detail)"
                    try Self.check(answer, route, key, who)
                    // What belongs to one shop is not there for another's key.
                    if key.shop == "tashkent", own[collection] != nil, route.pattern.contains("{id}") {
                        #expect([400, 403, 404].contains(answer.status), "\(who)")
                    }
                }
            }
        }
        await subscriber.stop()
    }

    private static func check(_ answer: AdminClient.Answer, _ route: AdminRoute, _ key: Key, _ who: String) throws {
        let expected: Int? =
            switch (route.access, key.role) {
            case (.open, _): nil
            case (_, nil): 401
            case (.role(let needed), let role?): role.includes(needed) ? nil : 403
            case (.allShops(let needed), let role?): role.includes(needed) && key.shop == nil ? nil : 403
            }
        guard let expected else {
            // What is open to everybody may have rules of its own, such as a page to sign in.
            let isLetIn = route.access == .open || ![401, 403, 405, 429].contains(answer.status)
            #expect(isLetIn && answer.status < 500, "\(who)")
            return
        }
        #expect(answer.status == expected, "\(who)")
        #expect(answer.headers[first: "Content-Type"] == "application/problem+json", "\(who)")
        let challenge = answer.headers[first: "WWW-Authenticate"]
        #expect((challenge?.hasPrefix("Bearer ") ?? false) == (expected == 401), "\(who)")
        if expected == 403 {
            let isExplained = answer.detail.contains("needs the role") || answer.detail.contains("concerns all shops")
            #expect(isExplained, "\(who)")
        }
    }

    /// Every change that a key may not make leaves a line, and so does every one that it may.
    @Test func everyChangeIsInTheAuditLog() async throws {
        let changes = AdminRoutes.table.filter(\.isAudited)
        #expect(changes.count == AdminRoutes.table.count { $0.method != "GET" && $0.access != .open })
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            shops: ["nordic", "tashkent"],
            keys: Self.keys.compactMap(\.json).joined(separator: ",")
        ) { harness in
            let client = AdminClient(harness: harness, key: "admin-all-0123456789")
            for route in changes {
                let path = route.pattern.replacing("{id}", with: "9999").replacing("{provider}", with: "nobody")
                _ = try await client.ask(route.method, path)
            }
            let lines = try await client.get("/v1/audit?limit=500&actor=admin-all").data
            let written = Set(lines.compactMap { $0["action"]?.string })
            for route in changes {
                #expect(written.contains("\(route.method) \(route.pattern)"), "\(route.method) \(route.pattern)")
            }
            #expect(lines.allSatisfy { $0["outcome"] != .string("unknown") })
        }
    }
}
