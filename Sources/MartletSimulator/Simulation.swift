// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletNet
package import MartletRuntime
import Synchronization

/// Lets a stand-in's orders go their way and sends what they say over a channel with faults.
package final class Simulation: Sendable {
    /// How orders are made and how fast they move.
    package struct Pace: Sendable, Equatable {
        /// Orders that the simulation makes itself.
        package var orders: Int
        /// Of those in a second.
        package var rate: Double
        /// From one status of an order to the next.
        package var step: Duration

        package init(orders: Int, rate: Double, step: Duration) {
            self.orders = orders
            self.rate = rate
            self.step = step
        }
    }

    private let standIn: any ProviderStandIn
    private let faults: ChannelFaults
    private let seed: UInt64
    private let pace: Pace
    private let transport: any Transport
    private let registrar: GatewayRegistrar?
    private let clock: any WallClock
    private let report: @Sendable (SimulationNews) -> Void
    private let state = Mutex(SimulationTotals())
    private let work: AsyncStream<Work>
    private let queue: AsyncStream<Work>.Continuation

    /// What is to be done beside everything else.
    private enum Work: Sendable {
        case follow(SimulatedOrder, number: Int, register: Bool)
        case send(ProviderNotification)
    }

    /// A simulation that has not begun; `run` begins it.
    ///
    /// `registrar`: registers the simulation's own orders before they move; those that are made through the interface
    /// belong to whoever made them. `report` is called on any queue.
    package init(
        standIn: any ProviderStandIn,
        faults: ChannelFaults,
        seed: UInt64,
        pace: Pace,
        transport: any Transport,
        registrar: GatewayRegistrar? = nil,
        clock: any WallClock = SystemClock(),
        report: @escaping @Sendable (SimulationNews) -> Void
    ) {
        self.standIn = standIn
        self.faults = faults
        self.seed = seed
        self.pace = pace
        self.transport = transport
        self.registrar = registrar
        self.clock = clock
        self.report = report
        (work, queue) = AsyncStream.makeStream(of: Work.self)
    }

    package var totals: SimulationTotals { state.withLock { $0 } }

    /// Answers one call of the provider's interface; what the call begins goes on in `run`.
    package func answer(_ request: HTTPRequest) -> HTTPResponse {
        state.withLock { $0.calls += 1 }
        let answer = standIn.answer(request, at: clock.now())
        for order in answer.made { begin(order, register: false) }
        for notification in answer.resent { queue.yield(.send(notification)) }
        return answer.response
    }

    /// Makes the orders and follows all until the task is cancelled.
    ///
    /// `done` is called once when all of the simulation's own orders have ended and their notifications have been sent.
    package func run(done: @escaping @Sendable () -> Void) async {
        let own = Countdown(pace.orders, done)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.makeOrders() }
            // Ends with the task's cancellation.
            for await work in work {
                group.addTask {
                    switch work {
                    case .follow(let order, let number, let isOwn):
                        await self.follow(order, number, register: isOwn)
                        if isOwn, !Task.isCancelled { own.countDown() }
                    case .send(let notification): _ = await self.send(notification)
                    }
                }
            }
        }
    }

    private func makeOrders() async {
        let start = ContinuousClock.now
        for number in 0..<pace.orders {
            // Counted from the start, so that a machine that is busy for a moment catches up.
            try? await Task.sleep(until: start + .seconds(Double(number) / pace.rate))
            if Task.isCancelled { return }
            begin(standIn.makeOrder(at: clock.now()), register: true)
        }
    }

    private func begin(_ order: SimulatedOrder, register: Bool) {
        let number = state.withLock { totals in
            totals.orders += 1
            return totals.orders
        }
        queue.yield(.follow(order, number: number, register: register))
    }

    // MARK: one order

    private func follow(_ order: SimulatedOrder, _ number: Int, register isOwn: Bool) async {
        var numbers = SeededNumbers(seed: ~seed, order: number)
        if isOwn, let registrar { await register(order, with: registrar) }
        if Task.isCancelled { return }
        report(.made(order))
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, let change = standIn.advance(order.id, at: clock.now()) {
                if let notification = change.notification {
                    let fate = faults.fate(using: &numbers)
                    group.addTask { await self.notify(notification, of: order.id, change.status, fate) }
                }
                if change.isLast {
                    state.withLock { $0.ended += 1 }
                    report(.ended(order: order, change))
                    break
                }
                try? await Task.sleep(for: pace.step)
            }
        }
    }

    /// Until the gateway takes or refuses it: it may be down for a while.
    private func register(_ order: SimulatedOrder, with registrar: GatewayRegistrar) async {
        while !Task.isCancelled {
            switch await registrar.register(order, through: transport) {
            case .registered: return
            case .refused(let reason):
                state.withLock { $0.notRegistered += 1 }
                return report(.notRegistered(order: order.id, reason: reason))
            case .tryAgain: try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    private func notify(
        _ notification: ProviderNotification,
        of order: String,
        _ status: String,
        _ fate: ChannelFaults.Fate
    ) async {
        state.withLock { totals in
            totals.notifications += 1
            if fate.isLost { totals.lost += 1 }
            if fate.isDuplicated { totals.duplicated += 1 }
            if fate.isReordered { totals.reordered += 1 }
        }
        if fate.isLost { return report(.notified(order: order, status: status, copy: 1, .lost)) }
        await withDiscardingTaskGroup { group in
            for (index, pause) in fate.copies.enumerated() {
                group.addTask {
                    if pause > .zero { try? await Task.sleep(for: pause) }
                    if Task.isCancelled { return }
                    let outcome = await self.send(notification)
                    self.report(.notified(order: order, status: status, copy: index + 1, outcome))
                }
            }
        }
    }

    private func send(_ notification: ProviderNotification) async -> SimulationNews.Outcome {
        let request = OutboundRequest(
            url: notification.url,
            headers: notification.headers,
            body: notification.body,
            egress: .everywhere
        )
        let result = await transport.answer(to: request)
        return state.withLock { totals in
            totals.sent += 1
            switch result.outcome {
            case .answered(let status):
                totals.answered[status, default: 0] += 1
                return .answered(status: status)
            case .failed(let failure):
                totals.unanswered += 1
                return .unanswered(failure)
            }
        }
    }
}

/// Calls a function once, after so many calls.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let done: @Sendable () -> Void

    init(_ count: Int, _ done: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.done = done
    }

    func countDown() {
        let isDone = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isDone { done() }
    }
}
