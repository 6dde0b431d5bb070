// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
import MartletCore
package import MartletRuntime
package import MartletStore

/// Makes deliveries again on request: in small steps, at the pace that was asked for, and no faster than endpoints take
/// them.
///
/// A step makes deliveries and moves the replay's place in one transaction, so that a crash neither repeats nor skips any.
/// What was made goes its way like any other delivery, through lane, breaker and ramp. Each endpoint has a place of its own
/// in the replay: one that is down holds up no other.
package actor Replayer {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let store: any EventStore
    nonisolated let dispatcher: Dispatcher
    nonisolated let topology: TopologyBox
    /// When things are due; never goes backwards.
    nonisolated let clock: any WallClock
    /// What people see replays dated by.
    nonisolated let wall: any WallClock
    nonisolated let log: Logger
    /// Told what has come of replays.
    nonisolated let changes: ChangeFeed
    /// Deliveries of one replay that may wait for one endpoint, so that it never gets more than it takes.
    nonisolated let maxWaiting: Int

    /// The replays that something is to be done for.
    private var runs: [ReplayID: ReplayRun] = [:]
    /// How often each has been steered by this process, to tell what was read before from what was read after.
    private var steered: [ReplayID: Int] = [:]
    private var isWorking = false
    private var wake = WakeTimer()
    private var isStopping = false

    /// `dispatcher`: told of the deliveries that were made.
    package init(
        executor: QueueExecutor,
        store: any EventStore,
        dispatcher: Dispatcher,
        topology: TopologyBox,
        clock: any WallClock,
        wall: (any WallClock)? = nil,
        log: Logger,
        changes: ChangeFeed = ChangeFeed(),
        maxWaiting: Int = 500
    ) {
        self.executor = executor
        self.store = store
        self.dispatcher = dispatcher
        self.topology = topology
        self.clock = clock
        self.wall = wall ?? clock
        self.log = log
        self.changes = changes
        self.maxWaiting = maxWaiting
    }

    // MARK: life

    /// Takes up what a former run left.
    package func start() async throws(StoreError) {
        for replay in try await store.replays(ReplayQuery(isUnfinished: true, limit: Self.takenUpAtMost)) {
            takeUp(replay)
            log.notice(
                "replay taken up again",
                metadata: ["replay": "\(replay.id)", "state": "\(replay.state)", "left": "\(replay.counts.left)"]
            )
        }
        advance()
    }

    /// Makes nothing more; the next start goes on from there.
    package func stop() {
        isStopping = true
        wake.cancel()
    }

    /// Begins a replay.
    package func begin(_ replay: NewReplay) async throws(StoreError) -> ReplayBeginning {
        let beginning = try await store.begin(replay, for: topology.current.subscribers.map(\.endpoint))
        // It is on disk: from here on nothing may fail.
        if case .begun(let id) = beginning { await begun(id, replay) }
        return beginning
    }

    private func begun(_ id: ReplayID, _ replay: NewReplay) async {
        do throws(StoreError) {
            guard let stored = try await store.replay(id) else { return }
            log.notice(
                "replay begun",
                metadata: [
                    "replay": "\(id)", "deliveries": "\(stored.counts.total)", "by": "\(replay.createdBy)",
                    "reason": "\(replay.reason)",
                ]
            )
            changes.post(.replay(id))
            takeUp(stored)
            advance()
        } catch {
            guard error != .closed, !isStopping else { return }
            _ = clock.schedule(at: clock.now() + Self.pauseWithoutProgress, on: executor.queue) { [self] in
                Task { await begun(id, replay) }
            }
        }
    }

    /// Pauses, resumes or cancels a replay; cancelling takes back what still waits of it too.
    package func steer(_ id: ReplayID, to state: ReplayState) async throws(StoreError) -> ReplayAction {
        let action = try await store.steer(id, to: state, at: wall.now())
        guard action == .done else { return action }
        // It is on disk: from here on nothing may fail.
        steered[id, default: 0] += 1
        runs[id] = nil
        await takeUpAgain(id)
        if state == .cancelled {
            do throws(StoreError) { try await cancelWaiting(id) } catch {
                log.error(
                    "replay's deliveries not cancelled, trying again",
                    metadata: ["replay": "\(id)", "error": "\(error.label)"]
                )
            }
        }
        changes.post(.replay(id))
        advance()
        return action
    }

    /// Goes on with a replay as it stands in the store, once that can be read.
    private func takeUpAgain(_ id: ReplayID) async {
        let steers = steered[id]
        do throws(StoreError) {
            // Who has steered it since knows better.
            guard let stored = try await store.replay(id), steers == steered[id] else { return }
            takeUp(stored)
            advance()
        } catch {
            guard error != .closed, !isStopping else { return }
            _ = clock.schedule(at: clock.now() + Self.pauseWithoutProgress, on: executor.queue) { [self] in
                Task { await takeUpAgain(id) }
            }
        }
    }

    // MARK: on the queue

    /// More would be a sign that ended replays are not written down.
    private static let takenUpAtMost = 1000
    /// Between two steps of one replay: each costs a transaction.
    private static let pauseBetweenSteps = Duration.milliseconds(100)
    /// While nothing can be made, and until the last delivery has ended.
    private static let pauseWithoutProgress = Duration.seconds(1)
    /// Deliveries in one transaction, so that no callback waits long for the writer.
    private static let stepAtMost = 100
    private static let cancelledAtOnce = 200

    private func takeUp(_ replay: StoredReplay) {
        runs[replay.id] = ReplayRun(replay, at: clock.now())
    }

    private func advance() {
        guard !isStopping, !isWorking else { return }
        guard let due = runs.values.map(\.dueAt).min() else { return wake.cancel() }
        guard due <= clock.now() else {
            return wake.set(to: due, by: clock, on: executor.queue) { [weak self] in
                self?.assumeIsolated { $0.wakeUp() }
            }
        }
        isWorking = true
        Task {
            for id in runs.keys.sorted() { await work(on: id) }
            isWorking = false
            advance()
        }
    }

    private func wakeUp() {
        wake.fired()
        advance()
    }

    private func work(on id: ReplayID) async {
        guard !isStopping, let run = runs[id], run.dueAt <= clock.now() else { return }
        do throws(StoreError) {
            if run.isMade { try await finish(id, run) } else { try await step(id, run) }
        } catch {
            runs[id]?.dueAt = clock.now() + Self.pauseWithoutProgress
            if error == .closed { return stop() }
            log.error(
                "replay's step not written, trying again",
                metadata: ["replay": "\(id)", "error": "\(error.label)"]
            )
        }
    }

    /// The next deliveries, by turns for each endpoint.
    private func step(_ id: ReplayID, _ run: ReplayRun) async throws(StoreError) {
        let subscribers = topology.current.subscribers
        var hasMoved = false
        for endpoint in run.endpointsInTurn {
            let now = clock.now()
            let budget = min(Self.stepAtMost, runs[id]?.share(at: now) ?? 0)
            guard budget > 0 else { break }
            // For a disabled endpoint nothing is piled up; it goes on when that is enabled.
            guard let subscriber = subscribers.first(where: { $0.endpoint.id == endpoint }),
                subscriber.endpoint.isEnabled, subscriber.gate.intake != .skip
            else { continue }
            let step = ReplayStep(
                replay: id,
                endpoint: endpoint,
                shops: subscriber.endpoint.shops,
                isOrdered: subscriber.endpoint.ordering == .perObject,
                shape: subscriber.endpoint.shape,
                limit: budget,
                maxWaiting: maxWaiting,
                now: now,
                createdAt: wall.now()
            )
            guard let progress = try await store.advance(step) else { return try await lookAgain(at: id) }
            hasMoved = hasMoved || progress.done > 0
            if progress.made > 0 {
                dispatcher.announced([NewDelivery(endpoint: endpoint, state: .pending, dueAt: now)])
            }
            runs[id]?.took(progress, for: endpoint, at: now)
        }
        if hasMoved { changes.post(.replay(id)) }
        runs[id]?.plan(at: clock.now(), pause: hasMoved ? Self.pauseBetweenSteps : Self.pauseWithoutProgress)
    }

    /// A replay that makes nothing more has been paused or cancelled meanwhile.
    private func lookAgain(at id: ReplayID) async throws(StoreError) {
        let steers = steered[id]
        guard let stored = try await store.replay(id), steers == steered[id] else { return }
        takeUp(stored)
        runs[id]?.dueAt = clock.now() + Self.pauseWithoutProgress
    }

    /// Waits for the last delivery to end.
    private func finish(_ id: ReplayID, _ run: ReplayRun) async throws(StoreError) {
        if run.isCancelled { try await cancelWaiting(id) }
        guard try await store.settle(id, at: wall.now()) else {
            runs[id]?.dueAt = clock.now() + Self.pauseWithoutProgress
            return
        }
        runs[id] = nil
        steered[id] = nil
        changes.post(.replay(id))
        guard let counts = try await store.replay(id)?.counts else { return }
        log.notice(
            "replay ended",
            metadata: [
                "replay": "\(id)", "total": "\(counts.total)", "made": "\(counts.made)", "gone": "\(counts.gone)",
                "unneeded": "\(counts.unneeded)", "otherShop": "\(counts.otherShop)",
                "delivered": "\(counts.delivered)", "dead": "\(counts.dead)",
                "cancelled": "\(counts.cancelled)",
            ]
        )
    }

    private func cancelWaiting(_ id: ReplayID) async throws(StoreError) {
        while true {
            let now = clock.now()
            let cancelled = try await store.cancelWaiting(of: id, now: now, limit: Self.cancelledAtOnce)
            if cancelled.isEmpty { return }
            // The next of their lanes may have become due.
            dispatcher.announced(cancelled.keys.map { NewDelivery(endpoint: $0, state: .pending, dueAt: now) })
        }
    }
}
