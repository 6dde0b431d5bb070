// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Synchronization
import Testing

@testable import MartletEngine

/// One random life of the engine: what was done to it, and what must hold whenever nothing moves.
final class EngineModel {
    /// How the endpoints answer, from a generator of its own.
    private final class Moods: Sendable {
        enum Mood: CaseIterable {
            case good
            case bad
            case mixed
            case hanging
            case busy
        }

        private let state: Mutex<(random: SplitMix64, moods: [String: Mood])>

        init(seed: UInt64) { state = Mutex((SplitMix64(seed: seed), [:])) }

        func set(_ host: String, _ mood: Mood) { state.withLock { $0.moods[host] = mood } }

        func behaviour(_ host: String) -> SteeredTransport.Behaviour {
            state.withLock { state in
                func any(_ list: [SteeredTransport.Behaviour]) -> SteeredTransport.Behaviour {
                    list[Int.random(in: list.indices, using: &state.random)]
                }
                return switch state.moods[host] ?? .good {
                case .good: .answer(200)
                case .bad: any([.answer(500), .fail(.connect), .fail(.timeout)])
                case .mixed:
                    any([
                        .answer(200), .answer(204), .answer(200), .answer(404), .answer(301), .fail(.reset),
                        .fail(.proxy), .answer(500, retryAfter: "30"), .hang,
                    ])
                case .hanging: any([.hang, .hang, .answer(200)])
                case .busy:
                    any([.answer(429, retryAfter: "3"), .answer(503, retryAfter: "30"), .answer(200), .answer(410)])
                }
            }
        }
    }

    static let hosts = ["plain", "lanes", "rated", "picky", "news"]

    private var random: SplitMix64
    private let moods: Moods
    private var harness: EngineHarness
    private let wall: ManualClock
    private let endpoints: [Endpoint]
    private var payments: [Int: Int] = [:]
    private var singles = 0
    /// Ended deliveries that an operator had made again: for those a schedule more, and no order to rely on.
    private var revived: [DeliveryID: Int] = [:]
    private var unordered: Set<Substring> = []
    private var orders: [String: String] = [:]
    /// While an endpoint is parked nothing may be sent before.
    private var parked: [String: Timestamp] = [:]
    private var sentBefore: [SteeredTransport.Sent] = []
    private var seen = 0
    private(set) var steps: [String] = []

    init(seed: UInt64) async throws {
        random = SplitMix64(seed: seed)
        moods = Moods(seed: seed ^ 0x5EED)
        wall = ManualClock()
        endpoints = Self.makeEndpoints()
        let clock = ManualClock()
        harness = try await EngineHarness.start(
            endpoints,
            clock: clock,
            wall: wall,
            transport: Self.transport(moods, clock, wall),
            window: 16,
            requestsAtOnce: 24,
            seed: seed
        )
    }

    private static func makeEndpoints() -> [Endpoint] {
        let short: [Duration] = [.seconds(5), .seconds(60), .seconds(300)]
        var news = EngineHarness.endpoint("news", events: "delivery.dead", schedule: short)
        news.events += ["endpoint.disabled", "endpoint.recovered"].compactMap { EventPattern($0) }
        return [
            EngineHarness.endpoint("plain", schedule: short, maxInFlight: 4),
            EngineHarness.endpoint("lanes", schedule: [.seconds(5), .seconds(60)], ordering: .perObject),
            EngineHarness.endpoint("rated", schedule: [.seconds(10), .seconds(600)], ratePerSecond: 3),
            EngineHarness.endpoint("picky", events: "payment.paid", schedule: [], maxInFlight: 1), news,
        ]
    }

    private static func transport(_ moods: Moods, _ clock: ManualClock, _ wall: ManualClock) -> SteeredTransport {
        let transport = SteeredTransport(clock: clock, wall: wall)
        for host in hosts { transport.decide(host) { moods.behaviour($0.host) } }
        return transport
    }

    private func pick<Value>(_ list: [Value]) -> Value { list[Int.random(in: list.indices, using: &random)] }

    // MARK: steps

