// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletProviders
import MartletRuntime
import MartletStore
import MartletTesting
import Synchronization

@testable import MartletEngine

/// A provider with a list of objects in pages of two; each that is asked about is paid.
final class ScriptedList: SweptProvider {
    private struct State {
        var rows: [(id: String, status: String)] = []
        var requests: [ListRequest] = []
        var polled: [String] = []
        /// Answers that come in place of the next pages.
        var troubles: [ListAnswer] = []
    }

    let source = SourceID(provider: "plain", id: "main")
    let sweptAt = DailyTime("03:30")
    private let state = Mutex(State())

    /// The provider's rows from now on; a status that ends in `!` is final.
    func lists(_ rows: [(id: String, status: String)]) { state.withLock { $0.rows = rows } }
    func fails(_ answers: [ListAnswer]) { state.withLock { $0.troubles = answers } }

    var requests: [ListRequest] { state.withLock { $0.requests } }
    var polled: [String] { state.withLock { $0.polled } }

    func list(_ request: ListRequest, with tools: PollTools) async -> ListAnswer {
        state.withLock { state in
            state.requests.append(request)
            if !state.troubles.isEmpty { return state.troubles.removeFirst() }
            let first = request.cursor.flatMap { Int($0) } ?? 0
            let rows = state.rows.dropFirst(first).prefix(2)
            let objects = rows.map { row in
                let isFinal = row.status.hasSuffix("!")
                return ListedObject(
                    id: row.id,
                    merchantOrderID: "T-\(row.id)",
                    status: isFinal ? String(row.status.dropLast()) : row.status,
                    isFinal: isFinal,
                    registration: Array(row.id.utf8)
                )
            }
            let next = first + 2
            return .page(
                ListedPage(objects: objects, rows: rows.count, next: next < state.rows.count ? "\(next)" : nil)
            )
        }
    }

    func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
        WatchPlan(
            watch: Watch(
                source: source,
                subject: String(decoding: registration, as: UTF8.self),
                details: Array("{}".utf8),
                nextPollAt: now + .seconds(7200),
                deadline: now + .seconds(86_400),
                createdAt: now
            )
        )
    }

    func poll(_ watch: Watch, order: KnownOrder?, at now: Timestamp, with tools: PollTools) async -> PollAnswer {
        state.withLock { $0.polled.append(watch.subject) }
        let event = event(of: watch.subject, at: now)
        return PollAnswer(
            news: [.init(event: event, raw: Array("{}".utf8))],
            memory: watch.memory,
            outcome: "paid",
            next: .close
        )
    }

    /// The event of an object, as its callback or a poll makes it.
    func event(_ status: String = "paid", of id: String, at now: Timestamp, finality: Finality = .final) -> Event {
        Samples.event(
            id: .make(source: source, dedupeKey: "\(id):\(status):\(finality)"),
            type: .paymentPaid,
            source: source,
            finality: finality,
            status: status,
            order: "T-\(id)",
            object: id,
            objectKey: "order:\(id)",
            receivedAt: now
        )
    }
}

/// An engine with a sweeper, on the store of a harness.
struct SweptEngine {
    let harness: EngineHarness
    let watcher: Watcher
    let sweeper: Sweeper
    let metrics = Metrics()

    init(_ harness: EngineHarness, _ provider: ScriptedList) async throws {
        self.harness = harness
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let tools = PollTools(transport: harness.transport, programs: NoPrograms())
        watcher = Watcher(
            executor: QueueExecutor(label: "martlet.test.watch"),
            store: harness.store,
            dispatcher: harness.dispatcher,
            topology: harness.topology,
            tools: tools,
            clock: harness.clock,
            metrics: EngineMetrics(Metrics()),
            log: log
        )
        sweeper = Sweeper(
            executor: QueueExecutor(label: "martlet.test.sweep"),
            store: harness.store,
            watcher: watcher,
            tools: tools,
            clock: harness.clock,
            metrics: metrics,
            log: log
        )
        let source = WatchedSource(provider: provider) { ($0 ?? "").hasPrefix("T-") ? "tashkent" : "nordic" }
        try await watcher.update([source])
        try await sweeper.update([source])
    }

    /// The clock of the manual time at a time of day on a later day.
    func pass(to text: String) async throws {
        let target = Timestamp(rfc3339: text) ?? harness.clock.now()
        while let deadline = harness.clock.nextDeadline, deadline <= target {
            await harness.clock.advance(to: deadline)
            try await harness.settle()
        }
        await harness.clock.advance(to: target)
    }

    /// Waits until the newest run has ended, and returns it.
    func finished(after moment: Timestamp? = nil) async throws -> SweepRecord.Finished {
        var found: SweepRecord.Finished?
        try await harness.eventually {
            let record = await sweeper.standings().first?.record
            guard record?.run == nil, let last = record?.last else { return false }
            found = last
            return moment.map { last.startedAt > $0 } ?? true
        }
        guard let found else { throw CancellationError() }
        return found
    }

    func stop() async throws {
        await sweeper.stop()
        await watcher.stop(within: .zero)
        try await harness.stop()
    }
}
