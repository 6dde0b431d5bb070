// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire
import Synchronization
import Testing

@testable import MartletSimulator

@Suite("A simulation", .timeLimit(.minutes(1))) struct SimulationTests {
    private static let hooks = "http://gateway.test/hooks/kryptoswap/main"
    private static let registrar = GatewayRegistrar(
        base: "http://gateway.test:8081/",
        key: Secret(text: "key-1"),
        source: "kryptoswap/main"
    )

    /// A gateway that keeps what it gets; `answer` decides by the address and the number of the request, from 0.
    private final class Gateway: Transport {
        private let seen = Mutex<[OutboundRequest]>([])
        private let answer: @Sendable (_ url: String, _ number: Int) -> AttemptOutcome

        init(_ answer: @escaping @Sendable (_ url: String, _ number: Int) -> AttemptOutcome) { self.answer = answer }

        var requests: [OutboundRequest] { seen.withLock { $0 } }

        func send(_ request: OutboundRequest, completion: @escaping @Sendable (AttemptResult) -> Void) {
            let number = seen.withLock { seen in
                seen.append(request)
                return seen.count - 1
            }
            completion(
                AttemptResult(
                    outcome: answer(request.url, number),
                    startedAt: Timestamp(milliseconds: 0),
                    duration: .zero,
                    body: Array(#"{"detail":"no such source"}"#.utf8)
                )
            )
        }
    }

    private final class News: Sendable {
        private let list = Mutex<[SimulationNews]>([])
        func add(_ news: SimulationNews) { list.withLock { $0.append(news) } }
        var all: [SimulationNews] { list.withLock { $0 } }
    }

    /// Runs until all of the simulation's own orders have ended.
    private func run(
        _ gateway: Gateway,
        orders: Int,
        faults: ChannelFaults = ChannelFaults(),
        registrar: GatewayRegistrar? = nil,
        seed: UInt64 = 11
    ) async -> (totals: SimulationTotals, news: [SimulationNews]) {
        let news = News()
        let simulation = Simulation(
            standIn: KryptoswapStandIn(seed: seed, hooks: Self.hooks),
            faults: faults,
            seed: seed,
            pace: .init(orders: orders, rate: 10_000, step: .milliseconds(1)),
            transport: gateway,
            registrar: registrar,
            report: { news.add($0) }
        )
        let (done, continuation) = AsyncStream.makeStream(of: Void.self)
        let running = Task { await simulation.run { continuation.finish() } }
        for await _ in done {}
        running.cancel()
        await running.value
        return (simulation.totals, news.all)
    }

    @Test func registersEachOrderBeforeAnythingIsToldOfIt() async throws {
        // The gateway is down at first, then busy.
        let gateway = Gateway { url, number in
            guard url.hasSuffix("/v1/watches") else { return .answered(status: 200) }
            return number == 0 ? .failed(.connect) : .answered(status: number == 1 ? 503 : 201)
        }
        let (totals, _) = await run(gateway, orders: 3, registrar: Self.registrar)
        #expect(totals.ended == 3)
        #expect(totals.notRegistered == 0)
        #expect(totals.notifications == totals.answered[200])
        var registered: Set<String> = []
        for request in gateway.requests {
            if request.url == "http://gateway.test:8081/v1/watches" {
                #expect(request.headers[first: "authorization"] == "Bearer key-1")
                let members = try JSONReader.readObject(request.body).object
                #expect(members["source"] == .string("kryptoswap/main"))
                registered.insert(try #require(members["orderId"]?.string))
            } else {
                #expect(request.url == Self.hooks)
                let form = try FormReader.read(request.body)
                #expect(registered.contains(try #require(form["orderId"])))
            }
        }
        #expect(registered.count == 3)
    }

    @Test func aRefusedRegistrationIsToldAndTheOrderGoesItsWay() async {
        let gateway = Gateway { url, _ in .answered(status: url.hasSuffix("/v1/watches") ? 400 : 404) }
        let (totals, news) = await run(gateway, orders: 1, registrar: Self.registrar)
        #expect(totals.notRegistered == 1)
        #expect(totals.ended == 1)
        #expect(totals.answered == [404: totals.notifications])
        let reasons = news.compactMap { if case .notRegistered(_, let reason) = $0 { reason } else { nil } }
        #expect(reasons == ["HTTP 400: no such source"])
    }

    @Test func sendsWhatTheFaultsLeaveAndNothingElse() async {
        let gateway = Gateway { _, _ in .answered(status: 200) }
        let faults = ChannelFaults(loss: 0.4, duplicates: 0.5, reorder: 0.3, overtaking: .milliseconds(3))
        let (totals, news) = await run(gateway, orders: 50, faults: faults)
        #expect(totals.orders == 50)
        #expect(totals.lost > 0 && totals.duplicated > 0 && totals.reordered > 0)
        #expect(totals.sent == totals.notifications - totals.lost + totals.duplicated)
        #expect(gateway.requests.count == totals.sent)
        let lost = news.count { if case .notified(_, _, _, .lost) = $0 { true } else { false } }
        #expect(lost == totals.lost)
        // The same seed loses the same again.
        let again = await run(Gateway { _, _ in .failed(.connect) }, orders: 50, faults: faults)
        #expect(again.totals.lost == totals.lost)
        #expect(again.totals.duplicated == totals.duplicated)
        #expect(again.totals.unanswered == totals.sent)
    }

    @Test func anOrderMadeThroughTheInterfaceGoesItsWayUnregistered() async throws {
        let gateway = Gateway { _, _ in .answered(status: 200) }
        let (ended, continuation) = AsyncStream.makeStream(of: OrderChange.self)
        let simulation = Simulation(
            standIn: KryptoswapStandIn(seed: 1, hooks: nil),
            faults: ChannelFaults(),
            seed: 1,
            pace: .init(orders: 0, rate: 1, step: .milliseconds(1)),
            transport: gateway,
            registrar: Self.registrar,
            report: { news in if case .ended(_, let change) = news { continuation.yield(change) } }
        )
        let running = Task { await simulation.run {} }
        let body = "amount=1&ipnUrl=http%3A%2F%2Fgateway.test%2Fipn&ipnSecret=s"
        let answer = simulation.answer(
            HTTPRequest(method: "POST", target: "/public/exchanger/order/create", body: Array(body.utf8))
        )
        #expect(answer.status == 200)
        for await change in ended {
            #expect(change.isLast)
            break
        }
        running.cancel()
        await running.value
        #expect(simulation.totals.calls == 1)
        #expect(gateway.requests.allSatisfy { $0.url == "http://gateway.test/ipn" })
    }
}
