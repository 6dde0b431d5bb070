// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// The dashboard's files and its way of signing in, over sockets.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AdminSessionTests {
    private static let origin = ("Origin", "http://gateway.test")
    private static let json = ("Content-Type", "application/json")
    private static let operatorKey = #"{"key": "operator-key-0123456789"}"#

    private func run(_ body: (AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            try await body(AdminClient(harness: harness, key: nil))
        }
    }

    /// Signs in as an operator; gives back the fields that a page sends from then on.
    private func signIn(
        _ client: AdminClient,
        origin: (String, String) = origin
    ) async throws -> (cookie: (String, String), token: (String, String), attributes: String) {
        let answer = try await client.ask("POST", "/v1/session", Self.operatorKey, headers: [Self.json, origin])
        try #require(answer.status == 201, "\(answer.detail)")
        let set = try #require(answer.headers[first: "Set-Cookie"])
        let pair = try #require(set.split(separator: ";").first)
        return (("Cookie", String(pair)), ("Martlet-CSRF", try #require(answer.text("csrfToken"))), set)
    }

    @Test func thePageIsServedWithItsPolicyAndRevalidates() async throws {
        try await run { client in
            let page = try await client.harness.send("GET", "/", toAdmin: true)
            #expect(page.status == 200)
            #expect(page.headers[first: "Content-Type"] == "text/html; charset=utf-8")
            let policy = try #require(page.headers[first: "Content-Security-Policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"))
            #expect(!policy.contains("unsafe"))
            #expect(page.headers[first: "X-Content-Type-Options"] == "nosniff")
            #expect(page.headers[first: "Referrer-Policy"] == "no-referrer")
            let tag = try #require(page.headers[first: "ETag"])
            let script = try await client.harness.send("GET", "/assets/main.js", toAdmin: true)
            #expect(script.headers[first: "Content-Type"] == "text/javascript; charset=utf-8")
            let again = try await client.harness.send(
                "GET",
                "/",
                headers: [("If-None-Match", "\"other\", W/\(tag)")],
                toAdmin: true
            )
            #expect(again.status == 304)
            #expect(again.body.isEmpty)
            #expect(try await client.get("/assets/absent.js").status == 404)
        }
    }

    @Test func aKeyBecomesACookieThatStandsForIt() async throws {
        try await run { client in
            let (cookie, token, attributes) = try await signIn(client)
            #expect(attributes.contains("; HttpOnly; SameSite=Strict"))
            #expect(attributes.hasPrefix("martlet_session="))
            #expect(!attributes.contains("operator-key"))
            #expect(!attributes.contains("Secure"))
            let shown = try await client.ask("GET", "/v1/session", headers: [cookie])
            #expect(shown.text("name") == "o")
            #expect(shown.text("role") == "operator")
            #expect(shown.text("csrfToken") == token.1)
            #expect(try await client.ask("GET", "/v1/events", headers: [cookie]).status == 200)
            // The key's role is the session's.
            let beyond = try await client.ask(
                "POST",
                "/v1/endpoints/x/disable",
                headers: [cookie, token, Self.origin]
            )
            #expect(beyond.status == 403)
            #expect(beyond.detail.contains("needs the role admin"))
        }
    }

    @Test func overTLSTheCookieNeverLeavesIt() async throws {
        try await run { client in
            let headers = [Self.json, ("Origin", "https://martlet.example"), ("Sec-Fetch-Site", "same-origin")]
            let answer = try await client.ask("POST", "/v1/session", Self.operatorKey, headers: headers)
            #expect(answer.status == 201)
            let set = try #require(answer.headers[first: "Set-Cookie"])
            #expect(set.hasPrefix("__Host-martlet_session="))
            #expect(set.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Secure"))
        }
    }

    @Test func aChangeNeedsTheTokenAndTheOrigin() async throws {
        try await run { client in
            let (cookie, token, _) = try await signIn(client)
            let path = "/v1/deliveries/dlv_1/retry"
            let other = ("Origin", "http://evil.test")
            for headers in [
                [cookie, Self.origin], [cookie, token], [cookie, token, other],
                [cookie, Self.origin, ("Martlet-CSRF", "0")],
            ] {
                let answer = try await client.ask("POST", path, headers: headers)
                #expect(answer.status == 403)
                #expect(answer.text("code") == "csrf")
            }
            // Let in, and told that there is no such delivery.
            #expect(try await client.ask("POST", path, headers: [cookie, token, Self.origin]).status == 404)
            // A key needs neither.
            let byKey = AdminClient(harness: client.harness, key: "operator-key-0123456789")
            #expect(try await byKey.post(path).status == 404)
        }
    }

    @Test func foreignPagesCannotSignAnybodyIn() async throws {
        try await run { client in
            for headers in [
                [Self.json, ("Origin", "http://evil.test")],
                [Self.json, Self.origin, ("Sec-Fetch-Site", "cross-site")],
            ] {
                #expect(try await client.ask("POST", "/v1/session", Self.operatorKey, headers: headers).status == 403)
            }
            let form = ("Content-Type", "text/plain")
            let answer = try await client.ask("POST", "/v1/session", Self.operatorKey, headers: [form, Self.origin])
            #expect(answer.status == 400)
            #expect(answer.text("field") == "Content-Type")
        }
    }

    @Test func wrongKeysAreCountedAsEverywhere() async throws {
        try await run { client in
            var statuses: [Int] = []
            // A slow machine may earn some more guesses meanwhile.
            while statuses.last != 429, statuses.count < 200 {
                let body = #"{"key": "guess-\#(statuses.count)"}"#
                statuses.append(
                    try await client.ask("POST", "/v1/session", body, headers: [Self.json, Self.origin]).status
                )
            }
            #expect(statuses.count > 20)
            #expect(statuses.dropLast().allSatisfy { $0 == 401 })
            #expect(statuses.last == 429)
        }
    }

    @Test func signingOutEndsIt() async throws {
        try await run { client in
            let (cookie, token, _) = try await signIn(client)
            let answer = try await client.ask("DELETE", "/v1/session", headers: [cookie, token, Self.origin])
            #expect(answer.text("outcome") == "ended")
            #expect(answer.headers.all("Set-Cookie").allSatisfy { $0.contains("Max-Age=0") })
            let after = try await client.ask("GET", "/v1/events", headers: [cookie])
            #expect(after.status == 401)
            #expect(after.text("code") == "session_over")
        }
    }

    @Test func aKeyThatComesBackBringsNoSessionOfBefore() async throws {
        try await run { client in
            let (cookie, _, _) = try await signIn(client)
            let (gateway, configuration) = (client.harness.gateway, client.harness.configuration)
            try await gateway.reload(configuration)
            #expect(try await client.ask("GET", "/v1/events", headers: [cookie]).status == 200, "its key has stayed")
            var without = configuration
            without.admin.keys.removeAll { $0.name == "o" }
            try await gateway.reload(without)
            // Not used while its key is away: that would end it anyway.
            try await gateway.reload(configuration)
            let after = try await client.ask("GET", "/v1/events", headers: [cookie])
            #expect(after.status == 401 && after.text("code") == "session_over")
        }
    }
}
