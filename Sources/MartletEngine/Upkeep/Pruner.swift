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

    func horizon(at now: Timestamp) -> RetentionHorizon {
        RetentionHorizon(
            events: now - events,
            raw: now - raw,
            quarantine: now - quarantine,
            dedupe: now - dedupe,
            idempotency: now - IdempotentRequest.kept,
            audit: now - audit
        )
    }
}

/// Removes what retention no longer keeps, once an hour, in batches small enough not to hold up captures.
package actor Pruner {
    private let store: any EventStore
    private let clock: any WallClock
    private let log: Logger
    private var retention: Retention
    private var timer: (any ScheduledTimer)?

    private let executor = QueueExecutor(label: "martlet.upkeep")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(store: any EventStore, clock: any WallClock, retention: Retention, log: Logger) {
        self.store = store
        self.clock = clock
        self.retention = retention
        self.log = log
    }

    package func update(_ retention: Retention) { self.retention = retention }

    package func start() { schedule(in: .seconds(60)) }

    package func stop() {
        timer?.cancel()
        timer = nil
    }

    /// Prunes until nothing is left to remove; returns how many rows went.
    package func pruneNow() async throws(StoreError) -> Int {
        var removed = 0
        while true {
            let count = try await store.prune(retention.horizon(at: clock.now()))
            if count == 0 { return removed }
            removed += count
        }
    }

    private func schedule(in pause: Duration) {
        timer = clock.schedule(at: clock.now() + pause, on: executor.queue) { [weak self] in
            Task { await self?.runOnce() }
        }
    }

    private func runOnce() async {
        do {
            let removed = try await pruneNow()
            if removed > 0 { log.info("old rows removed", metadata: ["rows": "\(removed)"]) }
        } catch {
            log.error("old rows could not be removed", metadata: ["detail": "\(error)"])
        }
        if timer != nil { schedule(in: .seconds(3600)) }
    }
}
