// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Synchronization
import Testing

@testable import MartletProviders

@Suite("Fetching orders at SpectroCoin", .timeLimit(.minutes(1)))
struct SpectroCoinWatchTests {
    static let now = Vectors.sampleTime
    static let id = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"

    static func provider(_ base: String) throws -> SpectroCoin {
        var account = try SpectroCoinTests.account()
        account.clientID = try SpectroCoinTests.secret("client_id")
        account.clientSecret = Secret(text: try SpectroCoinTests.secret("client_secret"))
        account.apiBase = base
        return SpectroCoin(source: SpectroCoinTests.source, account: account)
    }

    static func isToken(_ request: ScriptedServer.Request) -> Bool { request.target == "/api/public/oauth/token" }

    @Test(arguments: try Vectors.cases("spectrocoin").filter { try $0.members["fetches"] != nil })
    func fetchesAsComputed(_ testCase: VectorCase) async throws {
        let members = try testCase.members
        let fetches = try #require(members["fetches"] as? [[String: Any]])
        let expect = try testCase.expect
        var answers = try fetches.map { fetch in
            let response = try #require(fetch["response"] as? [String: Any])
            let status = try #require(response["status"] as? Int)
            return ScriptedServer.Behaviour.json(response["body"] as? String ?? "", status: status)
        }
        // A vector that begins with the order has a token from before.
        let first = fetches.first?["request"] as? [String: Any]
        let hasToken = first?["method"] as? String == "GET"
        if hasToken {
            let old = ScriptedServer.Behaviour.json(#"{"access_token":"tok-old","expires_in":3600}"#)
            answers = [old, .json("", status: 404)] + answers
        }
        let playback = Playback(answers)
        try await withProvider(.playing(playback)) { server, tools, _ in
            let provider = try Self.provider(server.url(""))
            let callback = try Vectors.callback(#require(members["request"] as? [String: Any]))
            guard case .hint(let hint) = provider.judge(callback, order: .notAsked) else {
                #expect(fetches.isEmpty)
                return #expect(expect["verdict"] as? String == "rejected")
            }
            var watch = provider.plan(hint: hint, now: Self.now).watch
            watch.callback = callback
            #expect(watch.nextPollAt == Self.now)
            var skipped = 0
            if hasToken {
                _ = await provider.poll(watch, order: nil, at: Self.now - .minutes(5), with: tools)
                skipped = 2
            }
            let answer = await provider.poll(watch, order: nil, at: Self.now, with: tools)
            let requests = server.requests.dropFirst(skipped)
            #expect(requests.count == fetches.count)
            for (request, fetch) in zip(requests, fetches) { try Self.check(request, fetch["request"], testCase.id) }
            if expect["event"] is [String: Any] {
                let news = try #require(answer.news.first, "\(testCase.id): \(answer.outcome)")
                try Vectors.check(news.event, expect["event"], testCase.id)
                let response = fetches.last?["response"] as? [String: Any]
                #expect(text(news.raw) == response?["body"] as? String)
                // A second callback for the same status tells nothing new.
                let again = try await Self.pollAgain(provider, answer.applied(to: watch), tools, playback, answers)
                #expect(again.news.isEmpty)
            } else {
                #expect(answer.outcome == expect["fetch_outcome"] as? String, "\(testCase.id)")
                #expect(answer.news.isEmpty)
                #expect(answer.nextPoll != nil)
            }
        }
    }

    private static func pollAgain(
        _ provider: SpectroCoin,
        _ watch: Watch,
        _ tools: PollTools,
        _ playback: Playback,
        _ answers: [ScriptedServer.Behaviour]
    ) async throws -> PollAnswer {
        playback.append(try #require(answers.last))
        return await provider.poll(watch, order: nil, at: now + .seconds(1), with: tools)
    }

    private static func check(_ request: ScriptedServer.Request, _ expected: Any?, _ id: String) throws {
        let expected = try #require(expected as? [String: Any])
        #expect(request.method == expected["method"] as? String, "\(id)")
        #expect("https://spectrocoin.com" + request.target == expected["url"] as? String, "\(id)")
        #expect(text(request.body) == expected["body"] as? String ?? "", "\(id)")
        for (name, value) in expected["headers"] as? [String: String] ?? [:] {
            #expect(request.headers.all(name) == [value], "\(id)")
        }
    }

    @Test func manyOrdersShareOneTokenRequest() async throws {
        try await withProvider(.answering { Asked.spectrocoin.healthy($0.target) }) { server, tools, _ in
            let provider = try Self.provider(server.url(""))
            let watches = try (0..<8).map { index in
                let id = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f\(index)"
                return try provider.plan(bytes(#"{"id":"\#(id)"}"#), now: Self.now).watch
            }
            let outcomes = await withTaskGroup(of: String.self) { group in
                for watch in watches {
                    group.addTask { await provider.poll(watch, order: nil, at: Self.now, with: tools).outcome }
                }
                var outcomes: [String] = []
                for await outcome in group { outcomes.append(outcome) }
                return outcomes
            }
            #expect(outcomes == Array(repeating: "paid", count: 8))
            #expect(server.requests.filter { Self.isToken($0) }.count == 1)
        }
    }

    /// 3,600 s of life: the token is used for 3,540 s.
    @Test(arguments: [(3539, 1), (3540, 2)])
    func renewsShortlyBeforeTheEnd(_ seconds: Int64, _ tokens: Int) async throws {
        try await withProvider(.answering { Asked.spectrocoin.healthy($0.target) }) { server, tools, _ in
            let provider = try Self.provider(server.url(""))
            let watch = try provider.plan(bytes(#"{"id":"\#(Self.id)"}"#), now: Self.now).watch
            for moment in [Self.now, Self.now + .seconds(seconds)] {
                _ = await provider.poll(watch, order: nil, at: moment, with: tools)
            }
            #expect(server.requests.filter { Self.isToken($0) }.count == tokens)
        }
    }

    /// 90 s after the first failure, 135 s after the second.
    @Test func aTokenThatIsRefusedIsAskedForWithGrowingPauses() async throws {
        let access = SpectroCoinAccess()
        let requests = Mutex(0)
        func grant(_ seconds: Int64) async -> SpectroCoinAccess.Grant {
            await access.token(refused: nil, at: Self.now + .seconds(seconds)) {
                requests.withLock { $0 += 1 }
                return ProviderAnswer(.clientError)
            }
        }
        #expect(await grant(0) == .none(.clientError, pause: .seconds(90)))
        #expect(await grant(30) == .none(.clientError, pause: .seconds(60)))
        #expect(requests.withLock { $0 } == 1)
        #expect(await grant(90) == .none(.clientError, pause: .seconds(135)))
        #expect(requests.withLock { $0 } == 2)
    }

    @Test func aClientWithoutPermissionIsNotGivenTokenAfterToken() async throws {
        try await withProvider(.answering { Self.isToken($0) ? Asked.token : .json("", status: 401) }) {
            server,
            tools,
            _ in
            let provider = try Self.provider(server.url(""))
            let watch = try provider.plan(bytes(#"{"id":"\#(Self.id)"}"#), now: Self.now).watch
            let first = await provider.poll(watch, order: nil, at: Self.now, with: tools)
            #expect(first.outcome == "fetch_failed")
            #expect(server.requests.count == 3, "a token, the order, and one renewal that brings the same token")
            _ = await provider.poll(watch, order: nil, at: Self.now + .seconds(30), with: tools)
            #expect(server.requests.count == 4, "the order alone: the token was renewed just now")
            _ = await provider.poll(watch, order: nil, at: Self.now + .minutes(2), with: tools)
            #expect(server.requests.count == 6, "the order, and another renewal")
        }
    }

    @Test func aTokenThatIsRevokedRightAfterItWasGivenIsRenewed() async throws {
        let given = Mutex(0)
        let standIn = StandIn.answering { request in
            if Self.isToken(request) {
                let number = given.withLock { count in
                    count += 1
                    return count
                }
                return .json(#"{"access_token":"tok-\#(number)","expires_in":3600}"#)
            }
            let isRevoked = request.headers[first: "authorization"] == "Bearer tok-1"
            return isRevoked ? .json("", status: 401) : .json(#"{"orderId":"INV-1","status":"PENDING"}"#)
        }
        try await withProvider(standIn) { server, tools, _ in
            let provider = try Self.provider(server.url(""))
            let watch = try provider.plan(bytes(#"{"id":"\#(Self.id)"}"#), now: Self.now).watch
            let answer = await provider.poll(watch, order: nil, at: Self.now, with: tools)
            #expect(answer.news.first?.event.providerStatus == "PENDING", "\(answer.outcome)")
            #expect(server.requests.map(\.method) == ["POST", "GET", "POST", "GET"])
        }
    }

    @Test func aHintForAnOrderThatDoesNotExistIsGivenUp() async throws {
        try await withProvider(.answering { Self.isToken($0) ? Asked.token : .json("", status: 404) }) {
            server,
            tools,
            _ in
            let provider = try Self.provider(server.url(""))
            let hint = Hint(source: provider.source, objectID: Self.id, receivedAt: Self.now)
            var watch = provider.plan(hint: hint, now: Self.now).watch
            var moments: [Int64] = []
            while watch.state == .open, let moment = watch.nextPollAt, moments.count < 20 {
                moments.append((moment - Self.now).wholeMilliseconds / 60_000)
                let answer = await provider.poll(watch, order: nil, at: moment, with: tools)
                #expect(answer.outcome == "order_not_found")
                watch = answer.applied(to: watch)
            }
            #expect(moments == [0, 1, 5, 15, 30])
            #expect(watch.state == .closed)
            let registered = try provider.plan(bytes(#"{"id":"\#(Self.id)"}"#), now: Self.now).watch
            let answer = await provider.poll(registered, order: nil, at: Self.now + .days(1), with: tools)
            #expect(answer.nextPoll == Self.now + .days(1) + .hours(1), "one that was registered is asked on")
        }
    }

    @Test func theRateOfAProjectHoldsForAllItsOrders() async throws {
        try await withProvider(.answering { Asked.spectrocoin.healthy($0.target) }) { server, tools, _ in
            let provider = try Self.provider(server.url(""))
            let hints = (100..<200).map { index in
                Hint(
                    source: provider.source,
                    objectID: "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e\(index)",
                    receivedAt: Self.now
                )
            }
            var due = hints.map { provider.plan(hint: $0, now: Self.now).watch }
            var asked: [Timestamp] = []
            while let next = due.min(by: { ($0.nextPollAt ?? Self.now) < ($1.nextPollAt ?? Self.now) }) {
                let moment = next.nextPollAt ?? Self.now
                let answer = await provider.poll(next, order: nil, at: moment, with: tools)
                due.removeAll { $0.subject == next.subject }
                if answer.outcome == "deferred" { due.append(answer.applied(to: next)) } else { asked.append(moment) }
            }
            #expect(asked.count == 100, "every hint is fetched in the end")
            for (index, moment) in asked.enumerated() {
                let allowed = 10 + 5 * Double((moment - Self.now).wholeMilliseconds) / 1000
                #expect(Double(index + 1) <= allowed + 0.01)
            }
            #expect(
                (asked.last ?? Self.now) - Self.now <= .seconds(20),
                "none waits much longer than the rate asks for"
            )
        }
    }

    @Test func namesAFewUnprovenMembersOfTheCallback() {
        let long = String(repeating: "n", count: 65)
        let many = (0..<100).map { #""m\#($0)":"value""# }.joined(separator: ",")
        let body = #"{"id":"x","merchantApiId":"y","status":"PAID","\#(long)":1,\#(many)}"#
        let names = SpectroCoinOrder.uncoveredFields(bytes(body))
        #expect(names.count == 32 && names.contains("m0") && !names.contains(long))
    }

    @Test func withoutAClientAHintIsHeldAndNotLost() throws {
        let provider = SpectroCoin(source: SpectroCoinTests.source, account: try SpectroCoinTests.account())
        let hint = Hint(source: provider.source, objectID: Self.id, receivedAt: Self.now)
        let watch = provider.plan(hint: hint, now: Self.now).watch
        #expect(watch.state == .held)
        #expect(watch.note?.contains("clientId") == true)
    }

    @Test(arguments: [
        (#"{}"#, ["id"]), (#"{"id":"../oauth/token"}"#, ["id"]), (#"{"id":5,"kind":"x"}"#, ["id", "kind"]),
    ])
    func namesWhatIsWrong(_ json: String, _ fields: [String]) throws {
        let provider = try Self.provider("https://api.example.com")
        let refusal = #expect(throws: RegistrationRefusal.self) { try provider.plan(bytes(json), now: Self.now) }
        #expect(refusal?.problems.map(\.field).sorted() == fields)
    }
}
