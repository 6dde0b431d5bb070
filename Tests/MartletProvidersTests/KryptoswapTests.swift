// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

struct KryptoswapTests {
    static let source = SourceID(provider: "kryptoswap", id: "main")
    static let orderID = "5d8e6002b80b7b4cd75a6424"

    static func provider(_ settings: [String: Any] = [:], ipnSecret: Secret? = nil) throws -> Kryptoswap {
        let defaults = try #require(Vectors.file("kryptoswap")["settings"] as? [String: Any])
        let merged = defaults.merging(settings) { _, new in new }
        return Kryptoswap(
            source: source,
            ipnSecret: ipnSecret,
            hashFields: try #require(merged["hash_field_names"] as? [String]),
            maxAge: .milliseconds(try #require(merged["max_age_ms"] as? Int)),
            maxFuture: .milliseconds(try #require(merged["max_future_ms"] as? Int))
        )
    }

    static func order(_ id: String) throws -> KnownOrder? {
        let orders = try #require(Vectors.secrets("kryptoswap")["orders"] as? [String: [String: String]])
        guard let order = orders[id] else { return nil }
        return KnownOrder(
            objectID: id,
            uid: order["orderUID"],
            orderSecret: order["order_secret"].map { Secret(text: $0) },
            ipnSecret: order["ipn_secret"].map { Secret(text: $0) },
            merchantOrderID: order["merchant_order_id"]
        )
    }

    static func judge(_ callback: Callback, _ provider: Kryptoswap) throws -> Judgement {
        let first = provider.judge(callback, order: .notAsked)
        guard case .needsOrder(let id) = first else { return first }
        return provider.judge(callback, order: try order(id).map { .known($0) } ?? .unknown)
    }

    static func judge(_ testCase: VectorCase) throws -> Judgement {
        let members = try testCase.members
        let time = try Vectors.time(#require(members["clock"] as? String))
        return try judge(
            try Vectors.callback(#require(members["request"] as? [String: Any]), at: time),
            try provider(members["settings"] as? [String: Any] ?? [:])
        )
    }

    @Test(arguments: try Vectors.cases("kryptoswap"))
    func judgesAsComputed(_ testCase: VectorCase) throws {
        let judgement = try Self.judge(testCase)
        try Vectors.check(judgement, try Self.provider().acknowledgement, testCase)
        guard let event = judgement.event else { return }
        try Vectors.check(event, testCase.expect["event"], testCase.id)
        try Vectors.checkDuplicate(event, of: testCase, judgedAs: Self.judge, in: "kryptoswap")
    }

    @Test(arguments: try Vectors.cases("kryptoswap").filter { try $0.expect["intermediate"] != nil })
    func hashesTheTextsThatTheVectorsName(_ testCase: VectorCase) throws {
        let members = try testCase.members
        let expected = try #require(testCase.expect["intermediate"] as? [String: Any])
        let fields = try Self.provider(members["settings"] as? [String: Any] ?? [:]).hashFields
        let callback = try Vectors.callback(#require(members["request"] as? [String: Any]))
        let notification = try Kryptoswap.Notification(callback, proof: .named(fields))
        let secret = try #require(try Self.order(notification.orderID)?.ipnSecret)
        #expect(
            String(decoding: notification.signedText(secret: secret), as: UTF8.self)
                == expected["string_to_hash"] as? String
        )
        #expect(notification.hash == expected["digest"] as? String)
    }

    // MARK: polling and sequences

    static func poll(_ testCase: VectorCase) throws -> Kryptoswap.PollOutcome {
        let members = try testCase.members
        let fetch = try #require(members["fetch"] as? [String: Any])
        let response = try #require(fetch["response"] as? [String: Any])
        return Kryptoswap.readPoll(
            source: source,
            order: try #require(try order(orderID)),
            lastKnownStatus: members["last_known_status"] as? String,
            status: try #require(response["status"] as? Int),
            answer: Array((response["body"] as? String ?? "").utf8),
            receivedAt: Vectors.sampleTime
        )
    }

    /// Rule 10 where the merchant has registered an amount: what cannot be compared is not taken for equal.
    @Test(arguments: [
        (#""inAmount":3,"#, "emit -"), (#""inAmount":"3.00","#, "emit -"), (#""inAmount":2,"#, "emit amount_mismatch"),
        ("", "emit amount_mismatch"), (#""inAmount":null,"#, "emit amount_mismatch"), (#""inAmount":"abc","#, "retry"),
        (#""inAmount":true,"#, "retry"), (#""inAmount":1e999,"#, "retry"), (#""inAmount":3,"outAmount":"x","#, "retry"),
    ])
    func comparesThePolledAmount(_ members: String, _ expected: String) throws {
        var order = try #require(try Self.order(Self.orderID))
        order.expectedDue = Amount(try #require(DecimalText("3")), "ETH")
        let answer = """
            {"success":true,"data":{"order":{"_id":"\(Self.orderID)",\(members)"status":"done",
             "route":{"from":{"xml":"ETH"},"to":{"xml":"WMZ"}}}}}
            """
        let outcome = Kryptoswap.readPoll(
            source: Self.source,
            order: order,
            lastKnownStatus: "inProgress",
            status: 200,
            answer: Array(answer.utf8),
            receivedAt: Vectors.sampleTime
        )
        switch outcome {
        case .emit(let event):
            #expect("emit \(event.flags.first?.rawValue ?? "-")" == expected)
            #expect(event.type == .paymentPaid)
        case .retry: #expect(expected == "retry")
        case .unchanged, .orderMismatch: Issue.record("\(outcome)")
        }
    }

    @Test(arguments: try Vectors.cases("kryptoswap", "poll_cases"))
    func readsPolledAnswers(_ testCase: VectorCase) throws {
        let expect = try testCase.expect
        switch try Self.poll(testCase) {
        case .emit(let event):
            #expect(expect["outcome"] as? String == "emit")
            try Vectors.check(event, expect["event"], testCase.id)
        case .orderMismatch: #expect(expect["outcome"] as? String == "order_mismatch")
        case .retry: #expect(expect["outcome"] as? String == "retry")
        case .unchanged: Issue.record("\(testCase.id): unchanged")
        }
    }

    @Test(arguments: [
        (
            200, #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","status":"inProgress"}}}"#,
            "unchanged"
        ),
        (500, #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","status":"done"}}}"#, "retry"),
        (200, #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424"}}}"#, "retry"),
        (200, #"{"success":"true","data":{}}"#, "retry"), (200, "<html>", "retry"), (200, "", "retry"),
        (
            200, #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","uid":7,"status":"done"}}}"#,
            "mismatch"
        ),
        (200, #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","status":"odd"}}}"#, "emit"),
    ])
    func readsOtherAnswers(_ status: Int, _ answer: String, _ expected: String) throws {
        let outcome = Kryptoswap.readPoll(
            source: Self.source,
            order: try #require(try Self.order(Self.orderID)),
            lastKnownStatus: "inProgress",
            status: status,
            answer: Array(answer.utf8),
            receivedAt: Vectors.sampleTime
        )
        switch outcome {
        case .emit(let event):
            #expect(expected == "emit")
            #expect(event.type == .paymentUnrecognised)
            #expect(event.money == Money())
        case .unchanged: #expect(expected == "unchanged")
        case .orderMismatch: #expect(expected == "mismatch")
        case .retry: #expect(expected == "retry")
        }
    }

    @Test(arguments: try Vectors.cases("kryptoswap", "sequences"))
    func followsSequences(_ sequence: VectorCase) throws {
        let members = try sequence.members
        let time = try Vectors.time(#require(members["clock"] as? String))
        let polls = try Vectors.cases("kryptoswap", "poll_cases")
        var history = ObjectHistory()
        for step in try #require(members["deliveries"] as? [[String: Any]]) {
            let expect = try #require(step["expect"] as? [String: Any])
            var event: Event?
            if let poll = step["poll"] as? String {
                let answer = try Self.poll(try #require(polls.first { $0.id == poll }))
                if case .emit(let polled) = answer { event = polled }
            } else {
                let headers = ["Content-Type": "application/x-www-form-urlencoded"]
                let request: [String: Any] = ["headers": headers, "body": step["body"] as? String ?? ""]
                event = try Self.judge(try Vectors.callback(request, at: time), try Self.provider()).event
            }
            let arrived = try #require(event, "\(sequence.id)")
            let flags = history.admit(arrived)
            #expect(expect["delivered"] as? Bool == !flags.contains { $0.withholdsDelivery }, "\(sequence.id)")
            #expect((expect["flag"] as? String).map { [$0] } ?? [] == flags.map(\.rawValue), "\(sequence.id)")
            if let type = expect["type"] as? String { #expect(arrived.type.rawValue == type) }
        }
    }

    // MARK: cases beyond the vectors

    static let now = Timestamp(milliseconds: 1_571_328_409_000)

    static func notification(
        _ changes: [String: String?] = [:],
        secret: String = "SECRET123",
        extra: [(String, String)] = []
    ) -> Callback {
        let defaults = [
            "orderId": orderID, "newStatus": "done", "inAmount": "2", "outAmount": "317.42", "xml_from": "ETH",
            "xml_to": "WMZ", "timestamp": "1571328406072",
        ]
        let members = Kryptoswap.signedMembers.compactMap { name -> (String, String)? in
            (changes[name] ?? defaults[name]).map { (name, $0) }
        }
        let text = members.map(\.1).joined(separator: ":") + ":" + secret
        let hash = ("hash", Hex.encode(Digest.sha256(Array(text.utf8))))
        let isReplaced = extra.contains { $0.0 == "hash" }
        return Callback(
            method: "POST",
            headers: HeaderFields([("content-type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members + extra + (isReplaced ? [] : [hash])),
            sourceAddress: .loopback,
            receivedAt: now
        )
    }

    @Test(
        arguments: [
            ("new", "payment.created", nil, Finality.none), ("waitPayment", "payment.awaiting", nil, .none),
            ("errorPayment", "payment.failed", "payer_payment_error", .provisional),
            ("inProgress", "payment.pending", "processing", .none),
            ("inProgressPayout", "payment.pending", "accepted_awaiting_payout", .none),
            ("errorPayout", "payment.on_hold", "payout_error", .none), ("hold", "payment.on_hold", "frozen", .none),
            ("done", "payment.paid", nil, .final), ("returned", "payment.refunded", "conditions_not_met", .final),
            ("deleted", "payment.cancelled", nil, .final), ("Done", "payment.unrecognised", nil, .none),
        ] as [(String, String, String?, Finality)]
    )
    func normalisesEveryStatus(_ status: String, _ type: String, _ detail: String?, _ finality: Finality) throws {
        let event = try #require(try Self.judge(Self.notification(["newStatus": status]), Self.provider()).event)
        #expect(event.type.rawValue == type)
        #expect(event.detail == detail)
        #expect(event.finality == finality)
    }

    @Test(arguments: [
        ("orderId", "5D8E6002B80B7B4CD75A642", RefusalReason.invalidField), ("orderId", "", .invalidField),
        ("orderId", "zd8e6002b80b7b4cd75a6424", .invalidField), ("newStatus", "in progress", .invalidField),
        ("newStatus", "", .invalidField), ("newStatus", "done1", .invalidField), ("inAmount", "", .invalidField),
        ("inAmount", "0x10", .invalidField), ("inAmount", " 2", .invalidField), ("outAmount", "NaN", .invalidField),
        ("xml_from", "E:TH", .invalidField), ("xml_to", "", .invalidField), ("xml_to", "US D", .invalidField),
        ("timestamp", "157132840607", .invalidField), ("timestamp", "-571328406072", .invalidField),
        ("timestamp", "1571328406,072", .invalidField), ("orderId", "65f0c1d2e3a4b5c6d7e8f9ff", .unknownOrder),
    ])
    func checksShapes(_ name: String, _ value: String, _ reason: RefusalReason) throws {
        #expect(try Self.judge(Self.notification([name: value]), Self.provider()).reason == reason)
    }

    @Test(arguments: Kryptoswap.signedMembers)
    func wantsEverySignedMember(_ name: String) throws {
        #expect(try Self.judge(Self.notification([name: nil]), Self.provider()).reason == .missingField)
    }

    @Test func readsTenDigitsAsSeconds() throws {
        let event = try #require(
            try Self.judge(Self.notification(["timestamp": "1571328406"]), Self.provider()).event
        )
        #expect(event.occurredAt == Timestamp(milliseconds: 1_571_328_406_000))
        #expect(event.dedupeKey == "order:\(Self.orderID):done:1571328406")
    }

    @Test func namesWhatTheDigestDoesNotCover() throws {
        let extra = [("toValues", #"[{"key":"wallet"}]"#), ("orderUID", "1409"), ("note", "x")]
        let event = try #require(try Self.judge(Self.notification(extra: extra), Self.provider()).event)
        #expect(event.verification.uncoveredFields == ["note", "orderUID", "toValues"])
    }

    @Test func refusesOtherSpellingsOfTheDigest() throws {
        let digest = Digest.sha256(Array("\(Self.orderID):done:2:317.42:ETH:WMZ:1571328406072:SECRET123".utf8))
        func judge(_ hash: String) throws -> Judgement {
            try Self.judge(Self.notification(extra: [("hash", hash)]), Self.provider())
        }
        #expect(try judge(Hex.encode(digest)).event != nil)
        #expect(try judge(Base64.encode(digest)).reason == .badSignature)
        #expect(try judge(Hex.encode(digest).uppercased()).reason == .badSignature)
        #expect(try judge(" " + Hex.encode(digest)).reason == .badSignature)
        #expect(try judge("").reason == .missingSignature)
    }

    @Test func usesTheSourcesOwnSecretForOrdersWithoutOne() throws {
        let provider = try Self.provider(ipnSecret: Secret(text: "SHARED"))
        let callback = Self.notification(secret: "SHARED", extra: [("orderUID", "5")])
        #expect(provider.judge(callback, order: .unknown).event?.providerRefs == [ProviderRef("orderUID", "5")])
        let order = KnownOrder(objectID: Self.orderID, uid: "5", merchantOrderID: "M-1")
        #expect(provider.judge(callback, order: .known(order)).event?.merchantOrderID == "M-1")
        #expect(try Self.provider().judge(callback, order: .known(order)).reason == .misconfigured)
        #expect(provider.judge(Self.notification(secret: "OTHER"), order: .unknown).reason == .badSignature)
        let empty = Kryptoswap(source: Self.source, ipnSecret: Secret(text: ""))
        #expect(empty.judge(Self.notification(secret: ""), order: .unknown).reason == .misconfigured)
    }

    @Test(arguments: [("2.0", "ETH", false), ("3", "ETH", true), ("2", "BTC", true), ("2", nil, false)])
    func comparesTheAmount(_ amount: String, _ currency: String?, _ isFlagged: Bool) throws {
        var order = try #require(try Self.order(Self.orderID))
        order.expectedDue = Amount(try #require(DecimalText(amount)), currency)
        let event = try #require(try Self.provider().judge(Self.notification(), order: .known(order)).event)
        #expect(event.flags == (isFlagged ? [.amountMismatch] : []))
    }
}
