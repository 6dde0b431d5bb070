// SPDX-License-Identifier: Apache-2.0
import MartletAdmin
import MartletCore
import MartletCrypto
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

struct ManagedDocumentTests {
    private let now = Samples.now

    private func document(_ json: String) throws -> ManagedDocument {
        ManagedDocument(try #require(try JSONReader.read(Array(json.utf8)).object))
    }

    @Test func splitsWhatIsSealedFromWhatIsNotAndPutsItTogetherAgain() throws {
        let whole = try document(
            #"""
            { "id": "a", "url": "https://a.example", "headers": { "x": "1" }, "tls": { "key": "k" },
              "auth": { "type": "bearer", "token": "t" }, "secrets": ["s"], "timeout": "1s" }
            """#
        )
        let stored = whole.stored(as: EndpointID("a"), version: 3, createdAt: now, now: now + .seconds(1))
        #expect(
            String(decoding: stored.settings, as: UTF8.self) == #"{"id":"a","url":"https://a.example","timeout":"1s"}"#
        )
        let again = try ManagedDocument(stored)
        #expect(Set(again.members.members.map(\.name)) == Set(whole.members.members.map(\.name)))
        #expect(again.members["headers"] == whole.members["headers"])
        #expect(again.members["secrets"] == .array([.string("s")]))
    }

    @Test func replacesMembersWholeAndRemovesNullOnes() throws {
        var settings = try document(
            #"{ "id": "a", "events": ["payment.*"], "timeout": "1s", "headers": { "x": "1" } }"#
        )
        settings.replace(
            try document(#"{ "events": ["payout.*"], "timeout": null, "enabled": false, "auth": null }"#).members
        )
        #expect(
            settings
                == (try document(
                    #"{ "id": "a", "events": ["payout.*"], "headers": { "x": "1" }, "enabled": false }"#
                ))
        )
    }

    @Test(arguments: [
        (#"{}"#, ["v1"]), (#"{ "signature": "v1a" }"#, ["v1a"]), (#"{ "signature": "v1+v1a" }"#, ["v1", "v1a"]),
        (#"{ "signature": "v1a", "signatureStyles": ["svix"] }"#, ["v1a"]),
        (#"{ "signature": "v1a", "signatureStyles": ["github"] }"#, ["v1", "v1a"]),
        (#"{ "secrets": ["mine"] }"#, []), (#"{ "secrets": [] }"#, []),
    ])
    func makesTheSecretsThatAreMissing(json: String, schemes: [String]) throws {
        var settings = try document(json)
        let made = try settings.addMissingSecrets()
        #expect(made.map(\.scheme.rawValue) == schemes)
        for secret in made {
            let text = secret.forSubscriber.withExposedBytes { String(decoding: $0, as: UTF8.self) }
            #expect(text.hasPrefix(secret.scheme == .v1 ? "whsec_" : "whpk_"), "never the private half")
        }
    }

    @Test func theOldSecretEndsWithTheOverlapAndWhatHasEndedGoes() throws {
        var settings = try document(
            #"""
            { "secrets": ["whsec_b", { "secret": "whsec_c", "until": "2000-01-01T00:00:00Z" },
                          { "secret": "plain:whsec_d", "until": "2999-01-01T00:00:00Z" }, "whsk_e"] }
            """#
        )
        let rotation = try #require(try settings.rotate(.v1, overlap: .seconds(60), now: now))
        #expect(rotation.shown.map(\.scheme) == [.v1])
        #expect(rotation.oldSecretsUntil == now + .seconds(60))
        guard case .array(let secrets) = settings.members["secrets"] else {
            Issue.record("no secrets")
            return
        }
        let end = JSONValue.string((now + .seconds(60)).rfc3339)
        #expect(secrets.count == 4)
        #expect(secrets.first?.string?.hasPrefix("whsec_") == true)
        #expect(
            Array(secrets.dropFirst()) == [
                .object(JSONObject([("secret", .string("whsec_b")), ("until", end)])),
                .object(JSONObject([("secret", .string("plain:whsec_d")), ("until", end)])), .string("whsk_e"),
            ]
        )
    }

    @Test func withoutAnOverlapTheOldSecretGoesAtOnce() throws {
        var settings = try document(#"{ "secrets": ["whsec_b", "whsk_e"] }"#)
        let rotation = try #require(try settings.rotate(nil, overlap: .zero, now: now))
        #expect(rotation.shown.map(\.scheme) == [.v1, .v1a])
        #expect(rotation.oldSecretsUntil == nil)
        #expect(settings.secretCount == 2)
        var one = try document(#"{ "secrets": ["whsec_b"] }"#)
        #expect(try one.rotate(.v1a, overlap: .zero, now: now) == nil)
    }
}
