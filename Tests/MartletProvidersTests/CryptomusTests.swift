// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

struct CryptomusTests {
    static func provider(_ settings: [String: Any] = [:]) throws -> Cryptomus {
        let secrets = try Vectors.secrets("cryptomus")
        func key(_ name: String) throws -> Secret {
            Secret(text: try #require(settings[name] as? String ?? secrets[name] as? String))
        }
        return Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: try key("payment_key"),
            payoutKey: try key("payout_key"),
            allowedSources: (settings["allowed_source_ips"] as? [String] ?? []).compactMap { AddressBlock($0) }
        )
    }

    static func judge(_ testCase: VectorCase) throws -> Judgement {
        let members = try testCase.members
        let provider = try provider(members["settings"] as? [String: Any] ?? [:])
        return provider.judge(
            try Vectors.callback(#require(members["request"] as? [String: Any])),
            order: .notAsked
        )
    }

    @Test(arguments: try Vectors.cases("cryptomus"))
    func judgesAsComputed(_ testCase: VectorCase) throws {
        let judgement = try Self.judge(testCase)
        try Vectors.check(judgement, try Self.provider().acknowledgement, testCase)
        guard let event = judgement.event else { return }
        try Vectors.check(event, testCase.expect["event"], testCase.id)
        try Vectors.checkDuplicate(event, of: testCase, judgedAs: Self.judge, in: "cryptomus")
    }

    @Test(arguments: try Vectors.cases("cryptomus").filter { try $0.expect["intermediate"] != nil })
    func signsTheTextsThatTheVectorsName(_ testCase: VectorCase) throws {
        let request = try #require(testCase.members["request"] as? [String: Any])
        let expected = try #require(testCase.expect["intermediate"] as? [String: Any])
        let callback = try Vectors.callback(request)
        let (object, ranges) = try JSONReader.readObject(callback.body)
        let signature = CryptomusSignature(body: callback.body, object: object, ranges: ranges)
        #expect(String(decoding: signature.canonicalText, as: UTF8.self) == expected["canonical_json"] as? String)
        #expect(Base64.encode(signature.canonicalText) == expected["base64"] as? String)
        let provider = try Self.provider()
        let key = try #require(object["type"]?.string == "payout" ? provider.payoutKey : provider.paymentKey)
        let sign = Array(try #require(object["sign"]?.string).utf8)
        let canonical = CryptomusSignature.digest(of: signature.canonicalText, key: key)
        #expect(String(decoding: canonical, as: UTF8.self) == expected["digest_of_canonical"] as? String)
        let matches = try #require(expected["matches"] as? [String])
        #expect(matches.contains("canonical") == (canonical == sign))
        #expect(matches.contains("raw") == (CryptomusSignature.digest(of: signature.rawText, key: key) == sign))
    }

    // MARK: cases beyond the vectors

    /// A body of these members, signed over its canonical or its raw text.
    static func signed(_ json: String, key: String = "test-payment-key-5c1d9a7e", raw: Bool = false) throws -> [UInt8] {
        let bytes = Array(json.utf8)
        let object = try JSONReader.readObject(bytes).object
        let text = raw ? bytes : PHPJSON.write(object)
        let sign = CryptomusSignature.digest(of: text, key: Secret(text: key))
        return bytes.dropLast() + Array(",\"sign\":\"\(String(decoding: sign, as: UTF8.self))\"}".utf8)
    }

    static func judge(_ body: [UInt8], from address: String = "91.227.144.54") throws -> Judgement {
        let callback = Callback(
            method: "POST",
            headers: HeaderFields([("Content-Type", "Application/JSON ; charset=utf-8")]),
            body: body,
            sourceAddress: try #require(IPAddress(address)),
            receivedAt: Vectors.sampleTime
        )
        return try provider().judge(callback, order: .notAsked)
    }

    static let payment =
        #"{"type":"payment","uuid":"u-1","order_id":"o-1","amount":"15","currency":"usdt","is_final":true,"status":"paid"}"#

    static let statuses: [(String, String, String, String?, Finality)] = [
        ("payment", "check", "payment.awaiting", nil, .none), ("payment", "process", "payment.pending", nil, .none),
        ("payment", "confirm_check", "payment.pending", "confirming", .none),
        ("payment", "wrong_amount_waiting", "payment.pending", "partial", .none),
        ("payment", "paid", "payment.paid", nil, .provisional),
        ("wallet", "paid_over", "payment.paid", "over", .provisional),
        ("payment", "wrong_amount", "payment.underpaid", nil, .provisional),
        ("payment", "fail", "payment.failed", nil, .provisional),
        ("payment", "cancel", "payment.cancelled", "unpaid", .provisional),
        ("payment", "system_fail", "payment.failed", "system", .provisional),
        ("payment", "refund_process", "payment.refund_pending", nil, .none),
        ("payment", "refund_fail", "payment.refund_failed", nil, .provisional),
        ("payment", "refund_paid", "payment.refunded", nil, .provisional),
        ("payment", "locked", "payment.on_hold", "aml", .none),
        ("payment", "PAID", "payment.unrecognised", nil, .none),
        ("payout", "process", "payout.processing", nil, .none),
        ("payout", "check", "payout.processing", "checking", .none),
        ("payout", "paid", "payout.paid", nil, .provisional), ("payout", "fail", "payout.failed", nil, .provisional),
        ("payout", "cancel", "payout.cancelled", nil, .provisional),
        ("payout", "system_fail", "payout.failed", "system", .provisional),
        ("payout", "locked", "payout.unrecognised", nil, .none),
    ]

    @Test(arguments: statuses)
    func normalisesEveryStatus(_ row: (String, String, String, String?, Finality)) throws {
        let (kind, status, type, detail, finality) = row
        for isFinal in [false, true] {
            let json = Self.payment.replacingOccurrences(of: "\"payment\"", with: "\"\(kind)\"")
                .replacingOccurrences(of: "\"paid\"", with: "\"\(status)\"")
                .replacingOccurrences(of: "true", with: "\(isFinal)")
            let key = kind == "payout" ? "test-payout-key-b83f20c4" : "test-payment-key-5c1d9a7e"
            let event = try #require(try Self.judge(Self.signed(json, key: key)).event)
            #expect(event.type.rawValue == type)
            #expect(event.detail == detail)
            #expect(event.finality == (isFinal ? .final : finality))
            #expect(event.money.ordered == Amount(try #require(DecimalText("15")), "USDT"))
        }
    }

    @Test(arguments: [
        ("\"uuid\":\"u-1\",", "", RefusalReason.missingField), ("\"uuid\":\"u-1\"", "\"uuid\":null", .missingField),
        ("\"uuid\":\"u-1\"", "\"uuid\":7", .invalidField), ("\"uuid\":\"u-1\"", "\"uuid\":\"\"", .invalidField),
        (",\"status\":\"paid\"", "", .missingField), ("\"status\":\"paid\"", "\"status\":3", .invalidField),
        (",\"is_final\":true", "", .missingField), ("true", "1", .invalidField), ("true", "\"true\"", .invalidField),
        ("\"amount\":\"15\",", "", .missingField), ("\"15\"", "{}", .invalidField), ("\"15\"", "[1]", .invalidField),
        ("\"15\"", "\"1,5\"", .invalidField), ("\"15\"", "true", .invalidField), ("\"15\"", "\"\"", .invalidField),
        ("\"o-1\"", "{}", .invalidField), ("\"15\"", "\"15\",\"txid\":5", .invalidField),
        ("\"15\"", "\"15\",\"convert\":\"x\"", .invalidField), ("\"15\"", "\"15\",\"from\":[]", .invalidField),
    ])
    func checksMembersAfterTheSignature(_ old: String, _ new: String, _ reason: RefusalReason) throws {
        let json = Self.payment.replacingOccurrences(of: old, with: new)
        #expect(try Self.judge(Self.signed(json)).reason == reason)
        #expect(try Self.judge(Self.signed(json, key: "another key")).reason == .badSignature)
    }

    @Test(arguments: [
        ("null", RefusalReason.missingSignature), ("\"\"", .missingSignature), ("5", .badSignature),
        ("\"xyz\"", .badSignature), ("{}", .badSignature),
    ])
    func checksTheShapeOfSign(_ sign: String, _ reason: RefusalReason) throws {
        #expect(try Self.judge(Array((Self.payment.dropLast() + ",\"sign\":\(sign)}").utf8)).reason == reason)
    }

    @Test(arguments: [
        (#""a":{},"b":[],"c":[{}]"#, #""a":{},"b":[],"c":[{}]"#),
        (#""a":"\u0001\u001F\u007f\b\f\n\r\t\"\\\/""#, "\"a\":\"\\u0001\\u001f\u{7F}\\b\\f\\n\\r\\t\\\"\\\\\\/\""),
        (#""a":"\u2028\u2029\u2027é""#, #""a":"\u2028\u2029‧é""#),
        (#""a/b":{"sign":"x"},"n":[1.50,-0,1E5]"#, #""a\/b":{"sign":"x"},"n":[1.50,-0,1E5]"#),
    ])
    func writesAsPHPDoes(_ json: String, _ expected: String) throws {
        let object = try JSONReader.readObject(Array("{\(json),\"sign\":\"s\"}".utf8)).object
        let text = String(decoding: PHPJSON.write(object, leavingOut: "sign"), as: UTF8.self)
        #expect(text == "{\(expected)}")
    }

    @Test func acceptsEmptyObjectsEitherWay() throws {
        let json = Self.payment.dropLast() + ",\"convert\":[]}"
        let event = try #require(try Self.judge(Self.signed(String(json))).event)
        #expect(event.money.converted == nil)
        let raw = Self.payment.dropLast() + #","additional":{"a" : {}, "u":"a/b"}}"#
        #expect(try Self.judge(Self.signed(String(raw), raw: true)).event != nil)
    }

    @Test func keepsTheListOfSenders() throws {
        let provider = Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: Secret(text: "k"),
            payoutKey: nil,
            allowedSources: [try #require(AddressBlock("91.227.144.0/24"))]
        )
        func judge(_ address: String, _ json: String) throws -> Judgement {
            let callback = Callback(
                method: "POST",
                headers: HeaderFields([("content-type", "application/json")]),
                body: try Self.signed(json, key: "k"),
                sourceAddress: try #require(IPAddress(address)),
                receivedAt: Vectors.sampleTime
            )
            return provider.judge(callback, order: .notAsked)
        }
        #expect(try judge("91.227.144.54", Self.payment).event != nil)
        #expect(try judge("::ffff:91.227.144.54", Self.payment).event != nil)
        #expect(try judge("91.227.145.54", Self.payment).reason == .forbiddenSource)
        let payout = Self.payment.replacingOccurrences(of: "payment", with: "payout")
        #expect(try judge("91.227.144.54", payout).reason == .misconfigured)
    }
}
