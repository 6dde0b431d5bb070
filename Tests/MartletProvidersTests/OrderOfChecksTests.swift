// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

/// Of two faults in one callback the one that is looked for first is the reason (providers.md section 1, rule 3).
struct OrderOfChecksTests {
    private static let form = "application/x-www-form-urlencoded"

    /// The callback with another method, other content types, or more text behind its body.
    private static func changed(
        _ callback: Callback,
        method: String = "POST",
        types: [String]? = nil,
        adding text: String = ""
    ) -> Callback {
        Callback(
            method: method,
            headers: types.map { HeaderFields($0.map { ("Content-Type", $0) }) } ?? callback.headers,
            body: callback.body + Array(text.utf8),
            sourceAddress: callback.sourceAddress,
            receivedAt: callback.receivedAt
        )
    }

    @Test func kryptoswap() throws {
        let provider = try KryptoswapTests.provider(["hash_field_names": ["hash", "sign"]])
        func reason(_ callback: Callback) throws -> RefusalReason? {
            try KryptoswapTests.judge(callback, provider).reason
        }
        func notification(_ changes: [String: String?] = [:], _ extra: [(String, String)] = []) -> Callback {
            KryptoswapTests.notification(changes, extra: extra)
        }
        let stale = "\(KryptoswapTests.now.milliseconds - 86_400_001)"
        let good = notification()
        #expect(try reason(good) == nil)
        #expect(try reason(Self.changed(good, method: "PUT", types: ["text/plain"])) == .methodNotAllowed)
        #expect(try reason(Self.changed(good, types: ["text/plain"], adding: "&%")) == .unsupportedContentType)
        #expect(try reason(Self.changed(good, types: [Self.form, "text/plain"])) == .unsupportedContentType)
        #expect(try reason(Self.changed(good, types: [])) == .unsupportedContentType)
        #expect(try reason(Self.changed(notification([:], [("hash", "")]), adding: "&hash=x")) == .duplicateField)
        #expect(try reason(Self.changed(notification([:], [("hash", "")]), adding: "&a=%zz")) == .malformedBody)
        #expect(try reason(notification(["newStatus": nil], [("hash", "")])) == .missingSignature)
        #expect(try reason(notification(["newStatus": nil], [("sign", "x")])) == .duplicateField, "two that may be it")
        #expect(try reason(notification(["newStatus": nil, "orderId": "x"])) == .missingField)
        let foreign = "65f0c1d2e3a4b5c6d7e8f9ff"
        #expect(try reason(notification(["orderId": foreign, "inAmount": "x"])) == .invalidField)
        #expect(try reason(notification(["orderId": foreign], [("hash", "x")])) == .unknownOrder)
        #expect(try reason(notification(["timestamp": stale], [("hash", "x")])) == .badSignature)
        #expect(try reason(notification(["timestamp": stale], [("orderUID", "7")])) == .staleTimestamp)
        #expect(try reason(notification([:], [("orderUID", "7")])) == .orderMismatch)
    }

    /// Not older than a day and not more than five minutes ahead, to the millisecond.
    @Test(arguments: [(-86_400_000, true), (-86_400_001, false), (300_000, true), (300_001, false)] as [(Int64, Bool)])
    func kryptoswapsClock(_ milliseconds: Int64, _ isAccepted: Bool) throws {
        let moment = "\(KryptoswapTests.now.milliseconds + milliseconds)"
        let judgement = try KryptoswapTests.judge(
            KryptoswapTests.notification(["timestamp": moment]),
            try KryptoswapTests.provider()
        )
        #expect((judgement.event != nil) == isAccepted)
        #expect(judgement.reason == (isAccepted ? nil : .staleTimestamp))
    }

