// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

/// The two providers whose bodies are mapped by settings: `hmac` and `standard`.
struct MappedSenderTests {
    static let body = Array(
        #"{"event":"charge.paid","id":7,"data":[{"order":"o-1","sum":12.50,"cur":"eur","ref":"r"}]}"#.utf8
    )

    static let mapping = """
        "paths":{"type":"event","id":"id","object":"data.0.ref","order":"data.0.order","amount":"data.0.sum",\
        "currency":"data.0.cur"},"typeMap":{"charge.paid":"payment.paid","sent":"payout.paid"}
        """

    static func hmac(_ settings: String) throws -> any PushProvider {
        try make("hmac", "{\"secrets\":[\"plain:old\",\"plain:key\"],\"header\":\"X-Sign\",\(settings)}")
    }

    static func make(_ kind: String, _ settings: String) throws -> any PushProvider {
        let (provider, problems) = try SettingsTests.read(kind, settings)
        return try #require(provider, "\(problems)")
    }

    static func callback(_ headers: [(String, String)], body: [UInt8] = body) -> Callback {
        Callback(
            method: "POST",
            headers: HeaderFields([("content-type", "application/json")] + headers),
            body: body,
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
    }

    static func mac(_ text: [UInt8], _ key: String = "key") -> [UInt8] { HMAC.sha256(text, key: Array(key.utf8)) }

    @Test func mapsTheBody() throws {
        let provider = try Self.hmac(Self.mapping)
        let event = try #require(
            provider.judge(Self.callback([("x-sign", Hex.encode(Self.mac(Self.body)))]), order: .notAsked).event
        )
        #expect(event.type == .paymentPaid)
        #expect(event.finality == .provisional)
        #expect(event.providerStatus == "charge.paid")
        #expect(event.merchantOrderID == "o-1")
        #expect(event.providerObjectID == "r")
        #expect(event.objectKey == "object:r")
        #expect(event.money.ordered == Amount(try #require(DecimalText("12.5")), "EUR"))
        #expect(event.dedupeKey == "7")
        #expect(event.verification == Verification(method: "hmac"))
    }

