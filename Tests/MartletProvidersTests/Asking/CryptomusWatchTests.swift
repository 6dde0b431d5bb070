// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

@Suite("Watching payments and payouts at Cryptomus", .timeLimit(.minutes(1)))
struct CryptomusWatchTests {
    static let now = Vectors.sampleTime
    static let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"

    static func provider(_ base: String, merchant: String? = "m-1") throws -> Cryptomus {
        Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: Secret(text: try #require(Vectors.secrets("cryptomus")["payment_key"] as? String)),
            payoutKey: Secret(text: try #require(Vectors.secrets("cryptomus")["payout_key"] as? String)),
            apiBase: base,
            merchant: merchant
        )
    }

    /// Registers, answers once and returns the request and the poll's answer.
    static func poll(
        _ registration: String,
        answer body: String
    ) async throws -> (request: ScriptedServer.Request, answer: PollAnswer) {
        try await withProvider(.always(body)) { server, tools, _ in
            let provider = try provider(server.url(""))
            let watch = try provider.plan(bytes(registration), now: now).watch
            let answer = await provider.poll(watch, order: nil, at: now + .minutes(2), with: tools)
            return (try #require(server.requests.first), answer)
        }
    }

    @Test(arguments: [
        (
            #"{"kind":"payout","uuid":"3A1F6C0E-77d2-4b53-9c1a-0e5d4f2b8a61"}"#, "/v1/payout/info",
            #"{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"}"#, "5727260d404748088cc58dcf3f14c221"
        ),
        (
            #"{"kind":"payment","orderId":"NO-1"}"#, "/v1/payment/info", #"{"order_id":"NO-1"}"#,
            "0dfe8355f6ccf5b6e1975633cb9904a8"
        ),
    ])
    func signsItsQuestions(_ registration: String, _ path: String, _ body: String, _ sign: String) async throws {
        let (request, answer) = try await Self.poll(registration, answer: #"{"state":1,"message":"no"}"#)
        #expect(request.method == "POST")
        #expect(request.target == path)
        #expect(text(request.body) == body)
        #expect(request.headers.all("sign") == [sign])
        #expect(request.headers.all("merchant") == ["m-1"])
        #expect(request.headers.all("content-type") == ["application/json"])
        #expect(answer.outcome == "unsuccessful")
    }

    /// Every genuine webhook of the vectors, told by the information call instead.
    @Test(arguments: try Vectors.cases("cryptomus"))
    func makesTheEventThatTheCallbackWouldMake(_ testCase: VectorCase) async throws {
        guard let expected = try CryptomusTests.judge(testCase).event else { return }
        let callback = try Vectors.callback(#require(testCase.members["request"] as? [String: Any]))
        let body = try JSONReader.readObject(callback.body).object
        guard let kind = body["type"]?.string, kind != "wallet", let uuid = body["uuid"]?.string else { return }
        let result = text(
            PHPJSON.write(JSONObject(body.members.filter { $0.name != "sign" }.map { ($0.name, $0.value) }))
        )
        let (_, answer) = try await Self.poll(
            #"{"kind":"\#(kind)","uuid":"\#(uuid)"}"#,
            answer: #"{"state":0,"result":\#(result)}"#
        )
        let event = try #require(answer.news.first, "\(testCase.id): \(answer.outcome)").event
        #expect(event.id == expected.id)
        #expect(event.type == expected.type)
        #expect(event.detail == expected.detail)
        #expect(event.finality == expected.finality)
        #expect(event.money == expected.money)
        #expect(event.merchantOrderID == expected.merchantOrderID)
        #expect(event.objectKey == expected.objectKey)
        #expect(event.verification.method == "fetched")
        #expect((answer.next == .close) == (event.finality == .final))
    }

    @Test func readsNumbersDigitByDigit() async throws {
        let (_, answer) = try await Self.poll(
            #"{"kind":"payout","uuid":"\#(Self.uuid)","orderId":"PO-2001"}"#,
            answer:
                #"{"state":0,"result":{"uuid":"\#(Self.uuid)","amount":207.00000000,"currency":"USDT","network":"bsc","address":"0xabc","txid":"0x4be1c0ffee","status":"paid","is_final":true,"balance":"12.1","payer_currency":"USDT","payer_amount":207}}"#
        )
        let event = try #require(answer.news.first).event
        let first = try #require(try Vectors.cases("cryptomus").first)
        let callback = try #require(try CryptomusTests.judge(first).event)
        #expect(event.id == callback.id, "the vector cm-001 tells the same payout")
        #expect(event.merchantOrderID == "PO-2001")
        #expect(event.addressTo == "0xabc")
        #expect(event.money.ordered == callback.money.ordered)
    }

    @Test(arguments: [
        (
            #"{"state":0,"result":{"uuid":"00000000-77d2-4b53-9c1a-0e5d4f2b8a61","amount":"1","currency":"A","status":"paid","is_final":true}}"#,
            "order_mismatch"
        ),
        (
            #"{"state":0,"result":{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61","order_id":"X","amount":"1","currency":"A","status":"paid","is_final":true}}"#,
            "order_mismatch"
        ),
        (
            #"{"state":0,"result":{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61","amount":"1","currency":"A","is_final":true}}"#,
            "nonsense"
        ),
        (
            #"{"state":0,"result":{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61","amount":"1","currency":"A","status":"paid","is_final":"true"}}"#,
            "nonsense"
        ),
        (#"{"state":0,"result":[]}"#, "nonsense"), (#"{"state":1,"errors":{"uuid":["no"]}}"#, "unsuccessful"),
    ])
    func believesNothingElse(_ body: String, _ outcome: String) async throws {
        let (_, answer) = try await Self.poll(
            #"{"kind":"payment","uuid":"\#(Self.uuid)","orderId":"NO-1"}"#,
            answer: body
        )
        #expect(answer.outcome == outcome)
        #expect(answer.news.isEmpty)
        if outcome != "order_mismatch" { #expect(answer.nextPoll == Self.now + .minutes(10)) }
    }

    /// What a webhook with that status and amount becomes; its signature does not matter here.
    static func callback(_ status: String, isFinal: Bool, paid: String) throws -> Event {
        let body =
            #"{"type":"payment","uuid":"\#(uuid)","order_id":"NO-1","amount":"5","currency":"USDT",\#(paid)"#
            + #""is_final":\#(isFinal),"status":"\#(status)","sign":"x"}"#
        let callback = Callback(
            method: "POST",
            headers: HeaderFields([("Content-Type", "application/json")]),
            body: bytes(body),
            sourceAddress: .loopback,
            receivedAt: now
        )
        return try provider("http://127.0.0.1:1").normalise(callback, order: nil)
    }

    /// Answers a poll about a payment, of which a notification brought the status `known`.
    static func poll(
        _ status: String,
        isFinal: Bool,
        paid: String,
        afterStatus known: String? = nil,
        of object: String = uuid
    ) async throws -> PollAnswer {
        let body =
            #"{"state":0,"result":{"uuid":"\#(uuid)","order_id":"NO-1","amount":"5","currency":"USDT",\#(paid)"#
            + #""is_final":\#(isFinal),"payment_status":"\#(status)"}}"#
        return try await withProvider(.always(body)) { server, tools, _ in
            let provider = try provider(server.url(""))
            var watch = try provider.plan(bytes(#"{"kind":"payment","uuid":"\#(uuid)"}"#), now: now).watch
            if let known { watch.memory = provider.memory(of: watch, afterStatus: known, of: object) }
            return await provider.poll(watch, order: nil, at: now + .minutes(2), with: tools)
        }
    }

    /// Nothing was paid: the webhook says zero, the information call null.
    @Test(arguments: [#""payment_amount":"0.00000000","#, #""payment_amount":0,"#, #""payment_amount":"0","#])
    func nothingPaidIsTheSameHoweverItIsSaid(_ paid: String) async throws {
        let answer = try await Self.poll("cancel", isFinal: true, paid: #""payment_amount":null,"#)
        let polled = try #require(answer.news.first).event
        let callback = try Self.callback("cancel", isFinal: true, paid: paid)
        #expect(callback.dedupeKey == "payment:\(Self.uuid):cancel:final:0:-")
        #expect(callback.id == polled.id)
        #expect(try Self.callback("cancel", isFinal: true, paid: #""payment_amount":"0.1","#).id != polled.id)
    }

    /// A webhook without the member has a dash in its key, whichever the information call says.
    @Test(arguments: ["", #""payment_amount":null,"#])
    func nothingSaidIsNoSecondEvent(_ paid: String) async throws {
        let callback = try Self.callback("cancel", isFinal: true, paid: paid)
        #expect(callback.dedupeKey == "payment:\(Self.uuid):cancel:final:-:-")
        let answer = try await Self.poll("cancel", isFinal: true, paid: #""payment_amount":null,"#)
        let polled = try #require(answer.news.first).event
        var history = ObjectHistory()
        #expect(history.admit(polled) == [])
        #expect(history.admit(callback) == [.alreadyKnown])
    }

    /// An information call that leaves the amount out makes another event than the webhook that has it.
    @Test(arguments: [("confirm_check", false), ("paid", true)])
    func aLateCallbackWithAnAmountIsAlreadyKnown(_ status: String, _ isFinal: Bool) async throws {
        let answer = try await Self.poll(status, isFinal: isFinal, paid: #""payment_amount":null,"#)
        let polled = try #require(answer.news.first).event
        let callback = try Self.callback(status, isFinal: isFinal, paid: #""payment_amount":"5","#)
        #expect(callback.id != polled.id)
        var history = ObjectHistory()
        #expect(history.admit(polled) == [])
        #expect(history.admit(callback) == [.alreadyKnown])
    }

    @Test func aPollWithoutAnAmountDoesNotRepeatTheCallback() async throws {
        let none = #""payment_amount":null,"#
        let repeated = try await Self.poll("confirm_check", isFinal: false, paid: none, afterStatus: "confirm_check")
        #expect(repeated.news.isEmpty)
        #expect(repeated.outcome == "unchanged")
        let another = try await Self.poll(
            "confirm_check",
            isFinal: false,
            paid: none,
            afterStatus: "confirm_check",
            of: "9b0d5a1e-0c43-4c7e-8a55-1f2e3d4c5b6a"
        )
        #expect(another.news.count == 1, "the status of another payment with the merchant's number says nothing")
        let other = try await Self.poll("process", isFinal: false, paid: none, afterStatus: "confirm_check")
        #expect(other.news.count == 1)
        let more = #""payment_amount":"3","#
        let instalment = try await Self.poll(
            "wrong_amount_waiting",
            isFinal: false,
            paid: more,
            afterStatus: "wrong_amount_waiting"
        )
        #expect(instalment.news.count == 1, "a second instalment is news")
        // The first word that the payment is closed is news, and after a final callback nobody asks.
        let closed = try await Self.poll("paid", isFinal: true, paid: none, afterStatus: "paid")
        #expect(closed.news.count == 1)
        var history = ObjectHistory()
        #expect(history.admit(try Self.callback("paid", isFinal: true, paid: more)) == [])
        #expect(history.admit(try #require(closed.news.first).event) == [.outOfOrder])
    }

    @Test(arguments: [
        (#"{}"#, ["kind"]), (#"{"kind":"wallet","uuid":"x"}"#, ["kind", "uuid"]), (#"{"kind":"payment"}"#, ["uuid"]),
        (#"{"kind":"payment","orderId":"a b"}"#, ["orderId"]), (#"{"kind":"payment","orderId":"a","id":"b"}"#, ["id"]),
    ])
    func namesWhatIsWrong(_ json: String, _ fields: [String]) throws {
        let provider = try Self.provider("https://api.example.com")
        let refusal = #expect(throws: RegistrationRefusal.self) { try provider.plan(bytes(json), now: Self.now) }
        #expect(refusal?.problems.map(\.field).sorted() == fields)
    }

    @Test func isHeldWithoutTheMerchant() throws {
        let plan = try Self.provider("https://api.example.com", merchant: nil)
            .plan(bytes(#"{"kind":"payout","orderId":"A"}"#), now: Self.now)
        #expect(plan.watch.state == .held)
        #expect(plan.watch.subject == "payout:A")
        #expect(plan.watch.note?.contains("no merchant") == true)
    }
}
