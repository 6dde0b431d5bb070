// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine
@testable import MartletProviders

/// How the providers fail, six hours each, until they are well again.
private enum Trouble: Int {
    case refused, error, nonsense, hanging, none

    init(after age: Duration) { self = Trouble(rawValue: Int(age.components.seconds / 21_600)) ?? .none }
}

/// The real HTTP client, which notes the requests; one that hangs is given up sooner than the providers' limit.
private final class CountingTransport: Transport {
    private let curl: CurlTransport
    private let trouble: @Sendable () -> Trouble
    private let sent = Mutex<[String]>([])

    init(_ curl: CurlTransport, trouble: @escaping @Sendable () -> Trouble) {
        self.curl = curl
        self.trouble = trouble
    }

    func count(to path: String) -> Int { sent.withLock { $0.count { $0.contains(path) } } }

    func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
        sent.withLock { $0.append(request.url) }
        var request = request
        // A machine under load must not make a healthy server look slow.
        request.timeout = trouble() == .hanging ? .milliseconds(100) : .seconds(30)
        curl.send(request, completion: completion)
    }
}

/// The three providers that are asked over HTTP, all on one server.
private struct Providers {
    static let order = "5f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"
    static let hinted = "6f3d0c4e-1a2b-4c3d-9e8f-a0b1c2d3e4f5"

    let kryptoswap: Kryptoswap
    let cryptomus: Cryptomus
    let spectrocoin: SpectroCoin

    init(_ server: ScriptedServer) {
        kryptoswap = Kryptoswap(
            source: SourceID(provider: "kryptoswap", id: "main"),
            apiBase: server.url("/kryptoswap")
        )
        cryptomus = Cryptomus(
            source: SourceID(provider: "cryptomus", id: "main"),
            paymentKey: Secret(text: "payment-key-1"),
            payoutKey: nil,
            apiBase: server.url("/cryptomus"),
            merchant: "m-1"
        )
        spectrocoin = SpectroCoin(
            source: SourceID(provider: "spectrocoin", id: "main"),
            account: SpectroCoin.Account(
                clientID: "c-1",
                clientSecret: Secret(text: "client-secret-1"),
                apiBase: server.url("/spectrocoin")
            )
        )
    }

    var all: [any WatchedProvider] { [kryptoswap, cryptomus, spectrocoin] }

    /// With the registration of one order each.
    var registrations: [(provider: any WatchedProvider, text: String)] {
        [
            (
                kryptoswap,
                #"{"orderId":"5d8e6002b80b7b4cd75a6424","orderUID":"1409","orderSecret":"s-1","ipnSecret":"i-1"}"#
            ),
            (cryptomus, #"{"kind":"payment","uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"}"#),
            (spectrocoin, #"{"id":"\#(Self.order)"}"#),
        ]
    }

    static func answer(_ target: String) -> String {
        if target.hasPrefix("/kryptoswap") {
            return #"{"success":true,"data":{"order":{"_id":"5d8e6002b80b7b4cd75a6424","uid":1409,"status":"done"}}}"#
        }
        if target.hasPrefix("/cryptomus") {
            return
                #"{"state":0,"result":{"uuid":"3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61","amount":"5","currency":"USDT","payment_status":"paid","is_final":true}}"#
        }
        if target.hasSuffix("/oauth/token") { return #"{"access_token":"tok-1","expires_in":3600}"# }
        return #"{"orderId":"INV-1","status":"PAID"}"#
    }
}

/// A whole day without providers, with the real HTTP client and the real store, and a restart in the middle.
@Suite(.timeLimit(.minutes(3))) struct OutageDayTests {
    private static let day = Duration.seconds(86_400)

    @Test func aDayWithoutProvidersLosesNothingAndAsksNoOftenerThanTheSchedule() async throws {
        let harness = try await EngineHarness.start([])
        let (clock, start) = (harness.clock, harness.clock.now())
        let trouble: @Sendable () -> Trouble = { Trouble(after: clock.now() - start) }
        let server = try ScriptedServer(
            refuses: { _ in trouble() == .refused },
            script: { request in
                switch trouble() {
                case .refused: .reset(after: [])
                case .error: .answer(status: 500, body: Array("out of order".utf8))
                case .nonsense: .answer(status: 200, body: Array("<html>back soon</html>".utf8))
                case .hanging: .hang
                case .none: .answer(status: 200, body: Array(Providers.answer(request.target).utf8))
                }
            }
        )
        let loop = try EventLoop(label: "martlet.test.loop")
        let curl = CurlTransport(loop: loop)
        let transport = CountingTransport(curl, trouble: trouble)

        let providers = Providers(server)
        let before = try await harness.watcher(providers.all, through: transport)
        var ids: [WatchID] = []
        for (provider, text) in providers.registrations { ids.append(try await harness.watch(text, before, provider)) }
        let hint = Samples.hint(Providers.hinted, source: providers.spectrocoin.source)
        try await harness.store.keep(hint)
        before.hinted(hint.hint)
        try await harness.eventually { try await harness.store.watches(WatchQuery()).count == 4 }
        try await harness.follow(until: start + Self.day / 2)
        await before.stop(within: .seconds(5))

        let after = try await harness.watcher(Providers(server).all, through: transport)
        try await harness.follow(until: start + Self.day - .milliseconds(1))
        var standing = try await harness.store.watches(WatchQuery()).map(\.watch.state)
        #expect(standing == [.open, .open, .open, .open], "nothing was given up")
        #expect(try await harness.store.hints(nil, limit: 9).map(\.outcome) == ["waiting"])
        #expect(try await harness.store.events(EventQuery()).isEmpty)
        let allowed = [
            "/kryptoswap": Self.moments(Kryptoswap.schedule, until: Self.day),
            "/cryptomus": Self.moments(Cryptomus.schedule, until: Self.day),
            // Two orders, and one poll at once for the hint.
            "/spectrocoin": Self.moments(SpectroCoin.schedule, until: Self.day) * 2 + 1,
        ]
        for (path, limit) in allowed.sorted(by: { $0.key < $1.key }) {
            let count = transport.count(to: path)
            print("a day without \(path.dropFirst()): \(count) requests, \(limit) by the schedule")
            #expect(count > 0 && count <= limit)
        }

        // No pause is longer than an hour but Cryptomus's own, which is a day.
        try await harness.follow(until: start + Self.day * 2)
        standing = try await harness.store.watches(WatchQuery()).map(\.watch.state)
        #expect(standing == [.closed, .closed, .closed, .closed])
        #expect(try await harness.store.hints(nil, limit: 9).map(\.outcome) == ["fetched"])
        #expect(try await harness.store.events(EventQuery(type: "payment.paid")).count == 4)
        for id in ids {
            let polls = try #require(try await harness.store.watch(id)).polls
            print("\(id): \(polls.reversed().map(\.outcome))")
        }
        await after.stop(within: .seconds(5))
        server.stop()
        await curl.shutDown()
        await loop.shutDown()
        try await harness.stop()
    }

    /// How often a healthy provider is asked about an order that stays open.
    private static func moments(_ schedule: PollSchedule, until end: Duration) -> Int {
        let start = Timestamp(milliseconds: 0)
        var (next, count) = (schedule.first(since: start), 0)
        while next < start + end {
            count += 1
            next = schedule.next(after: next, since: start)
        }
        return count
    }
}
