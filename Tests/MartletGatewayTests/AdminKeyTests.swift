// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletConfig
import MartletCore
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// Keys that the API makes, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminKeyTests {
    private func run(_ body: (GatewayHarness, AdminClient) async throws -> Void) async throws {
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            try await body(harness, AdminClient(harness: harness))
        }
    }

    @Test func aKeyIsShownOnceAndWorksUntilItIsRevoked() async throws {
        try await run { harness, admin in
            let created = try await admin.post(
                "/v1/keys",
                #"{"name":"ci","role":"operator","shops":["nordic"],"expiresIn":"90d"}"#
            )
            #expect(created.status == 201, "\(created.detail)")
            let key = try #require(created.text("key"))
            #expect(key.hasPrefix("mk_") && key.utf8.count == 67)
            #expect(created.text("id") == "key_1" && created.text("createdBy") == "a")
            #expect(created.headers[first: "Cache-Control"] == "no-store")

            let mine = AdminClient(harness: harness, key: key)
            #expect(try await mine.get("/v1/events").status == 200)
            #expect(try await mine.post("/v1/endpoints/ledger/disable").status == 403)
            #expect(try await mine.get("/v1/keys").status == 403)
            var changed = harness.configuration
            changed.admin.keys.removeAll { $0.name == "v" }
            try await harness.gateway.reload(changed)
            #expect(try await mine.get("/v1/events").status == 200, "a reload leaves it")

            let list = try await admin.wait(for: "/v1/keys") { $0.data.last?["lastUsedAt"]?.string != nil }
            #expect(list.data.compactMap { $0["name"]?.string } == ["a", "n", "o", "ci"])
            #expect(list.data.compactMap { $0["managedBy"]?.string } == ["config", "config", "config", "api"])
            #expect(!"\(list.object)".contains(key))
            let lastUsed = try #require(list.data.last?["lastUsedAt"]?.string.flatMap { Timestamp(rfc3339: $0) })
            #expect(lastUsed.milliseconds % 60_000 == 0)
            let stored = try #require(try await harness.gateway.store.keys(KeyQuery()).first)
            #expect(stored.key.digest.count == 32 && stored.key.digest != Array(key.utf8))

            let revoked = try await admin.ask("DELETE", "/v1/keys/key_1")
            #expect(revoked.status == 200 && revoked.text("outcome") == "revoked")
            #expect(try await mine.get("/v1/events").status == 401, "at once")
            #expect(try await admin.ask("DELETE", "/v1/keys/key_1").status == 409)
            #expect(try await admin.ask("DELETE", "/v1/keys/key_9").status == 404)
            let again = try await admin.post("/v1/keys", #"{"name":"ci","role":"viewer"}"#)
            #expect(again.text("id") == "key_2", "the name is free again")
        }
    }

    @Test func keysOfTheFileBelongToTheFile() async throws {
        try await run { _, admin in
            let refused = try await admin.ask("DELETE", "/v1/keys/o")
            #expect(refused.status == 409 && refused.detail.contains("belongs to the configuration file"))
            let taken = try await admin.post("/v1/keys", #"{"name":"o","role":"viewer"}"#)
            #expect(taken.status == 409 && taken.text("field") == "name")
            let first = try await admin.post("/v1/keys", #"{"name":"ci","role":"viewer"}"#)
            #expect(first.status == 201)
            let second = try await admin.post("/v1/keys", #"{"name":"ci","role":"viewer"}"#)
            #expect(second.status == 409 && second.detail.contains("key_1"))
            let byName = try await admin.ask("DELETE", "/v1/keys/ci")
            #expect(byName.status == 400 && byName.detail.hasSuffix("did you mean key_1?"))
        }
    }

    @Test func listsEachKeyOnceOverManyPages() async throws {
        try await run { _, admin in
            for number in 1...5 {
                let made = try await admin.post("/v1/keys", #"{"name":"k\#(number)","role":"viewer"}"#)
                #expect(made.status == 201)
            }
            var names: [String] = []
            var cursor: String?
            repeat {
                let page = try await admin.get("/v1/keys?limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""))
                names += page.data.compactMap { $0["name"]?.string }
                cursor = page.text("nextCursor")
            } while cursor != nil
            #expect(names == ["a", "n", "o", "v", "k5", "k4", "k3", "k2", "k1"])
        }
    }

    @Test func theSameRequestMakesOneKeyAndShowsItOnce() async throws {
        try await run { harness, admin in
            let headers = [("Idempotency-Key", "k-1")]
            let body = #"{"name":"ci","role":"viewer"}"#
            let first = try await admin.ask("POST", "/v1/keys", body, headers: headers)
            let key = try #require(first.text("key"))
            let again = try await admin.ask("POST", "/v1/keys", body, headers: headers)
            #expect(again.status == 200 && again.headers[first: "Idempotent-Replayed"] == "true")
            #expect(again.text("id") == "key_1" && again.object["key"] == nil)
            #expect(again.text("note")?.contains("shown in the first answer only") == true)
            #expect(try await harness.gateway.store.keys(KeyQuery()).count == 1)
            let other = try await admin.ask("POST", "/v1/keys", #"{"name":"x","role":"viewer"}"#, headers: headers)
            #expect(other.status == 422)
            let outcomes = try await admin.get("/v1/audit?actor=a").data.compactMap { $0["outcome"]?.string }
            #expect(outcomes == ["refused", "repeated", "done"])
            try Self.expectNoTrace(of: key, in: harness.folder)
        }
    }

    /// Neither the key nor what the list of keys is made from may lie on the disk in the clear.
    private static func expectNoTrace(of key: String, in folder: URL) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names {
            let bytes = try Data(contentsOf: folder.appendingPathComponent(name))
            #expect(bytes.range(of: Data(key.utf8)) == nil, "\(name)")
        }
    }

    @Test func keysOfTheStoreSurviveARestart() async throws {
        let first = try await GatewayHarness.start(sources: SignedCallback.source, keys: AdminClient.keys)
        let made = try await AdminClient(harness: first).post("/v1/keys", #"{"name":"ci","role":"viewer"}"#)
        await first.stop(keepingFolder: true)
        let key = try #require(made.text("key"))
        // Even where the file has none.
        let second = try await GatewayHarness.start(sources: SignedCallback.source, folder: first.folder)
        let answer = try await AdminClient(harness: second, key: key).get("/v1/events")
        let wrong = try await AdminClient(harness: second, key: "mk_wrong").get("/v1/events")
        await second.stop()
        #expect(answer.status == 200 && wrong.status == 401)
    }
}
