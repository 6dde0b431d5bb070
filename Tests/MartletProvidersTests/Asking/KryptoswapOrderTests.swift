// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// Orders created by way of the gateway: what goes out, and what the answers come to.
@Suite("Creating orders at Kryptoswap", .timeLimit(.minutes(1)))
struct KryptoswapOrderTests {
    private static let now = Vectors.sampleTime
    private static let hook = "https://pay.example/martlet/hooks/kryptoswap/main"
    private static let secret = Secret(text: "0123456789abcdef")
    private static let answer =
        #"{"success":true,"data":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1409,"rid":"7QM1","secret":"os-1","inAmount":0.10,"ipnSecret":"0123456789abcdef","note":["has 0123456789abcdef"]}}"#

    private static func provider(_ base: String, _ format: Kryptoswap.OrderFormat = .json) -> Kryptoswap {
        Kryptoswap(source: KryptoswapTests.source, apiBase: base, orderFormat: format)
    }

    private static func draft(
        _ request: String,
        _ format: Kryptoswap.OrderFormat = .json
    ) throws(RegistrationRefusal) -> OrderDraft {
        try provider("https://api.example", format).draft(bytes(request), hook: hook, ipnSecret: secret)
    }

    private static func place(_ base: String, with tools: PollTools) async throws -> OrderPlacement {
        let draft = try draft(#"{"order":{"routeId":"r-1","amount":0.10},"merchantOrderId":"NO-1"}"#)
        return await provider(base).place(draft, at: now, with: tools)
    }

    @Test func sendsTheMembersAsTheyCameWithItsOwn() throws {
        let request =
            #"{ "order": { "routeId":"r-1", "amount": 0.10, "big":12345678901234567890.1230, "agreement":true, "partner":null, "lang":"\u00e9/", "toValues":[{"key":"a","value":"b c"}], "x":{"y":[]} }, "merchantOrderId": "NO-1", "expectedAmount":"0.10", "expectedCurrency":"BTC" }"#
        let draft = try Self.draft(request)
        #expect(
            draft.body.withExposedBytes { text($0) }
                == #"{"routeId":"r-1","amount":0.10,"big":12345678901234567890.1230,"agreement":true,"partner":null,"lang":"é/","toValues":[{"key":"a","value":"b c"}],"x":{"y":[]},"ipnUrl":"https://pay.example/martlet/hooks/kryptoswap/main","ipnSecret":"0123456789abcdef"}"#
        )
        #expect(draft.merchantOrderID == "NO-1")
        #expect(draft.expectedDue == Amount(DecimalText("0.1"), code: "BTC"))
        let form = try Self.draft(request, .form).body.withExposedBytes { text($0) }
        #expect(
            form
                == "routeId=r-1&amount=0.10&big=12345678901234567890.1230&agreement=true&lang=%C3%A9%2F&toValues%5B0%5D%5Bkey%5D=a&toValues%5B0%5D%5Bvalue%5D=b+c&ipnUrl=https%3A%2F%2Fpay.example%2Fmartlet%2Fhooks%2Fkryptoswap%2Fmain&ipnSecret=0123456789abcdef"
        )
        #expect("\(draft)".contains("0123") == false)
    }

    @Test(arguments: [
        ("", [""]), ("[]", [""]), ("{}", ["order"]), (#"{"order":{}}"#, ["order"]), (#"{"order":"x"}"#, ["order"]),
        (#"{"routeId":"r"}"#, ["order", "routeId"]), (#"{"order":{"a":1},"source":"kryptoswap/main"}"#, ["source"]),
        (#"{"order":{"ipnUrl":"u","ipnSecret":"s"}}"#, ["order.ipnSecret", "order.ipnUrl"]),
        (#"{"order":{"ipnSecret":null}}"#, ["order.ipnSecret"]),
        (#"{"order":{"a":1,"a":2}}"#, [""]), (#"{"order":{"a":1},"merchantOrderId":""}"#, ["merchantOrderId"]),
        (#"{"order":{"a":1},"expectedAmount":"x"}"#, ["expectedAmount"]),
    ])
    func namesWhatIsWrong(_ request: String, _ fields: [String]) {
        let refusal = #expect(throws: RegistrationRefusal.self) { try Self.draft(request) }
        #expect(refusal?.problems.map(\.field).sorted() == fields)
    }

    @Test func readsTheOrderAndHidesTheSecretOfItsNotifications() async throws {
        try await withProvider(.always(Self.answer)) { server, tools, transport in
            guard case .placed(let plan, let answer) = try await Self.place(server.url("/api"), with: tools) else {
                Issue.record("no order")
                return
            }
            #expect(plan.order?.objectID == "5d8e6002b80b7b4cd75a6424")
            #expect(plan.order?.uid == "1409")
            #expect(plan.order?.orderSecret == Secret(text: "os-1"))
            #expect(plan.order?.ipnSecret == Self.secret)
            #expect(plan.order?.merchantOrderID == "NO-1")
            #expect(plan.watch.state == .open)
            #expect(answer["secret"] == .string("os-1"))
            #expect(answer["ipnSecret"] == .string("***"))
            #expect(answer["note"] == .array([.string("has ***")]))
            #expect(answer["inAmount"] == .number("0.10"))
            let sent = try #require(server.requests.first)
            #expect(sent.method == "POST")
            #expect(sent.target == "/api/public/exchanger/order/create")
            #expect(sent.headers[first: "content-type"] == "application/json")
            #expect(
                text(sent.body)
                    == #"{"routeId":"r-1","amount":0.10,"ipnUrl":"https://pay.example/martlet/hooks/kryptoswap/main","ipnSecret":"0123456789abcdef"}"#
            )
            #expect(transport.requests.first?.timeout == .seconds(20))
            #expect(transport.requests.first?.isSentOnce == true)
        }
        // The same inside `order`, under another status that means success, and as a form.
        let nested = Self.answer.replacing(#""data":{"#, with: #""data":{"order":{"#) + "}"
        try await withProvider(.always(nested, status: 201)) { server, tools, _ in
            let provider = Self.provider(server.url(""), .form)
            let draft = try provider.draft(bytes(#"{"order":{"a":1}}"#), hook: Self.hook, ipnSecret: Self.secret)
            guard case .placed = await provider.place(draft, at: Self.now, with: tools) else {
                Issue.record("no order")
                return
            }
            #expect(server.requests.first?.headers[first: "content-type"] == "application/x-www-form-urlencoded")
        }
    }

    @Test(arguments: [
        (
            200, #"{"success":false,"error":{"message":"Param amount isn't valid: 0"}}"#,
            "refused 200 Param amount isn't valid: 0"
        ),
        (200, #"{"success":false,"error":"no\u0000route"}"#, "refused 200 no route"),
        (400, #"{"success":false,"message":"bad 0123456789abcdef"}"#, "refused 400 bad ***"),
        (403, "<html>", "refused 403 -"), (404, "", "refused 404 -"), (429, "", "refused 429 -"),
        (500, #"{"success":false,"error":{"message":"boom"}}"#, "unknown http_5xx boom"),
        (503, "", "unknown http_5xx -"),
        (200, "", "unknown nonsense -"), (200, "<html>", "unknown nonsense -"), (200, "{}", "unknown nonsense -"),
        (200, #"{"success":true}"#, "unknown nonsense -"), (200, #"{"success":true,"data":{}}"#, "unknown nonsense -"),
        (200, #"{"success":true,"data":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1,"secret":""}}"#, "unknown nonsense -"),
        (200, #"{"success":true,"data":{"_id":"5d8e","uid":1,"secret":"s"}}"#, "unknown nonsense -"),
        (
            200, #"{"success":true,"data":{"_id":"5d8e6002b80b7b4cd75a6424","uid":"x","secret":"s"}}"#,
            "unknown nonsense -"
        ),
        (
            200, #"{"success":true,"data":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1.5,"secret":"s"}}"#,
            "unknown nonsense -"
        ),
    ])
    func readsOtherAnswers(_ status: Int, _ body: String, _ expected: String) async throws {
        try await withProvider(.always(body, status: status)) { server, tools, _ in
            let outcome = try await Self.outcome(server.url(""), with: tools)
            #expect(outcome == expected)
            #expect(server.requests.count == 1)
        }
    }

    @Test func saysWhatIsKnownWhenNoAnswerComes() async throws {
        let cases: [(ScriptedServer.Behaviour, String, String)] = [
            (.redirect(to: "http://127.0.0.1:1/elsewhere"), "", "refused 302 -"),
            (.reset(after: []), "", "unknown reset -"),
            (.hang, "/slow", "unknown timeout -"), (.rawThenClose([]), "", "unknown reset -"),
            (.json(String(repeating: " ", count: 300_000)), "", "unknown too_large -"),
        ]
        for (behaviour, path, expected) in cases {
            try await withProvider(.answering { _ in behaviour }) { server, tools, _ in
                let outcome = try await Self.outcome(server.url(path), with: tools)
                #expect(outcome == expected)
                #expect(server.requests.count == 1)
            }
        }
        let refusing = try RefusingPort()
        try await withTools { tools, _ in
            let outcome = try await Self.outcome(refusing.url(""), with: tools)
            #expect(outcome == "not sent refused")
            // In this test process the resolver knows that there is no such name.
            let unresolved = try await Self.outcome("http://nowhere.invalid", with: tools)
            #expect(unresolved == "not sent dns")
        }
    }

    /// A request on a used connection that breaks is sent again by libcurl; an order must not be.
    @Test func isSentOnceEvenWhereAConnectionWasKept() async throws {
        let standIn = StandIn.answering { $0.method == "GET" ? .json("{}") : .rawThenClose([]) }
        try await withProvider(standIn) { server, tools, _ in
            let provider = Self.provider(server.url(""))
            let order = try #require(try KryptoswapTests.order(KryptoswapTests.orderID))
            let watch = KryptoswapWatchTests.watch(provider)
            for _ in 1...3 {
                _ = await provider.poll(watch, order: order, at: Self.now, with: tools)
                let outcome = try await Self.outcome(server.url(""), with: tools)
                #expect(outcome == "unknown reset -")
            }
            #expect(server.requests.count { $0.method == "POST" } == 3)
        }
    }

    @Test func ordersHaveARateOfTheirOwn() async throws {
        try await withProvider(.always(Self.answer, status: 200)) { server, tools, _ in
            let provider = Self.provider(server.url(""))
            let draft = try Self.draft(#"{"order":{"a":1}}"#)
            var placed = 0
            for _ in 1...12 {
                switch await provider.place(draft, at: Self.now, with: tools) {
                case .placed: placed += 1
                case .turnedAway(let until): #expect(until > Self.now)
                case let other: Issue.record("\(Self.describe(other))")
                }
            }
            #expect(placed == 10)
        }
        let pausing = StandIn.answering { _ in .json("", status: 503, headers: [("Retry-After", "60")]) }
        try await withProvider(pausing) { server, tools, _ in
            let provider = Self.provider(server.url(""))
            let draft = try Self.draft(#"{"order":{"a":1}}"#)
            guard case .unknown = await provider.place(draft, at: Self.now, with: tools),
                case .turnedAway(let until) = await provider.place(draft, at: Self.now, with: tools)
            else {
                Issue.record("the provider's wish was not heard")
                return
            }
            #expect(until >= Self.now + .seconds(60))
        }
    }

    private static func outcome(_ base: String, with tools: PollTools) async throws -> String {
        describe(try await place(base, with: tools))
    }

    private static func describe(_ placement: OrderPlacement) -> String {
        switch placement {
        case .placed: "placed"
        case .refused(let status, let message, _): "refused \(status) \(message ?? "-")"
        case .notSent(let cause): "not sent \(cause)"
        case .turnedAway: "turned away"
        case .unknown(let cause, let message): "unknown \(cause) \(message ?? "-")"
        }
    }
}
