// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletEngine
import MartletRuntime
import MartletStore
import MartletTesting
import Synchronization

/// A provider that answers polls by script; what it was asked is kept.
final class ScriptedWatch: HintedProvider {
    typealias Answer = @Sendable (Watch, Timestamp) -> PollAnswer

    private struct State {
        var polled: [String] = []
        var answer: Answer
        var isHanging = false
        var hanging: [CheckedContinuation<Void, Never>] = []
    }

    let source: SourceID
    private let state: Mutex<State>

    init(_ id: String = "main", answer: @escaping Answer = { ScriptedWatch.unchanged($0, $1) }) {
        source = SourceID(provider: "plain", id: id)
        state = Mutex(State(answer: answer))
    }

    /// The subjects of all polls so far.
    var polled: [String] { state.withLock { $0.polled } }

    func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    /// Keeps later polls unanswered until `release`.
    func hang() { state.withLock { $0.isHanging = true } }

    func release() {
        let hanging = state.withLock { state in
            state.isHanging = false
            defer { state.hanging = [] }
            return state.hanging
        }
        for continuation in hanging { continuation.resume() }
    }

    /// `{"orderId":…}` is not read: the registration's whole text is the subject, due now, for an hour.
    func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        let subject = String(decoding: registration, as: UTF8.self)
        if subject.isEmpty {
            throw RegistrationRefusal([.init(field: "orderId", message: "is missing; give the order's number")])
        }
        // One that cannot be asked about only has its deadline.
        let first = subject.hasPrefix("mute") ? nil : now
        // One that comes without the merchant's number.
        let number = subject.hasPrefix("bare") ? nil : "T-\(subject)"
        return Self.plan(subject, source, first, now, KnownOrder(objectID: subject, merchantOrderID: number))
    }

    func plan(hint: Hint, now: Timestamp) -> WatchPlan { Self.plan(hint.objectID, source, now, now, nil) }

    func poll(_ watch: Watch, order: KnownOrder?, at now: Timestamp, with tools: PollTools) async -> PollAnswer {
        let answer = state.withLock { state in
            state.polled.append(watch.subject)
            return state.answer
        }
        await withCheckedContinuation { continuation in
            let isHanging = state.withLock { state in
                if state.isHanging { state.hanging.append(continuation) }
                return state.isHanging
            }
            if !isHanging { continuation.resume() }
        }
        return answer(watch, now)
    }

    static func unchanged(_ watch: Watch, _ now: Timestamp) -> PollAnswer {
        PollAnswer(memory: watch.memory, outcome: "unchanged", next: .poll(at: now + .seconds(60)))
    }

    static func paid(_ watch: Watch, _ now: Timestamp) -> PollAnswer {
        let event = Samples.event(
            7,
            type: .paymentPaid,
            source: watch.source,
            finality: .final,
            status: "paid",
            order: "T-\(watch.subject)",
            object: watch.subject,
            objectKey: watch.subject,
            receivedAt: now,
            method: "polled"
        )
        return PollAnswer(
            news: [.init(event: event, raw: Array(#"{"status":"paid"}"#.utf8))],
            memory: Array(#"{"status":"paid"}"#.utf8),
            outcome: "paid",
            next: .close
        )
    }

    private static func plan(
        _ subject: String,
        _ source: SourceID,
        _ first: Timestamp?,
        _ now: Timestamp,
        _ order: KnownOrder?
    ) -> WatchPlan {
        WatchPlan(
            watch: Watch(
                source: source,
                subject: subject,
                details: Array("{}".utf8),
                nextPollAt: first,
                deadline: now + .seconds(3600),
                createdAt: now
            ),
            order: order
        )
    }
}

/// No program is run here.
struct NoPrograms: ProgramRunner {
    func run(_ program: ProgramRun) async -> ProgramOutcome { .notStarted("the test has none") }
}

extension EngineHarness {
    /// A watcher over the harness's store and dispatcher; orders that begin with `T-` belong to the shop `tashkent`.
    ///
    /// `through`: what polls are sent with; the harness's own transport by default.
    func watcher(
        _ providers: [any WatchedProvider],
        pollsAtOnce: Int = 32,
        through: (any Transport)? = nil,
        programs: any ProgramRunner = NoPrograms()
    ) async throws -> Watcher {
        let watcher = Watcher(
            executor: QueueExecutor(label: "martlet.test.watch"),
            store: store,
            dispatcher: dispatcher,
            topology: topology,
            tools: PollTools(transport: through ?? transport, programs: programs),
            clock: clock,
            metrics: EngineMetrics(Metrics()),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            pollsAtOnce: pollsAtOnce
        )
        let sources = providers.map { provider in
            WatchedSource(provider: provider) { order in
                (order ?? "").hasPrefix("T-") ? "tashkent" : "nordic"
            }
        }
        try await watcher.update(sources)
        return watcher
    }

    /// Registers and expects a new watch.
    func watch(_ registration: String, _ watcher: Watcher, _ provider: any WatchedProvider) async throws -> WatchID {
        switch try await watcher.register(Array(registration.utf8), at: provider.source, shops: nil) {
        case .registered(let id), .exists(let id): id
        }
    }

    /// Moves the clock from one due watch to the next until the moment; each time waits for what was due to be recorded.
    ///
    /// For harnesses in which nothing but the watcher has timers.
    func follow(until end: Timestamp) async throws {
        while true {
            var due: Timestamp?
            try await eventually {
                due = try await nextDue()
                return due == nil ? clock.pendingTimers == 0 : clock.nextDeadline == due && clock.now() < due ?? end
            }
            guard let due, due <= end else { break }
            await clock.advance(to: due)
        }
        await clock.advance(to: end)
    }

    /// When the store next has something for the watcher.
    private func nextDue() async throws -> Timestamp? {
        try await store.watches(WatchQuery()).map(\.watch).compactMap { watch in
            switch watch.state {
            case .open: watch.nextPollAt.map { min($0, watch.deadline) } ?? watch.deadline
            case .held: watch.deadline
            case .closed, .overdue: nil
            }
        }.min()
    }

    func standing(_ id: WatchID) async throws -> WatchState? { try await store.watch(id)?.stored.watch.state }
}