    @Test func spectrocoin() throws {
        func reason(_ callback: Callback) throws -> RefusalReason? {
            try SpectroCoinTests.provider().judge(callback, order: .notAsked).reason
        }
        let good = try SpectroCoinTests.legacy()
        #expect(try reason(good) == nil)
        #expect(try reason(Self.changed(good, method: "GET", types: ["text/html"])) == .methodNotAllowed)
        #expect(try reason(Self.changed(good, types: ["text/html"], adding: "&%")) == .unsupportedContentType)
        #expect(try reason(Self.changed(good, types: [Self.form, Self.form])) == .unsupportedContentType)
        let unsigned = try SpectroCoinTests.legacy(["status": nil]) { _ in "" }
        #expect(try reason(Self.changed(unsigned, adding: "&apiId=3")) == .duplicateField)
        #expect(try reason(unsigned) == .missingSignature)
        #expect(try reason(SpectroCoinTests.legacy(["status": nil]) { _ in "AAAA" }) == .missingField)
        #expect(try reason(SpectroCoinTests.legacy(["payAmount": "1,5"]) { _ in "AAAA" }) == .invalidField)
        #expect(
            try reason(SpectroCoinTests.legacy(["merchantId": "1", "status": ""]) { _ in "AAAA" }) == .badSignature
        )
        #expect(try reason(SpectroCoinTests.legacy(["merchantId": "1", "status": ""])) == .invalidField)
        #expect(try reason(SpectroCoinTests.legacy(["merchantId": "1"])) == .unknownProject)
    }

    @Test func cryptomus() throws {
        let provider = Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: Secret(text: "k"),
            payoutKey: nil,
            allowedSources: [try #require(AddressBlock("91.227.144.54"))]
        )
        func reason(
            _ body: [UInt8],
            method: String = "POST",
            type: String = "application/json",
            from address: String = "91.227.144.54"
        ) throws -> RefusalReason? {
            let callback = Callback(
                method: method,
                headers: HeaderFields([("CONTENT-TYPE", type)]),
                body: body,
                sourceAddress: try #require(IPAddress(address)),
                receivedAt: Vectors.sampleTime
            )
            return provider.judge(callback, order: .notAsked).reason
        }
        func signed(_ json: String) throws -> [UInt8] { try CryptomusTests.signed(json, key: "k") }
        let good = try signed(CryptomusTests.payment)
        let twice = Array(#"{"type":"payment","type":"payment"}"#.utf8)
        #expect(try reason(good) == nil)
        #expect(try reason(good, method: "GET", type: "text/plain") == .methodNotAllowed)
        #expect(try reason(good, type: "text/json", from: "127.0.0.1") == .unsupportedContentType)
        #expect(try reason(twice, from: "127.0.0.1") == .forbiddenSource)
        #expect(try reason(twice) == .duplicateField)
        #expect(try reason(Array("{\"type\":\"payment\"".utf8)) == .malformedBody)
        #expect(try reason(Array(#"{"uuid":"u-1"}"#.utf8)) == .missingSignature)
        #expect(try reason(Array(#"{"type":"payout","sign":"x"}"#.utf8)) == .badSignature, "its shape")
        #expect(try reason(signed(#"{"uuid":"u-1"}"#)) == .missingField, "what chooses the key")
        #expect(try reason(signed(#"{"type":"refund"}"#)) == .invalidField)
        #expect(try reason(signed(#"{"type":"payout"}"#)) == .misconfigured)
        #expect(try reason(CryptomusTests.signed(#"{"type":"payment"}"#, key: "other")) == .badSignature)
        #expect(try reason(signed(#"{"type":"payment"}"#)) == .missingField)
    }

    /// An answer of a provider is read as strictly as a callback.
    @Test(arguments: [
        #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","status":"hold","status":"done"}}}"#,
        #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","status":"done"}}} {}"#,
        "\u{FEFF}{\"success\":true,\"data\":{\"order\":{\"_id\":\"5d8e6002b80b7b4cd75a6424\",\"status\":\"done\"}}}",
        #"[{"success":true}]"#,
    ])
    func answersAreReadStrictly(_ answer: String) throws {
        let order = try #require(try KryptoswapTests.order(KryptoswapTests.orderID))
        let outcome = Kryptoswap.readPoll(
            source: KryptoswapTests.source,
            order: order,
            lastKnownStatus: nil,
            status: 200,
            answer: Array(answer.utf8),
            receivedAt: Vectors.sampleTime
        )
        guard case .retry = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }
}