    /// Does something at random, waits until nothing moves, and checks what must hold.
    func step() async throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: await receive()
        case 6..<9: try await passTime()
        case 9..<12:
            let (host, mood) = (pick(Self.hosts), pick(Moods.Mood.allCases))
            note("\(host) is \(mood)")
            moods.set(host, mood)
        case 12, 13: release(pick(Self.hosts), status: pick([200, 200, 500]))
        case 14: jump()
        case 15: try await restart()
        default: try await operate()
        }
        try await harness.settle()
        try await check()
    }

    private func note(_ step: String) { steps.append("\(harness.clock.now().rfc3339) \(step)") }

    private func receive() async {
        let count = Int.random(in: 1...8, using: &random)
        note("receive \(count)")
        for _ in 0..<count {
            let order: String
            if Int.random(in: 0..<4, using: &random) == 0 {
                singles += 1
                order = "single-\(singles)"
            } else {
                let payment = Int.random(in: 0..<6, using: &random)
                payments[payment, default: 0] += 1
                order = "p\(payment)#\(1000 + (payments[payment] ?? 0))"
            }
            await harness.receive(order: order)
        }
    }

    private func passTime() async throws {
        let span = pick([Duration.milliseconds(100), .seconds(1), .seconds(7), .seconds(70), .seconds(400)])
        note("pass \(span)")
        try await harness.pass(span)
    }

    /// Time that passes faster than the store answers; or the wall clock is set.
    private func jump() {
        let span = Duration.seconds(Int64.random(in: -90_000...90_000, using: &random))
        note("wall clock set by \(span)")
        wall.set(to: wall.now() + span)
    }

    private func release(_ host: String, status: Int) {
        note("\(host) answers \(status)")
        parked[host] = nil
        harness.transport.release(host, status: status)
    }

    private func restart() async throws {
        let isCrash = Bool.random(using: &random)
        let span = pick([Duration.zero, .seconds(-172_800), .seconds(100), .seconds(3600), .seconds(259_200)])
        note("\(isCrash ? "crash" : "restart"), the clock moves by \(span)")
        if isCrash { await harness.crash() } else { try await harness.stop(keepingFolder: true) }
        sentBefore += harness.transport.sent
        let clock = ManualClock(now: harness.clock.now() + span)
        if span != .zero { parked = [:] }
        seen = 0
        harness = try await EngineHarness.start(
            endpoints,
            folder: harness.folder,
            clock: clock,
            wall: wall,
            transport: Self.transport(moods, clock, wall),
            window: 16,
            requestsAtOnce: 24,
            seed: random.next()
        )
    }

    private func operate() async throws {
        let host = pick(Self.hosts)
        let id = EndpointID(host)
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            note("disable \(host)")
            _ = await harness.dispatcher.disable(id)
        case 1, 2:
            note("enable \(host)")
            parked[host] = nil
            _ = await harness.dispatcher.enable(id)
        case 3:
            note("offer what \(host) skipped")
            let skipped = try await harness.deliveries(host).filter { $0.state == .skipped }
            for row in skipped { try await mayOvertake(row) }
            _ = try await harness.dispatcher.offerSkipped(of: id)
        default:
            guard let row = try await harness.deliveries(host).randomElement(using: &random) else { return }
            let isRetry = Bool.random(using: &random)
            note("\(isRetry ? "retry" : "cancel") \(row.id) of \(host), \(row.state)")
            guard isRetry else {
                _ = try await harness.dispatcher.cancel(row.id)
                return
            }
            parked[host] = nil
            if [.dead, .skipped, .cancelled].contains(row.state) {
                revived[row.id, default: 0] += 1
                try await mayOvertake(row)
            }
            _ = try await harness.dispatcher.retry(row.id)
        }
    }

    private func mayOvertake(_ row: StoredDelivery) async throws {
        if let order = try await harness.store.event(row.eventID)?.event.merchantOrderID {
            unordered.insert(order.prefix { $0 != "#" })
        }
    }

    /// Lets everything succeed and time pass until no delivery waits any more.
    func finish() async throws {
        note("all is well again")
        for host in Self.hosts {
            moods.set(host, .good)
            _ = await harness.dispatcher.enable(EndpointID(host))
            release(host, status: 200)
        }
        for _ in 0..<200 {
            parked = [:]
            try await harness.pass(.seconds(900))
            try await check()
            let counts = try await harness.store.statistics(now: harness.clock.now()).deliveries
            if (counts[.pending] ?? 0) + (counts[.inFlight] ?? 0) == 0 { break }
        }
        for host in Self.hosts {
            let unfinished = try await harness.deliveries(host).filter { $0.state == .pending || $0.state == .inFlight }
            #expect(unfinished.isEmpty, "\(host): every delivery ends in a named state")
        }
        try await harness.stop()
    }

    // MARK: what must hold

    private func check() async throws {
        try checkNothingWasSentToAParkedEndpoint()
        checkOrder()
        let health = try await harness.store.endpointHealth()
        let now = harness.clock.now()
        var total = 0
        for standing in await harness.dispatcher.standings() {
            let (host, endpoint) = (standing.endpoint.id.rawValue, standing.endpoint)
            let rows = try await harness.deliveries(host)
            total += rows.count { $0.state == .pending || $0.state == .inFlight }
            let inHand = rows.count { $0.state == .inFlight }
            #expect(
                inHand == standing.inFlight + standing.waitingInMemory,
                "\(host): what is in hand is in memory; \(steps.suffix(3))"
            )
            #expect(standing.inFlight <= endpoint.maxInFlight, "\(host): requests at once")
            for row in rows {
                let most = endpoint.schedule.attempts * (1 + (revived[row.id] ?? 0))
                #expect(row.attempts <= most, "\(host) \(row.id): attempts never exceed the schedule")
                let reason = WaitingReason(
                    state: row.state,
                    dueAt: row.dueAt,
                    health: health[endpoint.id] ?? EndpointHealth.Saved(),
                    heldUntil: standing.heldUntil,
                    at: now
                )
                checkReason(reason, row, standing)
            }
            if host == "lanes" { try await checkLanes(rows) }
        }
        let counts = try await harness.store.statistics(now: now).deliveries
        #expect((counts[.pending] ?? 0) + (counts[.inFlight] ?? 0) == total, "the gauge counts what there is")
    }

    /// What is due waits only while its lane is at work or limited, never in an idle one.
    private func checkReason(_ reason: WaitingReason?, _ row: StoredDelivery, _ standing: EndpointStanding) {
        let isBusy = standing.inFlight + standing.waitingInMemory > 0
        let isLimited = standing.state == .ramping || standing.endpoint.ratePerSecond != nil
        switch reason {
        case nil: #expect(row.state != .pending)
        case .pace: #expect(isBusy || isLimited, "\(row) is due and nothing happens: \(standing)")
        case .breakerOpen(let until):
            #expect(until > harness.clock.now() || isBusy, "\(row) waits for a probe that nobody makes: \(standing)")
        default: break
        }
    }

    private func checkNothingWasSentToAParkedEndpoint() throws {
        let sent = harness.transport.sent
        for request in sent[seen...] {
            if let until = parked[request.host] {
                #expect(request.at >= until, "\(request.host): an open breaker spends no attempt")
            }
        }
        seen = sent.count
    }

    private func checkOrder() {
        let sent = (sentBefore + harness.transport.sent).filter { $0.host == "lanes" && $0.order.contains("#") }
        for (payment, requests) in Dictionary(grouping: sent, by: { $0.order.prefix { $0 != "#" } })
        where !unordered.contains(payment) {
            let orders = requests.map(\.order)
            #expect(orders == orders.sorted(), "deliveries of one payment go in the order of its events")
        }
    }

    /// Of one payment one delivery is under way or due, and all others wait for it.
    private func checkLanes(_ rows: [StoredDelivery]) async throws {
        var active: [Substring: Int] = [:]
        for row in rows where row.state == .inFlight || row.dueAt != nil {
            if orders[row.eventID.rawValue] == nil {
                orders[row.eventID.rawValue] = try await harness.store.event(row.eventID)?.event.merchantOrderID
            }
            active[(orders[row.eventID.rawValue] ?? "").prefix { $0 != "#" }, default: 0] += 1
        }
        #expect(active.values.allSatisfy { $0 == 1 }, "one delivery of a payment at a time")
        let waiting = rows.filter { $0.state == .pending && $0.dueAt == nil }
        #expect(waiting.isEmpty || !active.isEmpty, "what waits for another waits for one that is there")
    }

    /// Notes which breakers are open, for the next step.
    func observe() async {
        let now = harness.clock.now()
        for standing in await harness.dispatcher.standings() {
            let isOpen = standing.state == .parked && standing.inFlight == 0
            parked[standing.endpoint.id.rawValue] = isOpen ? standing.health.parkedUntil.map { max($0, now) } : nil
        }
    }
}
