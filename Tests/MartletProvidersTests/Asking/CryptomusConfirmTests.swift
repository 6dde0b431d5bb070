// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// Callbacks of large sums are delivered as the information call tells them, or not at all.
@Suite("Confirming callbacks of Cryptomus", .timeLimit(.minutes(1)))
struct CryptomusConfirmTests {
    private static let now = Vectors.sampleTime
    private static let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"
    private static let zero = ["*": DecimalText("0")].compactMapValues { $0 }

    private static func provider(_ base: String, _ confirmation: ConfirmationRule) throws -> Cryptomus {
        Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: Secret(text: try #require(Vectors.secrets("cryptomus")["payment_key"] as? String)),
            payoutKey: Secret(text: try #require(Vectors.secrets("cryptomus")["payout_key"] as? String)),
            apiBase: base,
            merchant: "m-1",
            confirmation: confirmation
        )
    }

    /// The callback of the vector cm-001: a payout of 207 USDT.
    private static func callback() throws -> Callback {
        let testCase = try #require(try Vectors.cases("cryptomus").first)
        return try Vectors.callback(#require(testCase.members["request"] as? [String: Any]))
    }

    private static func sums(_ members: [String: String]) -> [String: DecimalText] {
        members.compactMapValues { DecimalText($0) }
    }

    @Test(arguments: [
        (["USDT": "206.99"], true), (["USDT": "207"], false), (["*": "0"], true), (["BTC": "0"], false),
        (["USDT": "1000", "*": "0"], false), ([:], false),
    ])
    func looksAtTheSumOfTheCurrency(_ sums: [String: String], _ isConfirmed: Bool) throws {
        let provider = try Self.provider("https://api.example.com", ConfirmationRule(payout: Self.sums(sums)))
        switch provider.judge(try Self.callback(), order: .notAsked) {
        case .hint(let hint):
            #expect(isConfirmed)
            #expect(hint.objectID == "payout:\(Self.uuid):paid:final:207:USDT:-:0x4be1c0ffee")
        case .accepted: #expect(!isConfirmed)
        case let other: Issue.record("\(other)")
        }
    }

    @Test func onlyWhatHasComeToRestIsConfirmed() throws {
        let provider = try Self.provider(
            "https://api.example.com",
            ConfirmationRule(payment: Self.zero, payout: Self.zero)
        )
        for testCase in try Vectors.cases("cryptomus") {
            guard let event = try CryptomusTests.judge(testCase).event else { continue }
            let isOver = event.finality == .final || [.paymentPaid, .payoutPaid].contains(event.type)
            guard case .hint = provider.judged(event) else {
                #expect(!isOver, "\(testCase.id)")
                continue
            }
            #expect(isOver, "\(testCase.id)")
        }
    }

    /// Takes the callback in, asks as often as there are answers, and returns the watch and the newest answer.
    private static func confirm(_ answers: [ScriptedServer.Behaviour]) async throws -> (Watch, PollAnswer) {
        try await withProvider(.playing(Playback(answers))) { server, tools, _ in
            let provider = try provider(server.url(""), ConfirmationRule(payout: zero))
            guard case .hint(let hint) = provider.judge(try callback(), order: .notAsked) else {
                throw CryptomusSweepTests.Unexpected(.deferred(.zero))
            }
            var watch = provider.plan(hint: hint, now: now).watch
            #expect(watch.subject == hint.objectID && watch.nextPollAt == now && watch.state == .open)
            var newest: PollAnswer?
            var moment = now
            for _ in answers {
                let answer = await provider.poll(watch, order: nil, at: moment, with: tools)
                watch = answer.applied(to: watch)
                moment = answer.nextPoll ?? moment
                newest = answer
            }
            #expect(server.requests.allSatisfy { $0.target == "/v1/payout/info" })
            #expect(server.requests.first.map { text($0.body) } == #"{"uuid":"\#(uuid)"}"#)
            return (watch, try #require(newest))
        }
    }

    private static func info(_ status: String = "paid", amount: String = "207", more: String = "") -> String {
        #"{"state":0,"result":{"uuid":"\#(uuid)","amount":\#(amount),"currency":"USDT","network":"bsc","status":"\#(status)","is_final":true\#(more)}}"#
    }

    @Test(arguments: ["", #","txid":"0x4be1c0ffee""#]) func deliversWhatTheProviderConfirms(_ more: String) async throws
    {
        let (_, answer) = try await Self.confirm([.json("{}", status: 502), .json(Self.info(more: more))])
        let event = try #require(answer.news.first).event
        #expect(event.type == .payoutPaid && event.verification.method == "fetched")
        #expect(answer.next == .close && answer.outcome == "paid")
        if !more.isEmpty {
            guard
                case .accepted(let plain) = try Self.provider("https://api.example.com", ConfirmationRule())
                    .judge(Self.callback(), order: .notAsked)
            else {
                Issue.record("not accepted")
                return
            }
            #expect(event.id == plain.id, "the same event as the callback's")
        }
    }

    @Test(arguments: [
        (Self.info("fail"), "the status is fail, not paid"),
        (Self.info(amount: "20.7"), "the amount is 20.7 USDT, not 207 USDT"),
        (Self.info(more: #","txid":"0xother""#), "another transaction"),
        (Self.info().replacing("3a1f", with: "4a1f"), "is about another payout"),
        (Self.info().replacing("true", with: "false"), "it is open, not final"),
    ])
    func aContradictionIsHeldAndNeverDelivered(_ body: String, _ words: String) async throws {
        let (watch, answer) = try await Self.confirm([.json(body)])
        #expect(answer.news.isEmpty && answer.outcome == "order_mismatch" && watch.state == .held)
        guard case .hold(let reason) = answer.next else {
            Issue.record("\(answer.next)")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }

    /// As for a test notification, which is signed like a genuine one.
    @Test(arguments: [(404, "{}"), (422, "{}"), (200, #"{"state":1,"errors":{"uuid":["not found"]}}"#)])
    func whatTheProviderDoesNotKnowIsNeverReleased(_ status: Int, _ body: String) async throws {
        let unknown = ScriptedServer.Behaviour.json(body, status: status)
        let (open, again) = try await Self.confirm([unknown, unknown])
        #expect(open.state == .open && again.outcome == "order_not_found" && again.news.isEmpty)
        let (held, last) = try await Self.confirm([unknown, unknown, unknown])
        #expect(held.state == .held && last.outcome == "order_mismatch" && last.news.isEmpty)
    }

    @Test(arguments: [401, 429, 500]) func troubleAtTheProviderIsNoContradiction(_ status: Int) async throws {
        let trouble = ScriptedServer.Behaviour.json("{}", status: status)
        let (watch, answer) = try await Self.confirm([trouble, trouble, trouble, trouble])
        #expect(watch.state == .open && answer.nextPoll != nil)
    }

    @Test func theAnswerIsComparedInEveryPart() throws {
        let claim = try #require(Claim(text: "payment:u:paid:final:5:USDT:5.1:tx:1"))
        #expect(claim.txid == "tx:1")
        #expect(claim.text == "payment:u:paid:final:5:USDT:5.1:tx:1")
        #expect(Claim(text: "payment:u:paid") == nil)
        var other = claim
        other.paid = "4.9"
        #expect(claim.difference(from: other) == "4.9 was paid, not 5.1")
        other.paid = "-"
        #expect(claim.difference(from: other) == nil)
        other.kind = "wallet"
        #expect(claim.difference(from: other) == "another number")
    }

    @Test(arguments: [
        (#"{"payout":"0"}"#, [], ["*": "0"]), (#"{"payout":{"usdt":"10","*":"0.5"}}"#, [], ["USDT": "10", "*": "0.5"]),
        (#"{"payout":null}"#, [], [:]), ("null", [], [:]),
        (#"{"payout":10}"#, ["error $.sources[0].confirmAbove.payout"], [:]),
        (#"{"payout":"-1"}"#, ["error $.sources[0].confirmAbove.payout"], [:]),
        (#"{"payout":{}}"#, ["error $.sources[0].confirmAbove.payout"], [:]),
        (#"{"wallet":"0"}"#, ["error $.sources[0].confirmAbove.wallet"], [:]),
        ("7", ["error $.sources[0].confirmAbove"], [:]),
    ])
    func readsItsSettings(_ value: String, _ problems: [String], _ payout: [String: String]) throws {
        let json = #"{"paymentKey":"plain:a","payoutKey":"plain:b","merchant":"m","confirmAbove":\#(value)}"#
        #expect(try SettingsTests.messages("cryptomus", json) == problems)
        let provider = try SettingsTests.read("cryptomus", json).0 as? Cryptomus
        if problems.isEmpty { #expect(provider?.confirmation.payout == Self.sums(payout)) }
    }

    @Test(arguments: [
        (#"{"payoutKey":"plain:b","confirmAbove":{"payout":"0"}}"#, ["error $.sources[0].confirmAbove"]),
        (
            #"{"payoutKey":"plain:b","merchant":"m","confirmAbove":{"payment":"0"}}"#,
            ["error $.sources[0].confirmAbove.payment"]
        ),
        (#"{"payoutKey":"plain:b","sweep":true}"#, ["error $.sources[0].sweep"]),
        (#"{"payoutKey":"plain:b","merchant":"m","sweep":{"at":"24:00"}}"#, ["error $.sources[0].sweep.at"]),
        (#"{"payoutKey":"plain:b","merchant":"m","sweep":{"on":"24:00"}}"#, ["error $.sources[0].sweep.on"]),
        (#"{"payoutKey":"plain:b","merchant":"m","sweep":"daily"}"#, ["error $.sources[0].sweep"]),
    ])
    func namesWhatIsMissing(_ json: String, _ problems: [String]) throws {
        #expect(try SettingsTests.messages("cryptomus", json) == problems)
    }

    private static let times: [(settings: String, time: String?)] = [
        (#"{"payoutKey":"plain:b"}"#, nil), (#"{"payoutKey":"plain:b","merchant":"m"}"#, "03:30"),
        (#"{"payoutKey":"plain:b","merchant":"m","sweep":false}"#, nil),
        (#"{"payoutKey":"plain:b","merchant":"m","sweep":{"at":"23:05"}}"#, "23:05"),
    ]

    @Test(arguments: times)
    func isSweptWhereItCanBeAsked(_ json: String, _ time: String?) throws {
        #expect((try SettingsTests.read("cryptomus", json).0 as? Cryptomus)?.sweptAt?.description == time)
    }
}
