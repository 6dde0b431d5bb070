// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// A stream goes on for no longer than what it was opened with.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StreamEndTests {
    private func makeKey(_ name: String, _ client: AdminClient, _ more: String = "") async throws -> String {
        let made = try await client.post("/v1/keys", #"{"name":"\#(name)","role":"viewer"\#(more)}"#)
        return try #require(made.text("key"), "\(made.detail)")
    }

    @Test func aStreamEndsWithTheTimeOfItsKey() async throws {
        let clock = ManualClock(now: Samples.now)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            keys: AdminClient.keys,
            clock: clock
        ) { harness in
            let client = AdminClient(harness: harness)
            let key = try await makeKey("guest", client, #","expiresIn":"1h""#)
            let guest = try await StreamClient(harness, key: key)
            let lasting = try await StreamClient(harness)
            _ = try await guest.next("hello")
            await clock.advance(by: .seconds(3600))
            #expect(try await guest.next("end").text("reason") == "key")
            #expect(try await guest.next() == nil)
            _ = try await client.take("INV-1")
            #expect(try await lasting.next("event").text("merchantOrderId") == "INV-1", "others go on")
            lasting.close()
        }
    }

    @Test func aRevokedKeyTakesItsOwnStreamsAlong() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            let key = try await makeKey("guest", client)
            let guest = try await StreamClient(harness, key: key)
            let other = try await StreamClient(harness)
            _ = try await guest.next("hello")
            #expect(try await client.ask("DELETE", "/v1/keys/key_1").status == 200)
            #expect(try await guest.next("end").text("reason") == "key")
            _ = try await client.take("INV-1")
            #expect(try await other.next("event").text("merchantOrderId") == "INV-1")
            other.close()
            await #expect(throws: StreamClient.Refused.self) { _ = try await StreamClient(harness, key: key) }
        }
    }

    @Test func aStreamOfASessionEndsWithIt() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness, key: nil)
            let page = [("Content-Type", "application/json"), ("Origin", "http://gateway.test")]
            func signIn() async throws -> (cookie: String, token: String) {
                let key = #"{"key":"viewer-key-0123456789"}"#
                let answer = try await client.ask("POST", "/v1/session", key, headers: page)
                let field = try #require(answer.headers[first: "Set-Cookie"]?.split(separator: ";").first)
                return (String(field), try #require(answer.text("csrfToken")))
            }
            let (first, second) = (try await signIn(), try await signIn())
            let ending = try await StreamClient(harness, key: nil, headers: [("Cookie", first.cookie)])
            let lasting = try await StreamClient(harness, key: nil, headers: [("Cookie", second.cookie)])
            _ = try await ending.next("hello")
            let headers = [("Cookie", first.cookie), ("Martlet-CSRF", first.token), page[1]]
            #expect(try await client.ask("DELETE", "/v1/session", headers: headers).status == 200)
            #expect(try await ending.next("end").text("reason") == "key")
            _ = try await client.take("INV-1")
            #expect(try await lasting.next("event").text("merchantOrderId") == "INV-1", "that one is signed in still")
            lasting.close()
        }
    }

    @Test func aKeyHasSoManyStreamsAndLeavesTheRestToOthers() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            var streams: [StreamClient] = []
            for _ in 0..<8 { streams.append(try await StreamClient(harness)) }
            let refused = try await client.get("/v1/stream")
            #expect(refused.status == 429 && refused.headers[first: "Retry-After"] == "10")
            #expect(refused.detail.hasPrefix("8 streams are open with the key \"a\", which is the most for one key"))
            #expect(refused.text("remedy")?.contains("use a key of your own") == true)
            streams.append(try await StreamClient(harness, key: "viewer-key-0123456789"))
            streams.removeFirst().close()
            _ = try await client.wait(for: "/v1/stats") { $0.text("streams") == "8" }
            streams.append(try await StreamClient(harness))
            for stream in streams { stream.close() }
        }
    }

    @Test func aKeyHasSoManySessions() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness, key: nil)
            func signIn(_ key: String) async throws -> AdminClient.Answer {
                let page = [("Content-Type", "application/json"), ("Origin", "http://gateway.test")]
                return try await client.ask("POST", "/v1/session", #"{"key":"\#(key)"}"#, headers: page)
            }
            for _ in 0..<32 { #expect(try await signIn("viewer-key-0123456789").status == 201) }
            let refused = try await signIn("viewer-key-0123456789")
            #expect(refused.status == 429 && refused.headers[first: "Retry-After"] != nil)
            #expect(refused.text("remedy")?.contains("sign out of one of them") == true)
            #expect(try await signIn("operator-key-0123456789").status == 201)
        }
    }
}