    @Test(arguments: ["hex", "base64"])
    func readsPrefixAndEncoding(_ encoding: String) throws {
        let provider = try Self.hmac("\"encoding\":\"\(encoding)\",\"prefix\":\"sha256=\",\(Self.mapping)")
        let mac = Self.mac(Self.body, "old")
        let text = encoding == "hex" ? Hex.encode(mac) : Base64.encode(mac)
        #expect(provider.judge(Self.callback([("X-Sign", "sha256=" + text)]), order: .notAsked).event != nil)
        #expect(provider.judge(Self.callback([("X-Sign", text)]), order: .notAsked).reason == .badSignature)
        let other = encoding == "hex" ? Base64.encode(mac) : Hex.encode(mac)
        #expect(
            provider.judge(Self.callback([("X-Sign", "sha256=" + other)]), order: .notAsked).reason == .badSignature
        )
    }

    @Test func refusesInTheOrderOfTheRules() throws {
        let provider = try Self.hmac(Self.mapping)
        let sign = Hex.encode(Self.mac(Self.body))
        func reason(_ headers: [(String, String)], _ body: [UInt8] = Self.body) -> RefusalReason? {
            provider.judge(Self.callback(headers, body: body), order: .notAsked).reason
        }
        #expect(reason([]) == .missingSignature)
        #expect(reason([("X-Sign", "")]) == .missingSignature)
        #expect(reason([("X-Sign", sign), ("x-sign", sign)]) == .duplicateField)
        #expect(reason([("X-Sign", sign)], Self.body + [0x20]) == .badSignature)
        #expect(reason([("X-Sign", Hex.encode(Self.mac(Self.body, "third")))]) == .badSignature)
        #expect(reason([("X-Sign", sign)], Array("{".utf8)) == .malformedBody)
        func signed(_ json: String) -> RefusalReason? {
            reason([("X-Sign", Hex.encode(Self.mac(Array(json.utf8))))], Array(json.utf8))
        }
        #expect(signed(#"{"id":1}"#) == .missingField)
        #expect(signed(#"{"event":"x"}"#) == .missingField)
        #expect(signed(#"{"event":{},"id":1}"#) == .invalidField)
        #expect(signed(#"{"event":"x","id":1,"data":[{"sum":"1,5"}]}"#) == .invalidField)
        var get = Self.callback([("X-Sign", sign)])
        get.method = "GET"
        #expect(provider.judge(get, order: .notAsked).reason == .methodNotAllowed)
    }

    @Test func keepsUnknownWordsAndKeysByTheBody() throws {
        let provider = try Self.hmac("\"paths\":{\"type\":\"event\"},\"typeMap\":{\"a\":\"payment.paid\"}")
        let judgement = provider.judge(Self.callback([("X-Sign", Hex.encode(Self.mac(Self.body)))]), order: .notAsked)
        #expect(judgement.event?.type == .paymentUnrecognised)
        #expect(judgement.event?.dedupeKey == Hex.encode(Digest.sha256(Self.body)))
    }

    @Test(
        arguments: [
            (0, nil), (300, nil), (-300, nil), (301, RefusalReason.staleTimestamp), (-301, .staleTimestamp),
        ] as [(Int64, RefusalReason?)]
    )
    func checksTheSignedTime(_ age: Int64, _ reason: RefusalReason?) throws {
        let provider = try Self.hmac("\"timestampHeader\":\"X-Time\",\(Self.mapping)")
        let time = String(Vectors.sampleTime.seconds - age)
        let sign = Hex.encode(Self.mac(Array("\(time).".utf8) + Self.body))
        #expect(provider.judge(Self.callback([("X-Sign", sign), ("X-Time", time)]), order: .notAsked).reason == reason)
        #expect(provider.judge(Self.callback([("X-Sign", sign)]), order: .notAsked).reason == .missingField)
        let moved = Self.callback([("X-Sign", sign), ("X-Time", time + "0")])
        #expect(provider.judge(moved, order: .notAsked).reason == .badSignature)
    }

    // MARK: Standard Webhooks

    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    static func standard() throws -> any PushProvider {
        try make("standard", "{\"secrets\":[\"plain:\(secret)\"],\(mapping.replacing(#""id":"id","#, with: ""))}")
    }

    static func signed(_ seconds: Int64, body: [UInt8] = body, id: String = "msg_1") throws -> [(String, String)] {
        let secret = try WebhookSecret(Secret(text: secret))
        return [
            ("webhook-id", id), ("webhook-timestamp", String(seconds)),
            (
                "webhook-signature",
                "v1a,AAAA " + StandardWebhooks.signatures(id: id, timestamp: seconds, body: body, secrets: [secret])
            ),
        ]
    }

    @Test func takesInStandardWebhooks() throws {
        let callback = Self.callback(try Self.signed(Vectors.sampleTime.seconds))
        let event = try #require(try Self.standard().judge(callback, order: .notAsked).event)
        #expect(event.dedupeKey == "msg_1")
        #expect(event.type == .paymentPaid)
        #expect(event.verification == Verification(method: "standard-webhooks"))
    }

    @Test func refusesOtherMessages() throws {
        let provider = try Self.standard()
        let now = Vectors.sampleTime.seconds
        func reason(_ headers: [(String, String)], _ body: [UInt8] = Self.body) -> RefusalReason? {
            provider.judge(Self.callback(headers, body: body), order: .notAsked).reason
        }
        let good = try Self.signed(now)
        #expect(reason(good) == nil)
        #expect(reason([good[0], good[1]]) == .missingSignature)
        #expect(reason([good[1], good[2]]) == .missingField)
        #expect(reason([good[0], good[2]]) == .missingField)
        #expect(reason([good[0], ("webhook-timestamp", "soon"), good[2]]) == .invalidField)
        #expect(reason([("webhook-id", "msg_2"), good[1], good[2]]) == .badSignature)
        #expect(reason([good[0], good[1], ("webhook-signature", "v1,AAAA")]) == .badSignature)
        #expect(reason(good, Self.body + [0x20]) == .badSignature)
        #expect(reason(good + [("Webhook-Id", "msg_2")]) == .duplicateField)
        #expect(reason(try Self.signed(now - 301)) == .staleTimestamp)
        #expect(reason(try Self.signed(now + 301)) == .staleTimestamp)
        #expect(reason(try Self.signed(now - 300)) == nil)
    }
}
