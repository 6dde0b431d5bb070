// SPDX-License-Identifier: Apache-2.0
package import Logging
import MartletCore
package import MartletRuntime
package import MartletStore

/// How long rows are kept (configuration `retention`).
package struct Retention: Sendable, Equatable {
    package var events: Duration
    package var raw: Duration
    package var quarantine: Duration
    package var dedupe: Duration
    package var audit: Duration

    package init(events: Duration, raw: Duration, quarantine: Duration, dedupe: Duration, audit: Duration) {
        self.events = events
        self.raw = raw
        self.quarantine = quarantine
        self.dedupe = dedupe
        self.audit = audit
    }

    func horizon(at now: Timestamp, rawEndpoints: Set<EndpointID>, batch: Int) -> RetentionHorizon {
        RetentionHorizon(
            events: now - events,
            raw: now - raw,
            quarantine: now - quarantine,
            dedupe: now - dedupe,
            idempotency: now - IdempotentRequest.kept,
            audit: now - audit,
            rawEndpoints: rawEndpoints,
            batch: batch
        )
    }
}

/// Removes what retention no longer keeps, once an hour, in batches so small and so far apart that captures do not wait for
/// them.
package actor Pruner {
    private let store: any EventStore
    private let clock: any WallClock
    private let topology: TopologyBox
    private let log: Logger
    private var retention: Retention
    private var timer: (any ScheduledTimer)?
    private var isStopped = false

    private let executor = QueueExecutor(label: "martlet.upkeep")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// `topology`: which endpoints get the raw callback.
    package init(
        store: any EventStore,
        clock: any WallClock,
        topology: TopologyBox,
        retention: Retention,
        log: Logger
    ) {
        self.store = store
        self.clock = clock
        self.topology = topology
        self.retention = retention
        self.log = log
    }

    package func update(_ retention: Retention) { self.retention = retention }

    package func start() { schedule(in: .seconds(60)) }

    package func stop() {
        isStopped = true
        timer?.cancel()
        timer = nil
    }

    private static let pauseBetweenRounds = Duration.seconds(3600)
    private static let pauseAfterFailure = Duration.seconds(60)
    /// Rows in one transaction: every capture that comes meanwhile waits for its end.
    private static let batch = 100
    /// How much longer than a batch the rest after it is, so that most of the writer's time belongs to callbacks.
    private static let restFactor = 3
    private static let shortestRest = Duration.milliseconds(5)

    /// Prunes one round, until nothing is left to look at; returns how many rows went.
    ///
    /// Rests between batches; `stop` ends it after the one that is under way.
    package func pruneNow() async throws(StoreError) -> Int {
        var removed = 0
        var place = PrunePlace()
        while true {
            let began = ContinuousClock.now
            let progress = try await store.prune(horizon(), from: place)
            removed += progress.removed
            place = progress.place
            if progress.isAtEnd || isStopped { return removed }
            let rest = max(Self.shortestRest, (ContinuousClock.now - began) * Self.restFactor)
            try? await ContinuousClock().sleep(for: rest)
        }
    }

    private func horizon() -> RetentionHorizon {
        let endpoints = topology.current.subscribers.map(\.endpoint).filter(\.includeRaw)
        return retention.horizon(at: clock.now(), rawEndpoints: Set(endpoints.map(\.id)), batch: Self.batch)
    }

    private func schedule(in pause: Duration) {
        timer = clock.schedule(at: clock.now() + pause, on: executor.queue) { [weak self] in
            Task { await self?.runOnce() }
        }
    }

    private func runOnce() async {
        var pause = Self.pauseBetweenRounds
        do {
            let redated = try await store.redate(to: clock.now())
            if redated > 0 {
                log.warning(
                    "rows were dated later than now, as if the clock had been set back; dated now",
                    metadata: ["rows": "\(redated)"]
                )
            }
            let removed = try await pruneNow()
            if removed > 0 { log.info("old rows removed", metadata: ["rows": "\(removed)"]) }
        } catch {
            log.error("old rows could not be removed", metadata: ["detail": "\(error)"])
            pause = Self.pauseAfterFailure
        }
        if timer != nil { schedule(in: pause) }
    }
}
