// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// What the provider's lists are asked for, and what is read in them.
@Suite("Listing payments and payouts at Cryptomus", .timeLimit(.minutes(1)))
struct CryptomusSweepTests {
    /// 2026-11-21T19:00:00Z.
    static let now = Timestamp(milliseconds: 1_795_287_600_000)
    static let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"

    static func request(_ cursor: String? = nil, failures: Int = 0) -> ListRequest {
        ListRequest(since: now - .days(2), until: now, cursor: cursor, failures: failures, now: now)
    }

    static func row(_ status: String, uuid: String = uuid, more: String = "") -> String {
        #"{"uuid":"\#(uuid)","order_id":"NO-1","amount":"5","status":"\#(status)","is_final":true\#(more)}"#
    }

    static func page(_ rows: [String], next: String? = nil) -> String {
        let cursor = next.map { "\"\($0)\"" } ?? "null"
        return
            #"{"state":0,"result":{"items":[\#(rows.joined(separator: ","))],"paginate":{"count":1,"nextCursor":\#(cursor)}}}"#
    }

    static func ask(
        _ request: ListRequest,
        answer: ScriptedServer.Behaviour
    ) async throws -> (ScriptedServer.Request, ListAnswer) {
        try await withProvider(.answering { _ in answer }) { server, tools, _ in
            let provider = try CryptomusWatchTests.provider(server.url(""))
            let answer = await provider.list(request, with: tools)
            return (try #require(server.requests.first), answer)
        }
    }

    private static let places: [(cursor: String?, target: String, key: String)] = [
        (nil, "/v1/payment/list", "payment_key"),
        ("payment:eyJpZCI6Mn0=/+", "/v1/payment/list?cursor=eyJpZCI6Mn0%3D%2F%2B", "payment_key"),
        ("payout", "/v1/payout/list", "payout_key"), ("payout:a:b", "/v1/payout/list?cursor=a%3Ab", "payout_key"),
    ]

    @Test(arguments: places)
    func signsTheDatesInTheZoneOfTheProvider(_ cursor: String?, _ target: String, _ key: String) async throws {
        let (request, _) = try await Self.ask(Self.request(cursor), answer: .json(Self.page([])))
        #expect(request.method == "POST" && request.target == target)
        let body = #"{"date_from":"2026-11-19 22:00:00","date_to":"2026-11-21 22:00:00"}"#
        #expect(text(request.body) == body, "UTC+3")
        let secret = Secret(text: try #require(Vectors.secrets("cryptomus")[key] as? String))
        #expect(request.headers.all("sign") == [text(CryptomusSignature.digest(of: bytes(body), key: secret))])
        #expect(request.headers.all("merchant") == ["m-1"])
    }

    private static let steps: [(cursor: String?, next: String?, expected: String?)] = [
        (nil, "c-2", "payment:c-2"), (nil, nil, "payout"), ("payment:c-2", "c-2", "payout"), ("payout", nil, nil),
        ("payout", "c-3", "payout:c-3"), ("payout:c-3", "c-3", nil),
    ]

    @Test(arguments: steps)
    func goesThroughBothLists(_ cursor: String?, _ next: String?, _ expected: String?) async throws {
        let (_, answer) = try await Self.ask(
            Self.request(cursor),
            answer: .json(Self.page([Self.row("paid")], next: next))
        )
        guard case .page(let page) = answer else { throw Unexpected(answer) }
        #expect(page.next == expected)
        #expect(page.rows == 1 && page.unreadable == 0)
        let listed = try #require(page.objects.first)
        let kind = cursor?.hasPrefix("payout") ?? false ? "payout" : "payment"
        #expect(listed.id == Self.uuid && listed.status == "paid" && listed.isFinal)
        #expect(listed.merchantOrderID == "NO-1" && !listed.hasOtherID)
        #expect(text(listed.registration) == #"{"kind":"\#(kind)","uuid":"\#(Self.uuid)"}"#)
    }

    @Test func leavesOutWhatNobodyCallsAboutOrAskedFor() async throws {
        let rows = [
            Self.row("check"), Self.row("paid", more: #","created_at":"2021-06-05T18:29:43+03:00""#), "7",
            Self.row("paid", uuid: "x"), Self.row("paid", more: #","created_at":"2026-11-21T18:29:43+03:00""#),
        ]
        let (_, answer) = try await Self.ask(Self.request(), answer: .json(Self.page(rows)))
        guard case .page(let page) = answer else { throw Unexpected(answer) }
        #expect(page.rows == 5 && page.unreadable == 2 && page.objects.count == 1)
    }

    @Test(arguments: [
        (#"{"state":1,"message":"no"}"#, "unsuccessful"), (#"{"state":0,"result":[]}"#, "nonsense"),
        ("<html>", "nonsense"),
        (#"{"state":0,"result":{"items":[{"uuid":1}]}}"#, "nonsense"),
    ])
    func saysThatNothingWasRead(_ body: String, _ outcome: String) async throws {
        let (_, answer) = try await Self.ask(Self.request(), answer: .json(body))
        #expect(answer == .failed(outcome: outcome, pause: .seconds(90)))
    }

    @Test func pausesGrowAndTheProvidersWishHoldsForTheWholeSource() async throws {
        let playback = Playback([
            .json("{}", status: 503), .json("{}", status: 429, headers: [("Retry-After", "600")]),
        ])
        try await withProvider(.playing(playback)) { server, tools, _ in
            let provider = try CryptomusWatchTests.provider(server.url(""))
            let first = await provider.list(Self.request(failures: 2), with: tools)
            #expect(first == .failed(outcome: "http_5xx", pause: .milliseconds(202_500)))
            let second = await provider.list(Self.request(), with: tools)
            #expect(second == .failed(outcome: "http_4xx", pause: .seconds(600)))
            guard case .deferred(let pause) = await provider.list(Self.request(), with: tools) else {
                Issue.record("asked in spite of Retry-After")
                return
            }
            #expect(pause >= .seconds(600))
            #expect(server.requests.count == 2)
        }
    }

    struct Unexpected: Error {
        let answer: ListAnswer
        init(_ answer: ListAnswer) { self.answer = answer }
    }
}
