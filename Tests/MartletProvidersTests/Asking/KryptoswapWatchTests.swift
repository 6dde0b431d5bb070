// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

@Suite("Watching orders at Kryptoswap", .timeLimit(.minutes(1)))
struct KryptoswapWatchTests {
    static let now = Vectors.sampleTime

    static func watch(_ provider: Kryptoswap, last: String? = nil) -> Watch {
        var memory = PollMemory()
        memory.last = last
        return Watch(
            source: provider.source,
            subject: KryptoswapTests.orderID,
            details: bytes("{}"),
            memory: memory.bytes,
            nextPollAt: now,
            deadline: now + .days(30),
            createdAt: now
        )
    }

    /// Asks a stand-in that gives the vector's answer, and checks the request.
    static func poll(_ testCase: VectorCase) async throws -> PollAnswer {
        let members = try testCase.members
        let fetch = try #require(members["fetch"] as? [String: Any])
        let request = try #require(fetch["request"] as? [String: Any])
        let query = try #require(request["query"] as? [String: String])
        let response = try #require(fetch["response"] as? [String: Any])
        let status = try #require(response["status"] as? Int)
        let body = response["body"] as? String ?? ""
        let order = try #require(try KryptoswapTests.order(KryptoswapTests.orderID))
        return try await withProvider(.always(body, status: status)) { server, tools, _ in
            let provider = Kryptoswap(source: KryptoswapTests.source, apiBase: server.url(""))
            let watch = Self.watch(provider, last: members["last_known_status"] as? String)
            let answer = await provider.poll(watch, order: order, at: now, with: tools)
            #expect(server.requests.count == 1)
            let sent = try #require(server.requests.first)
            #expect(sent.method == request["method"] as? String)
            #expect(sent.body.isEmpty)
            let path = "/" + (request["path"] as? String ?? "")
            #expect(sent.target.hasPrefix(path + "?"))
            let pairs = sent.target.dropFirst(path.count + 1).split(separator: "&").map {
                $0.split(separator: "=", maxSplits: 1).map { String($0) }
            }
            #expect(Dictionary(uniqueKeysWithValues: pairs.map { ($0[0], $0[1]) }) == query)
            return answer
        }
    }

