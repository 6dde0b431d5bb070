// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Synchronization
import Testing

@testable import MartletProviders

/// How a provider can fail, and the word for it.
enum Outage: String, CaseIterable, CustomTestStringConvertible {
    case refused, error500, error503, forbidden, redirect, html, empty, emptyObject, tooLong, reset, slow

    var testDescription: String { rawValue }

    var word: String {
        switch self {
        case .refused: "refused"
        case .error500, .error503: "http_5xx"
        case .forbidden: "http_4xx"
        case .redirect: "http_3xx"
        case .html, .empty, .emptyObject: "nonsense"
        case .tooLong: "too_large"
        case .reset: "reset"
        case .slow: "timeout"
        }
    }

    var behaviour: ScriptedServer.Behaviour {
        switch self {
        case .refused, .slow: .hang
        case .error500: .json("order secret/1 client-secret-1", status: 500)
        case .error503: .json("", status: 503, headers: [("Retry-After", "7200")])
        case .forbidden: .json("{}", status: 403)
        case .redirect: .redirect(to: "http://127.0.0.1:1/elsewhere")
        case .html: .json("<html>down for maintenance</html>")
        case .empty: .json("")
        case .emptyObject: .json("{}")
        case .tooLong:
            .endless(
                head: Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8),
                chunk: Array(repeating: 0x20, count: 16_384)
            )
        case .reset: .reset(after: [])
        }
    }
}

@Suite("Providers that are down", .timeLimit(.minutes(2)))
struct OutageTests {
    static let start = Timestamp(milliseconds: 1_795_287_600_000)

    /// Polls a provider that is down from the first second to the sixth hour, then a healthy one.
    @Test(arguments: Asked.allCases, Outage.allCases)
    func losesNothingAndLoadsNoMoreThanTheSchedule(_ asked: Asked, _ outage: Outage) async throws {
        let isDown = Mutex(true)
        let refusing = try RefusingPort()
        try await withProvider(
            .answering { request in
                isDown.withLock { $0 } ? outage.behaviour : asked.healthy(request.target)
            }
        ) { server, tools, transport in
            let path = outage == .slow ? "/slow" : ""
            let provider = asked.provider(server.url(path))
            let broken = outage == .refused ? asked.provider(refusing.url("")) : provider
            let plan = try provider.plan(bytes(asked.registration), now: Self.start)
            var watch = plan.watch
            // Each failure of a slow provider takes real time, so few of them.
            let end = Self.start + (outage == .slow ? .minutes(20) : .hours(6))
            var moments: [Timestamp] = []
            while let now = watch.nextPollAt, now <= end {
                moments.append(now)
                let answer = await broken.poll(watch, order: plan.order, at: now, with: tools)
                #expect(answer.news.isEmpty)
                let cause = PollMemory(answer.memory).cause
                if answer.outcome != "deferred" {
                    #expect(asked == .spectrocoin ? cause == outage.word : answer.outcome == outage.word)
                    if asked == .spectrocoin { #expect(answer.outcome == "fetch_failed") }
                }
                Self.checkSilence(answer)
                watch = answer.applied(to: watch)
            }
            #expect(watch.state == .open)
            let allowed = Self.momentsOfSchedule(plan.watch, asked, until: end)
            #expect(moments.count <= allowed.count)
            #expect(transport.requests.count <= allowed.count, "one request for each moment of the schedule at most")
            for (moment, soonest) in zip(moments, allowed) { #expect(moment >= soonest) }
            if outage == .error503 {
                for (one, next) in zip(moments, moments.dropFirst()) { #expect(next - one >= .seconds(7200)) }
            }
            let gaps = zip(moments, moments.dropFirst()).map { $1 - $0 }
            #expect(gaps.allSatisfy { $0 >= .seconds(90) })
            for request in transport.requests {
                #expect(request.timeout == .seconds(5))
                #expect(request.bodyLimit == 262_145)
            }
            isDown.withLock { $0 = false }
            if outage == .slow { return }
            let now = try #require(watch.nextPollAt)
            let learned = await provider.poll(watch, order: plan.order, at: now, with: tools)
            #expect(learned.news.count == 1)
            #expect(learned.outcome == "paid")
            #expect(learned.next == .close)
            #expect(PollMemory(learned.memory).failures == 0)
            Self.checkSilence(learned)
        }
    }

    /// When a healthy provider would be asked.
    static func momentsOfSchedule(_ watch: Watch, _ asked: Asked, until end: Timestamp) -> [Timestamp] {
        let schedules = [
            Asked.kryptoswap: Kryptoswap.schedule, .cryptomus: Cryptomus.schedule, .spectrocoin: SpectroCoin.schedule,
        ]
        guard let schedule = schedules[asked] else { return [] }
        var moments: [Timestamp] = []
        var next = schedule.first(since: watch.createdAt)
        while next <= end {
            moments.append(next)
            next = schedule.next(after: next, since: watch.createdAt)
        }
        return moments
    }

    /// No secret stands in what the engine stores or logs of a poll.
    static func checkSilence(_ answer: PollAnswer) {
        let printed = "\(answer) \(text(answer.memory)) \(answer.news.map { text($0.raw) })"
        for secret in Asked.secrets {
            #expect(!printed.contains(secret))
            #expect(!printed.contains(ProviderInterface.encode(secret)))
        }
    }

    /// The provider's wish holds for the other orders of the source too.
    @Test(arguments: Asked.allCases)
    func oneRetryAfterIsForTheWholeSource(_ asked: Asked) async throws {
        try await withProvider(.answering { _ in Outage.error503.behaviour }) { server, tools, _ in
            let provider = asked.provider(server.url(""))
            let plan = try provider.plan(bytes(asked.registration), now: Self.start)
            var other = plan.watch
            other.subject += "-other"
            _ = await provider.poll(plan.watch, order: plan.order, at: Self.start, with: tools)
            let turnedAway = await provider.poll(other, order: plan.order, at: Self.start + .hours(1), with: tools)
            #expect(turnedAway.outcome == "deferred")
            #expect(turnedAway.memory == other.memory)
            #expect((turnedAway.nextPoll ?? Self.start) > Self.start + .hours(2))
            #expect(server.requests.count == 1)
            let later = await provider.poll(other, order: plan.order, at: Self.start + .hours(2), with: tools)
            #expect(later.outcome != "deferred")
        }
    }

    @Test(arguments: Asked.allCases)
    func registrationsKeepSecretsToTheOrder(_ asked: Asked) throws {
        let plan = try asked.provider("http://127.0.0.1:1").plan(bytes(asked.registration), now: Self.start)
        let printed = "\(plan) \(text(plan.watch.details)) \(text(plan.watch.memory)) \(plan.watch.note ?? "")"
        for secret in Asked.secrets { #expect(!printed.contains(secret)) }
        #expect(plan.watch.state == .open)
        #expect(plan.watch.createdAt == Self.start)
    }

    @Test func aNameThatResolvesToTheLoopbackIsNotReached() async throws {
        try await withTools { tools, _ in
            let interface = ProviderInterface(base: "http://127.1:9")
            let answer = await interface.ask("GET", "/", through: tools.transport)
            #expect(answer.problem == .blocked)
        }
    }
}
