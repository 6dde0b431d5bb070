// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

struct SpectroCoinTests {
    static let source = SourceID(provider: "spectrocoin", id: "shop-eu")

    static func secret(_ name: String) throws -> String {
        try #require(Vectors.secrets("spectrocoin")[name] as? String)
    }

    static func account(testMode: Bool = false) throws -> SpectroCoin.Account {
        SpectroCoin.Account(
            merchantID: try secret("merchantId"),
            apiID: try secret("apiId"),
            userID: try secret("userId"),
            merchantAPIID: try secret("merchantApiId"),
            testMode: testMode
        )
    }

    static func provider(testMode: Bool = false) throws -> SpectroCoin {
        SpectroCoin(
            source: source,
            account: try account(testMode: testMode),
            publicKeys: [try RSAPublicKey(pem: Array(secret("provider_public_key_pem").utf8))]
        )
    }

    static func privateKey() throws -> Secret { Secret(text: try secret("test_only_private_key_pem")) }

    /// The callback's judgement; where it is a hint, the event of the last answer that the vector gives.
    static func judge(_ testCase: VectorCase) throws -> Judgement {
        let callback = try Vectors.callback(#require(testCase.members["request"] as? [String: Any]))
        let judgement = try provider().judge(callback, order: .notAsked)
        guard case .hint = judgement, case .event(let event) = try fetch(testCase, judgement, callback) else {
            return judgement
        }
        return .accepted(event)
    }

    static func fetch(
        _ testCase: VectorCase,
        _ judgement: Judgement,
        _ callback: Callback
    ) throws -> SpectroCoinOrder.Outcome? {
        guard case .hint(let hint) = judgement else { return nil }
        let fetches = try #require(testCase.members["fetches"] as? [[String: Any]])
        let response = try #require(fetches.last?["response"] as? [String: Any])
        return SpectroCoinOrder.read(
            status: try #require(response["status"] as? Int),
            answer: Array((response["body"] as? String ?? "").utf8),
            hint: hint,
            callbackBody: callback.body,
            account: try account(),
            receivedAt: Vectors.sampleTime
        )
    }

    @Test(arguments: try Vectors.cases("spectrocoin"))
    func judgesAsComputed(_ testCase: VectorCase) throws {
        let callback = try Vectors.callback(#require(testCase.members["request"] as? [String: Any]))
        let judgement = try Self.provider().judge(callback, order: .notAsked)
        try Vectors.check(judgement, try Self.provider().acknowledgement, testCase)
        let expect = try testCase.expect
        switch try Self.fetch(testCase, judgement, callback) {
        case .orderNotFound: #expect(expect["fetch_outcome"] as? String == "order_not_found")
        case .fetchFailed: #expect(expect["fetch_outcome"] as? String == "fetch_failed")
        case nil, .event: #expect(expect["fetch_outcome"] == nil)
        }
        guard let event = try Self.judge(testCase).event else { return }
        try Vectors.check(event, expect["event"], testCase.id)
        try Vectors.checkDuplicate(event, of: testCase, judgedAs: Self.judge, in: "spectrocoin")
    }

    @Test(arguments: try Vectors.cases("spectrocoin").filter { try $0.expect["intermediate"] != nil })
    func signsTheTextsThatTheVectorsName(_ testCase: VectorCase) throws {
        let expected = try #require(testCase.expect["intermediate"] as? [String: Any])
        let callback = try Vectors.callback(#require(testCase.members["request"] as? [String: Any]))
        let body = try LegacyBody(FormReader.read(callback.body))
        let isEscaped = expected["encoding_variant"] as? String == "asterisk percent-encoded"
        #expect(
            String(decoding: body.signedText(escapingAsterisk: isEscaped), as: UTF8.self)
                == expected["string_to_sign"] as? String
        )
    }

    // MARK: the legacy format beyond the vectors

    static let defaults = [
        "merchantId": "4711", "apiId": "2", "orderId": "INV-1", "payCurrency": "BTC", "payAmount": "0.1",
        "receiveCurrency": "EUR", "receiveAmount": "75.5", "receivedAmount": "0.1", "description": "a b*c~d",
        "orderRequestId": "900123", "status": "3",
    ]

    static func legacy(
        _ changes: [String: String?] = [:],
        extra: [(String, String)] = [],
        escapingAsterisk: Bool = false,
        mangle: (String) -> String = { $0 }
    ) throws -> Callback {
        let members = SpectroCoin.signedMembers.compactMap { name -> (String, String)? in
            (changes[name] ?? defaults[name]).map { (name, $0) }
        }
        let text = (try? LegacyBody(FormBody(members)))?.signedText(escapingAsterisk: escapingAsterisk) ?? []
        let sign = Base64.encode(try RSAPrivateKey(pem: privateKey()).signSHA1(text))
        return Callback(
            method: "POST",
            headers: HeaderFields([("content-type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members.reversed() + extra + [("sign", mangle(sign))]),
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
    }

    static let statuses: [(String, String, String, String?, Finality)] = [
        ("1", "NEW", "payment.created", nil, .none), ("2", "PENDING", "payment.pending", "confirming", .none),
        ("3", "PAID", "payment.paid", nil, .final), ("4", "FAILED", "payment.failed", nil, .final),
        ("5", "EXPIRED", "payment.expired", nil, .provisional), ("6", "TEST", "payment.test", nil, .none),
        ("10", "LATE_CRYPTO_PAYMENT", "payment.late", nil, .none),
        ("11", "PARTIAL_PAYMENT", "payment.pending", "partial", .none),
        ("12", "UNDERPAID", "payment.underpaid", nil, .provisional),
        ("13", "CANCELLED", "payment.cancelled", nil, .final),
        ("14", "INVALID_PAYMENT", "payment.failed", "invalid", .final),
        ("15", "TEST_PAID", "payment.test", "paid", .none), ("16", "TEST_EXPIRED", "payment.test", "expired", .none),
        ("17", "PROCESSING_REFUND", "payment.refund_pending", nil, .none),
        ("18", "REFUNDED", "payment.refunded", nil, .final),
        ("19", "REJECTED_REFUND", "payment.refund_failed", nil, .provisional),
        ("20", "PENDING_LATE_CRYPTO_PAYMENT", "payment.late", "confirming", .none),
        ("21", "REJECTED", "payment.failed", "rejected", .final),
    ]

    @Test(arguments: statuses)
    func normalisesEveryStatusByCodeAndName(_ row: (String, String, String, String?, Finality)) throws {
        let (code, name, type, detail, finality) = row
        for status in [code, name, name.lowercased(), name.capitalized] {
            let event = try #require(
                try Self.provider().judge(Self.legacy(["status": status]), order: .notAsked).event,
                "\(status)"
            )
            #expect(event.providerStatus == name)
            #expect(event.type.rawValue == type)
            #expect(event.detail == detail)
            #expect(event.finality == finality)
        }
    }

    @Test(arguments: ["0", "7", "9", "22", "03", "odd", "payé", "pa\u{131}d", "te\u{17F}t"])
    func keepsUnknownStatuses(_ status: String) throws {
        let judgement = try Self.provider().judge(Self.legacy(["status": status]), order: .notAsked)
        #expect(judgement.event?.type == .paymentUnrecognised)
        #expect(judgement.event?.providerStatus == status)
    }

    @Test(arguments: SpectroCoin.signedMembers)
    func wantsEverySignedMember(_ name: String) throws {
        let judgement = try Self.provider().judge(Self.legacy([name: nil]), order: .notAsked)
        #expect(judgement.reason == .missingField)
    }

    @Test(arguments: [
        ("payAmount", "1,5", RefusalReason.invalidField), ("receivedAmount", "x", .invalidField),
        ("orderRequestId", "", .invalidField), ("orderRequestId", "12a", .invalidField), ("status", "", .invalidField),
        ("payCurrency", "B", .invalidField), ("receiveCurrency", "", .invalidField),
        ("merchantId", "4712", .unknownProject), ("apiId", "3", .unknownProject),
    ])
    func checksShapesAndProject(_ name: String, _ value: String, _ reason: RefusalReason) throws {
        #expect(try Self.provider().judge(Self.legacy([name: value]), order: .notAsked).reason == reason)
    }

    @Test func triesBothEncodingsOfTheAsterisk() throws {
        for isEscaped in [false, true] {
            let callback = try Self.legacy(escapingAsterisk: isEscaped)
            #expect(try Self.provider().judge(callback, order: .notAsked).event != nil)
        }
    }

    @Test func repairsSpacesInTheSignature() throws {
        let callback = try Self.legacy { $0.replacingOccurrences(of: "+", with: " ") }
        #expect(try Self.provider().judge(callback, order: .notAsked).event != nil)
    }

    @Test func takesTheAmountsAsTheyAreSigned() throws {
        let callback = try Self.legacy(["payAmount": "0.000000015", "receiveAmount": "", "receivedAmount": "1E-7"])
        let event = try #require(try Self.provider().judge(callback, order: .notAsked).event)
        #expect(event.money.due?.amount.canonical == "0.00000002")
        #expect(event.money.ordered?.amount.canonical == "0")
        #expect(event.dedupeKey == "order:900123:PAID:0.0000001")
    }

    @Test func namesWhatTheSignatureDoesNotCover() throws {
        let extra = [("payerName", "Ž"), ("userId", try Self.secret("userId").uppercased()), ("payerEmail", "a@b")]
        let event = try #require(try Self.provider().judge(Self.legacy(extra: extra), order: .notAsked).event)
        #expect(event.verification.uncoveredFields == ["payerEmail", "payerName", "userId"])
        let foreign = try Self.legacy(extra: [("userId", "7c0c7c8e-5d0a-4d0e-9a51-3f0f6f1d2b11")])
        #expect(try Self.provider().judge(foreign, order: .notAsked).reason == .unknownProject)
    }

    @Test func acceptsTwoKeysAndNeedsOne() throws {
        let foreign = try RSAPublicKey(pem: Array(Self.secret("test_only_foreign_public_key_pem").utf8))
        let own = try RSAPublicKey(pem: Array(Self.secret("provider_public_key_pem").utf8))
        func judge(_ keys: [RSAPublicKey]) throws -> Judgement {
            SpectroCoin(source: Self.source, account: try Self.account(), publicKeys: keys)
                .judge(try Self.legacy(), order: .notAsked)
        }
        #expect(try judge([foreign, own]).event != nil)
        #expect(try judge([foreign]).reason == .badSignature)
        #expect(try judge([]).reason == .misconfigured)
    }

    @Test func marksEventsOfTestAccounts() throws {
        let provider = try Self.provider(testMode: true)
        #expect(provider.judge(try Self.legacy(), order: .notAsked).event?.flags == [.test])
    }

    // MARK: the current format beyond the vectors

    static let id = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"

    static func hint(_ body: String) throws -> Judgement {
        let callback = Callback(
            method: "POST",
            headers: HeaderFields([("content-type", "application/json; charset=UTF-8")]),
            body: Array(body.utf8),
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
        return try provider().judge(callback, order: .notAsked)
    }

    @Test(arguments: [
        ("{}", RefusalReason.missingField), ("[]", .malformedBody), ("{\"id\":1}", .invalidField),
        ("{\"id\":null}", .missingField), ("{\"id\":\"\"}", .invalidField),
        ("{\"id\":\"5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5/\"}", .invalidField),
        ("{\"id\":\"5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5\",\"id\":\"x\"}", .duplicateField),
        ("{\"id\":\"5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5\",\"merchantApiId\":7}", .invalidField),
    ])
    func checksHints(_ body: String, _ reason: RefusalReason) throws {
        #expect(try Self.hint(body).reason == reason)
    }

    @Test func takesUpperCaseForTheSameOrder() throws {
        let body =
            "{\"id\":\"\(Self.id.uppercased())\",\"merchantApiId\":\"\(try Self.secret("merchantApiId").uppercased())\"}"
        let expected = Hint(source: Self.source, objectID: Self.id, receivedAt: Vectors.sampleTime)
        #expect(try Self.hint(body) == .hint(expected))
    }

    @Test(arguments: [
        (404, "", "order_not_found"), (500, "", "fetch_failed"), (401, "", "fetch_failed"), (302, "", "fetch_failed"),
        (200, "", "fetch_failed"), (200, "[]", "fetch_failed"), (200, "{\"status\":\"PAID\"}", "fetch_failed"),
        (200, "{\"orderId\":\"a\",\"status\":null}", "fetch_failed"),
        (200, "{\"orderId\":\"a\",\"status\":{}}", "fetch_failed"),
        (200, "{\"orderId\":\"a\",\"status\":\"PAID\",\"payAmount\":\"x\"}", "fetch_failed"),
        (200, "{\"orderId\":\"a\",\"status\":\"paid\",\"depositAddress\":\"d\",\"preOrderId\":5}", "event"),
    ])
    func readsFetchedOrders(_ status: Int, _ answer: String, _ expected: String) throws {
        let outcome = SpectroCoinOrder.read(
            status: status,
            answer: Array(answer.utf8),
            hint: Hint(source: Self.source, objectID: Self.id, receivedAt: Vectors.sampleTime),
            callbackBody: [],
            account: try Self.account(testMode: true),
            receivedAt: Vectors.sampleTime
        )
        switch outcome {
        case .orderNotFound: #expect(expected == "order_not_found")
        case .fetchFailed: #expect(expected == "fetch_failed")
        case .event(let event):
            #expect(expected == "event")
            #expect(event.flags == [.test])
            #expect(event.addressTo == "d")
            #expect(event.providerRefs.map(\.name) == ["merchantApiId", "preOrderId"])
        }
    }
}