    @Test(arguments: try Vectors.cases("kryptoswap", "poll_cases"))
    func asksAndReadsAsComputed(_ testCase: VectorCase) async throws {
        let answer = try await Self.poll(testCase)
        let expect = try testCase.expect
        switch expect["outcome"] as? String {
        case "emit":
            try Vectors.check(try #require(answer.news.first).event, expect["event"], testCase.id)
            #expect(answer.outcome == "paid")
            #expect(answer.next == .close)
        case "order_mismatch":
            #expect(answer.outcome == "order_mismatch")
            #expect(answer.isHold, "\(testCase.id)")
        default:
            #expect(answer.outcome == "unsuccessful")
            #expect(try KryptoswapTests.provider().failureOutcomes.contains(answer.outcome))
            #expect(answer.nextPoll == Self.now + .seconds(90))
        }
        #expect(answer.news.count == (expect["outcome"] as? String == "emit" ? 1 : 0))
    }

    @Test(arguments: try Vectors.cases("kryptoswap", "sequences"))
    func followsSequencesWithRealPolls(_ sequence: VectorCase) async throws {
        let members = try sequence.members
        let time = try Vectors.time(#require(members["clock"] as? String))
        var history = ObjectHistory()
        for step in try #require(members["deliveries"] as? [[String: Any]]) {
            let expect = try #require(step["expect"] as? [String: Any])
            var event: Event?
            if let poll = step["poll"] as? String {
                let cases = try Vectors.cases("kryptoswap", "poll_cases")
                event = try await Self.poll(try #require(cases.first { $0.id == poll })).news.first?.event
            } else {
                let headers = ["Content-Type": "application/x-www-form-urlencoded"]
                let request: [String: Any] = ["headers": headers, "body": step["body"] as? String ?? ""]
                let callback = try Vectors.callback(request, at: time)
                event = try KryptoswapTests.judge(callback, KryptoswapTests.provider()).event
            }
            let flags = history.admit(try #require(event, "\(sequence.id)"))
            #expect(expect["delivered"] as? Bool == !flags.contains { $0.withholdsDelivery }, "\(sequence.id)")
            #expect((expect["flag"] as? String).map { [$0] } ?? [] == flags.map(\.rawValue), "\(sequence.id)")
        }
    }

    @Test func encodesTheQuery() async throws {
        try await withProvider(.always("{}")) { server, tools, _ in
            let provider = Kryptoswap(source: KryptoswapTests.source, apiBase: server.url("/api"))
            let order = KnownOrder(
                objectID: KryptoswapTests.orderID,
                uid: "1409",
                orderSecret: Secret(text: "a b&c=d+e/ü~._-%")
            )
            _ = await provider.poll(Self.watch(provider), order: order, at: Self.now, with: tools)
            #expect(
                server.requests.map(\.target) == [
                    "/api/public/exchanger/order/get?orderUID=1409&orderSecret=a%20b%26c%3Dd%2Be%2F%C3%BC~._-%25&type=order"
                ]
            )
        }
    }

    @Test func tellsEachChangeOnceAndMasksTheOrdersSecret() async throws {
        let answers = ["waitPayment", "waitPayment", "inProgress", "hold", "inProgress"].map { status in
            ScriptedServer.Behaviour.json(
                #"{"success":true,"data":{"order":{"_id":"\#(KryptoswapTests.orderID)","secret":"s-1","status":"\#(status)","inAmount":2.50}}}"#
            )
        }
        let playback = Playback(answers)
        try await withProvider(.playing(playback)) { server, tools, _ in
            let provider = Kryptoswap(source: KryptoswapTests.source, apiBase: server.url(""))
            let order = try #require(try KryptoswapTests.order(KryptoswapTests.orderID))
            var watch = Self.watch(provider)
            var keys: [String] = []
            for _ in answers {
                let answer = await provider.poll(watch, order: order, at: watch.nextPollAt ?? Self.now, with: tools)
                keys += answer.news.map { $0.event.dedupeKey.split(separator: ":").dropFirst(2).joined(separator: ":") }
                for news in answer.news {
                    #expect(text(news.raw).contains(#""secret":"***""#))
                    #expect(text(news.raw).contains(#""inAmount":2.50"#))
                }
                watch = answer.applied(to: watch)
            }
            #expect(
                keys == [
                    "waitPayment:after:none", "inProgress:after:waitPayment", "hold:after:inProgress",
                    "inProgress:after:hold",
                ]
            )
            // What a notification has told is not told again by the next poll.
            var told = Self.watch(provider, last: "waitPayment")
            told.memory = provider.memory(of: told, afterStatus: "inProgress", of: told.subject)
            #expect(PollMemory(told.memory).last == "inProgress")
        }
    }

    @Test func withoutAnAddressTheOrderIsKnownAndTheWatchIsHeld() async throws {
        let provider = Kryptoswap(source: KryptoswapTests.source)
        let plan = try provider.plan(bytes(Asked.kryptoswap.registration), now: Self.now)
        #expect(plan.watch.state == .held)
        #expect(plan.watch.nextPollAt == nil)
        #expect(plan.watch.note?.contains("apiBase") == true)
        #expect(plan.order?.ipnSecret == Secret(text: "ipn-secret-1"))
        let answer = await provider.poll(
            plan.watch,
            order: plan.order,
            at: Self.now,
            with: PollTools(transport: ScriptedTransport(), programs: NoPrograms())
        )
        #expect(answer.outcome == "not_configured")
        #expect(answer.isHold)
    }

    @Test func registersTheWholeOrder() throws {
        let provider = Kryptoswap(source: KryptoswapTests.source, apiBase: "https://api.example.com")
        let json =
            #"{"orderId":"5d8e6002b80b7b4cd75a6424","orderUID":1409,"orderSecret":"s","ipnSecret":"i","merchantOrderId":"M","expectedAmount":"2.50","expectedCurrency":"eth"}"#
        let plan = try provider.plan(bytes(json), now: Self.now)
        #expect(plan.watch.subject == "5d8e6002b80b7b4cd75a6424")
        #expect(plan.watch.nextPollAt == Self.now + .minutes(1))
        #expect(plan.watch.deadline == Self.now + .days(30))
        #expect(plan.order?.uid == "1409")
        #expect(plan.order?.merchantOrderID == "M")
        #expect(plan.order?.expectedDue == Amount(DecimalText("2.5"), code: "ETH"))
    }

    @Test(arguments: [
        (#"{}"#, ["ipnSecret", "orderId", "orderSecret", "orderUID"]), ("[]", [""]), ("{", [""]),
        (
            #"{"orderId":"x","orderUID":"y","orderSecret":"","ipnSecret":5.5e9}"#,
            ["orderId", "orderSecret", "orderUID"]
        ),
        (
            #"{"orderId":"5d8e6002b80b7b4cd75a6424","orderUID":"1","orderSecret":"s","ipnSecret":"i","orderid":"1"}"#,
            ["orderid"]
        ),
        (
            #"{"orderId":"5d8e6002b80b7b4cd75a6424","orderUID":"1","orderSecret":"s","ipnSecret":"i","expectedAmount":"much","expectedCurrency":"E T"}"#,
            ["expectedAmount", "expectedCurrency"]
        ),
    ])
    func namesWhatIsWrong(_ json: String, _ fields: [String]) {
        let provider = Kryptoswap(source: KryptoswapTests.source, apiBase: "https://api.example.com")
        let refusal = #expect(throws: RegistrationRefusal.self) { try provider.plan(bytes(json), now: Self.now) }
        #expect(refusal?.problems.map(\.field).sorted() == fields)
    }
}
