// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

struct SettingsTests {
    static func read(_ kind: String, _ json: String) throws -> ((any PushProvider)?, [SettingsProblem]) {
        let problems = SettingsProblems()
        let object = try JSONReader.readObject(Array(json.utf8)).object
        let reader = SettingsReader(object, path: "$.sources[0]", resolver: PlainSecrets(), problems: problems)
        let found = try #require(ProviderRegistry.kind(named: kind))
        found.checkSettings?(SourceID(provider: kind, id: "main"), reader)
        let provider = found.makePush?(SourceID(provider: kind, id: "main"), reader)
        _ = found.makeWatched?(SourceID(provider: kind, id: "main"), reader)
        reader.finish()
        return (provider, problems.all)
    }

    static func messages(_ kind: String, _ json: String) throws -> [String] {
        try read(kind, json).1.filter { !$0.message.contains("prefer \"env:NAME\"") }
            .map { "\($0.severity.rawValue) \($0.path)" }
    }

    @Test func listsEveryProvider() {
        #expect(
            ProviderRegistry.kinds.map(\.name) == [
                "spectrocoin", "cryptomus", "kryptoswap", "hype", "hmac", "standard",
            ]
        )
        #expect(ProviderRegistry.kind(named: "paypal") == nil)
        #expect(ProviderRegistry.kind(named: "hype")?.makePush == nil)
    }

    @Test(arguments: [
        (
            "cryptomus",
            #"{"paymentKey":"plain:a","payoutKey":"plain:b","allowedSources":["::1","10.0.0.0/8"],"apiBase":"https://api.cryptomus.com","merchant":null}"#
        ),
        (
            "kryptoswap",
            #"{"ipnSecret":"plain:a","hashFields":["hash"],"maxAge":"24h","maxFuture":"5m","apiBase":null,"orderFormat":"form"}"#
        ),
        ("kryptoswap", "{}"),
        (
            "kryptoswap",
            #"{"polling":{"callsPerSecond":5,"schedule":[{"every":"10s","until":"1h"},{"every":"1d","until":"365d"}]}}"#
        ),
        (
            "spectrocoin",
            #"{"merchantId":null,"apiId":null,"userId":null,"merchantApiId":"0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f","publicKeys":[],"clientId":"c","clientSecret":"plain:s","apiBase":"https://spectrocoin.com/","testMode":true}"#
        ),
        ("hype", #"{"command":["aelucrative-hype-initiator","status"]}"#),
        (
            "hype",
            #"{"command":["/opt/hype","status"],"commandDigest":"sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","environment":{"HOME":"/srv"},"user":"hype","timeLimit":"10s"}"#
        ),
        (
            "hmac",
            #"{"secrets":["plain:a"],"header":"X","algorithm":"sha256","signedText":"body","typeMap":{"a":"payment.paid"}}"#
        ),
    ])
    func acceptsTheSettingsOfTheContract(_ kind: String, _ json: String) throws {
        #expect(try Self.messages(kind, json) == [])
        #expect(try (Self.read(kind, json).0 != nil) == (kind != "hype"))
    }

    @Test(arguments: [
        ("cryptomus", "{}", ["warning $.sources[0]"]),
        ("cryptomus", #"{"paymentKey":"plain:"}"#, ["error $.sources[0].paymentKey"]),
        ("cryptomus", #"{"paymentKey":"env:X"}"#, ["error $.sources[0].paymentKey"]),
        ("cryptomus", #"{"paymentKey":"plain:a","allowedSources":["x"]}"#, ["error $.sources[0].allowedSources"]),
        ("cryptomus", #"{"paymentKey":"plain:a","apiBase":"api.cryptomus.com"}"#, ["error $.sources[0].apiBase"]),
        ("cryptomus", #"{"paymentKey":"plain:a","apiBase":"http://localhost:1"}"#, ["warning $.sources[0].apiBase"]),
        ("cryptomus", #"{"paymentKey":"plain:a","apiBase":"https://u:p@host"}"#, ["error $.sources[0].apiBase"]),
        ("cryptomus", #"{"paymentKey":"plain:a","apiBase":"https://host/?a=b"}"#, ["error $.sources[0].apiBase"]),
        ("cryptomus", #"{"paymentKey":"plain:a","apiBase":"https://host:0"}"#, ["error $.sources[0].apiBase"]),
        ("cryptomus", #"{"paymentKey":"plain:a","merchant":"a\nb"}"#, ["error $.sources[0].merchant"]),
        ("cryptomus", #"{"paymentKey":"plain:a","paymentkey":1}"#, ["error $.sources[0].paymentkey"]),
        ("kryptoswap", #"{"hashFields":[]}"#, ["error $.sources[0].hashFields"]),
        ("kryptoswap", #"{"hashFields":["orderId"]}"#, ["error $.sources[0].hashFields"]),
        ("kryptoswap", #"{"hashFields":"learn"}"#, ["warning $.sources[0].hashFields"]),
        ("kryptoswap", #"{"hashFields":"hash"}"#, ["error $.sources[0].hashFields"]),
        ("kryptoswap", #"{"orderFormat":"xml"}"#, ["error $.sources[0].orderFormat"]),
        ("kryptoswap", #"{"maxAge":5}"#, ["error $.sources[0].maxAge"]),
        ("kryptoswap", #"{"polling":{"every":"1m"}}"#, ["error $.sources[0].polling.every"]),
        ("kryptoswap", #"{"polling":{"schedule":[]}}"#, ["error $.sources[0].polling.schedule"]),
        ("kryptoswap", #"{"polling":{"callsPerSecond":0}}"#, ["error $.sources[0].polling.callsPerSecond"]),
        ("cryptomus", #"{"paymentKey":"plain:a","polling":{"callsPerSecond":50}}"#, ["warning $.sources[0].polling"]),
        (
            "kryptoswap", #"{"polling":{"schedule":[{"every":"1m"}]}}"#,
            ["error $.sources[0].polling.schedule[0].until"]
        ),
        (
            "kryptoswap", #"{"polling":{"schedule":[{"every":"999ms","until":"366d"}]}}"#,
            ["error $.sources[0].polling.schedule[0].every", "error $.sources[0].polling.schedule[0].until"]
        ),
        (
            "kryptoswap", #"{"polling":{"schedule":[{"every":"1m","until":"2h"},{"every":"5m","until":"2h"}]}}"#,
            ["error $.sources[0].polling.schedule[1].until"]
        ),
        (
            "kryptoswap", #"{"apiBase":"https://a.example","polling":{"schedule":[{"every":"2s","until":"1h"}]}}"#,
            ["warning $.sources[0].polling"]
        ),
        (
            "kryptoswap",
            #"{"apiBase":"http://[::1]:9","polling":{"callsPerSecond":90,"schedule":[{"every":"2s","until":"1h"}]}}"#,
            ["warning $.sources[0].apiBase"]
        ),
        ("spectrocoin", "{}", ["warning $.sources[0]"]),
        ("spectrocoin", #"{"merchantApiId":"4711"}"#, ["error $.sources[0].merchantApiId", "warning $.sources[0]"]),
        ("spectrocoin", #"{"publicKeys":["plain:x"]}"#, ["error $.sources[0].publicKeys", "warning $.sources[0]"]),
        ("hype", "{}", ["error $.sources[0].command"]),
        ("hype", #"{"command":["bin/hype"]}"#, ["error $.sources[0].command"]),
        ("hype", #"{"command":["hype"],"environment":{"A=":"1"}}"#, ["error $.sources[0].environment"]),
        ("hype", #"{"command":["hype"],"environment":[]}"#, ["error $.sources[0].environment"]),
        ("hype", #"{"command":["hype"],"commandDigest":"sha256:00"}"#, ["error $.sources[0].commandDigest"]),
        ("hype", #"{"command":["hype"],"commandDigest":1}"#, ["error $.sources[0].commandDigest"]),
        (
            "hype", #"{"command":["hype"],"user":"-x","timeLimit":"1h"}"#,
            ["error $.sources[0].timeLimit", "error $.sources[0].user"]
        ),
        ("hmac", #"{"typeMap":{"a":"payment.paid"}}"#, ["error $.sources[0].header", "error $.sources[0].secrets"]),
        ("hmac", #"{"secrets":["plain:a"],"header":"X","typeMap":{"a":"paid"}}"#, ["error $.sources[0].typeMap.a"]),
        ("hmac", #"{"secrets":["plain:a"],"header":"X Y","typeMap":{}}"#, ["error $.sources[0].header"]),
        (
            "hmac", #"{"secrets":["plain:a"],"header":"X","signedText":"timestamp.body","typeMap":{}}"#,
            ["error $.sources[0].signedText"]
        ),
        (
            "hmac", #"{"secrets":["plain:a"],"header":"X","signedText":"body","timestampHeader":"T","typeMap":{}}"#,
            ["error $.sources[0].timestampHeader"]
        ),
        (
            "hmac", #"{"secrets":["plain:a"],"header":"X","paths":{"type":"a.b","id":"a","x":""},"typeMap":{}}"#,
            ["error $.sources[0].paths.id", "error $.sources[0].paths.x"]
        ),
        ("standard", #"{"secrets":["plain:short"]}"#, ["error $.sources[0].secrets", "warning $.sources[0].typeMap"]),
        (
            "standard",
            #"{"secrets":["plain:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],"paths":{"id":"a"},"typeMap":{}}"#,
            ["error $.sources[0].paths.id"]
        ),
    ])
    func namesWhatIsWrong(_ kind: String, _ json: String, _ expected: [String]) throws {
        #expect(try Self.messages(kind, json).sorted() == expected)
    }

    @Test func asksAtTheConfiguredPace() throws {
        let json = #"{"apiBase":"http://127.0.0.1:9","polling":{"schedule":[{"every":"2s","until":"5m"}]}}"#
        let provider = try #require(try Self.read("kryptoswap", json).0 as? Kryptoswap)
        let now = Vectors.sampleTime
        let watch = try provider.plan(Array(Asked.kryptoswap.registration.utf8), now: now).watch
        #expect(watch.nextPollAt == now + .seconds(2))
        #expect(watch.deadline == now + .minutes(5))
        // A provider that is down is asked again by the pace, not by the minute.
        let next = provider.polling.schedule.next(after: now, since: now, failures: 1, retryAfter: nil)
        #expect(next == now + .seconds(3))
    }

    @Test func warnsOfThePublishedTestKey() throws {
        let pem = try SpectroCoinTests.secret("provider_public_key_pem")
        var json = JSONWriter()
        json.beginObject()
        json.member("merchantId", "4711")
        json.member("apiId", "2")
        json.name("publicKeys")
        json.beginArray()
        json.string("plain:" + pem)
        json.endArray()
        json.endObject()
        let (provider, problems) = try Self.read("spectrocoin", String(decoding: json.bytes, as: UTF8.self))
        #expect(provider != nil)
        #expect(problems.contains { $0.message == SpectroCoin.publishedTestKeyMessage && $0.severity == .warning })
        #expect(SpectroCoin.isPublishedTestKey(try RSAPublicKey(pem: Array(pem.utf8)).fingerprint))
    }
}
