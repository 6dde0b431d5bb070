// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
package import MartletCore
import MartletCrypto
package import MartletRuntime
package import MartletStore
import Synchronization

/// Makes up for news that never came: claim due watch → ask the provider → store what is new → say when next.
///
/// An actor on a queue of its own with one timer, set to the earliest due watch; the store is not asked before. Each
/// source has its own few polls at once, so that one that hangs holds up no other. A crash between poll and record
/// repeats the poll; its news deduplicate.
package actor Watcher {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let store: any EventStore
    nonisolated let dispatcher: Dispatcher
    nonisolated let topology: TopologyBox
    nonisolated let tools: PollTools
    /// When things are due; never goes backwards.
    nonisolated let clock: any WallClock
    /// What people see.
    nonisolated let wall: any WallClock
    nonisolated let metrics: EngineMetrics
    nonisolated let log: Logger
    /// Polls of all sources at once; a source that runs none has a place all the same.
    nonisolated let pollsAtOnce: Int
    /// Fresh bytes for secrets.
    nonisolated let keyBytes: @Sendable (Int) -> [UInt8]
    /// Called with the order of a registration once it is stored.
    private nonisolated let registered: @Sendable (KnownOrder, SourceID) async -> Void

    /// Orders that were lately to be asked about because a notification was refused.
    nonisolated let doubts = Mutex(Doubts())

    private var sources: [SourceID: WatchedSource] = [:]
    private var lanes: [SourceID: WatchLane] = [:]
    private var polls: [WatchID: Task<Void, Never>] = [:]
    private var running = 0
    private var wake = WakeTimer()
    private var isStopping = false
    private var waitingForEnd: [CheckedContinuation<Void, Never>] = []

    /// `registered`: what else is to happen once an order is known, such as the release of callbacks that waited for it.
    package init(
        executor: QueueExecutor,
        store: any EventStore,
        dispatcher: Dispatcher,
        topology: TopologyBox,
        tools: PollTools,
        clock: any WallClock,
        wall: (any WallClock)? = nil,
        metrics: EngineMetrics,
        log: Logger,
        pollsAtOnce: Int = 32,
        keyBytes: @escaping @Sendable (Int) -> [UInt8] = { secureRandomBytes($0) },
        registered: @escaping @Sendable (KnownOrder, SourceID) async -> Void = { _, _ in }
    ) {
        self.executor = executor
        self.store = store
        self.dispatcher = dispatcher
        self.topology = topology
        self.tools = tools
        self.clock = clock
        self.wall = wall ?? clock
        self.metrics = metrics
        self.log = log
        self.pollsAtOnce = pollsAtOnce
        self.keyBytes = keyBytes
        self.registered = registered
    }

    // MARK: life

    /// Puts these sources into force and takes up what their watches and hints are due for; also at a reload.
    ///
    /// Watches of a source that is gone rest in the store. A poll that runs ends by the rules it began with.
    package func update(_ sources: [WatchedSource]) async throws(StoreError) {
        for source in sources {
            let id = source.provider.source
            if let former = self.sources[id] {
                source.provider.takeOver(from: former.provider)
            } else {
                try await clamp(id)
            }
        }
        let pairs = sources.map { ($0.provider.source, $0) }
        self.sources = Dictionary(pairs) { first, _ in first }
        for (id, _) in lanes where self.sources[id] == nil && lanes[id]?.running == 0 { lanes[id] = nil }
        let now = clock.now()
        for (id, source) in self.sources {
            Task { await lookForObstacle(source, id) }
            if source.provider is any HintedProvider {
                let hints = try await store.waitingHints(of: id, limit: Self.hintsAtStart)
                Task { for hint in hints { await follow(hint) } }
            }
            // The first claim says what is due when.
            lanes[id, default: WatchLane()].noteDue(now)
        }
        advance()
    }

    /// Tells an operator at the start, not at the first order weeks later.
    private nonisolated func lookForObstacle(_ source: WatchedSource, _ id: SourceID) async {
        guard let reason = await source.provider.obstacle(with: tools) else { return }
        log.error("the source's provider cannot be asked", metadata: ["source": "\(id)", "reason": "\(reason)"])
    }

    /// What a clock that ran ahead has left behind must not keep the gateway from asking.
    private func clamp(_ id: SourceID) async throws(StoreError) {
        let now = clock.now()
        let clamped = try await store.clampWatches(of: id, now: now, to: now + Self.longestPause)
        guard clamped > 0 else { return }
        log.warning(
            "watches were due later than their pauses allow, as if the clock had been set back; due now",
            metadata: ["source": "\(id)", "watches": "\(clamped)"]
        )
    }

    /// No schedule pauses for more than a day, nor may `Retry-After`; who is turned away comes back within an hour more.
    private static let longestPause = Duration.seconds(25 * 3600)

    /// Hints of a source that are looked at when it starts; a flood of forged ones must not hold up the start.
    private static let hintsAtStart = 10_000

    /// Begins no further poll, and waits until those under way are recorded, or `limit` is over.
    ///
    /// What is cut off is still due at the next start.
    package func stop(within limit: Duration) async {
        isStopping = true
        wake.cancel()
        guard running > 0 else { return }
        let timer = clock.schedule(at: clock.now() + limit, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.resumeWaiting() }
        }
        await withCheckedContinuation { waitingForEnd.append($0) }
        timer.cancel()
        for poll in polls.values { poll.cancel() }
    }

    private func resumeWaiting() {
        for continuation in waitingForEnd { continuation.resume() }
        waitingForEnd = []
    }

    // MARK: from others

    /// Says that a hint has been stored; its watch is asked about at once.
    package nonisolated func hinted(_ hint: Hint) {
        Task { await follow(hint) }
    }

    private func follow(_ hint: Hint) async {
        guard let source = sources[hint.source], let hinted = source.provider as? any HintedProvider else { return }
        do {
            try await follow(hint, source, hinted)
            nudge(hint.source)
        } catch {
            // The hint waits in the store; the next start finds it.
            if error == .closed { return }
            log.error(
                "hint not followed, trying again",
                metadata: ["source": "\(hint.source)", "error": "\(error.label)"]
            )
            guard !isStopping else { return }
            _ = clock.schedule(at: clock.now() + Self.pauseAfterStoreError, on: executor.queue) { [weak self] in
                self?.hinted(hint)
            }
        }
    }

    private func follow(
        _ hint: Hint,
        _ source: WatchedSource,
        _ provider: any HintedProvider
    ) async throws(StoreError) {
        let now = clock.now()
        let plan = provider.plan(hint: hint, now: now)
        try await store.follow(hint, plan, shop: source.shop(of: plan), now: now)
    }

    /// A watch of the source may be due now.
    func nudge(_ source: SourceID) {
        guard sources[source] != nil else { return }
        lanes[source, default: WatchLane()].noteDue(clock.now())
        advance()
    }

    func source(_ id: SourceID) -> WatchedSource? { sources[id] }

    var sourceIDs: [SourceID] { sources.keys.sorted() }

    nonisolated func announceRegistered(_ order: KnownOrder, _ source: SourceID) async {
        await registered(order, source)
    }

    // MARK: on the queue

    private static let pauseAfterStoreError = Duration.seconds(1)

    private func advance() {
        guard !isStopping else { return }
        let now = clock.now()
        for id in sources.keys.sorted() {
            let free = max(0, pollsAtOnce - running)
            guard let limit = lanes[id]?.claim(at: now, free: free), limit > 0 else { continue }
            // Taken for those that the claim may bring.
            running += limit
            Task { await claim(limit, of: id) }
        }
        rescheduleWake(now)
    }

    private func claim(_ limit: Int, of id: SourceID) async {
        do {
            let batch = try await store.claimDueWatches(of: id, now: clock.now(), limit: limit)
            free(limit - batch.watches.count)
            lanes[id]?.claimed(batch.watches.count, nextDue: batch.nextDue, at: clock.now())
            for claimed in batch.watches { begin(claimed) }
        } catch {
            free(limit)
            if error != .closed {
                log.error("store gave no due watches", metadata: ["source": "\(id)", "error": "\(error.label)"])
            }
            lanes[id]?.claimFailed(retryAt: clock.now() + Self.pauseAfterStoreError)
        }
        advance()
    }

    private func begin(_ claimed: ClaimedWatch) {
        let id = claimed.watch.source
        guard !isStopping, let source = sources[id] else {
            // In hand until the process ends, which it is about to; the row itself is due as before.
            lanes[id]?.ended()
            free(1)
            Task { try? await store.release([claimed.watch.id]) }
            return
        }
        polls[claimed.watch.id] = Task { await run(claimed, source) }
    }

    private func run(_ claimed: ClaimedWatch, _ source: WatchedSource) async {
        let record = await poll(claimed, source)
        await write(record, of: claimed)
        polls[claimed.watch.id] = nil
        lanes[claimed.watch.source]?.ended()
        // What the record made due is found by looking again.
        lanes[claimed.watch.source]?.noteDue(clock.now())
        free(1)
        advance()
    }

    private func free(_ count: Int) {
        running -= count
        if running == 0 { resumeWaiting() }
    }

    /// Writes until it is written: nobody else would let go of the watch.
    private func write(_ record: PollRecord, of claimed: ClaimedWatch) async {
        while !Task.isCancelled {
            do {
                let outcome = try await store.record(record)
                return told(outcome, record, claimed)
            } catch {
                if error == .closed { return }
                log.error(
                    "poll not recorded, trying again",
                    metadata: ["watch": "\(record.watch)", "error": "\(error.label)"]
                )
                await pause(Self.pauseAfterStoreError)
            }
        }
    }

    private func pause(_ span: Duration) async {
        await withCheckedContinuation { continuation in
            _ = clock.schedule(at: clock.now() + span, on: executor.queue) { continuation.resume() }
        }
    }

    /// What is due and was not claimed has no room, and whoever ends looks again.
    private func rescheduleWake(_ now: Timestamp) {
        let waiting = lanes.filter { sources[$0.key] != nil }.values.compactMap(\.wakeAt).filter { $0 > now }
        wake.set(to: waiting.min(), by: clock, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.wakeUp() }
        }
    }

    private func wakeUp() {
        wake.fired()
        advance()
    }
}
