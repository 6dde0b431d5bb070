// SPDX-License-Identifier: Apache-2.0
import Dispatch
package import Logging
package import MartletCore
package import MartletRuntime
package import MartletStore
import MartletWire

/// Compares once a day what each provider lists with what has come, and has a watch look into each difference.
///
/// A sweep makes no events: the watch that it plants polls at once, and what that learns is the same event as the
/// callback would have made. How far a run has come is in the store after each page; a page that a crash cut off is
/// compared again, which plants nothing twice.
package actor Sweeper {
    package nonisolated let executor: QueueExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// One source with how far its sweep has come.
    private struct Entry {
        var source: WatchedSource
        var provider: any SweptProvider
        var time: DailyTime
        var record: SweepRecord
    }

    nonisolated let store: any EventStore
    nonisolated let watcher: Watcher
    private nonisolated let tools: PollTools
    /// When things are due; never goes backwards.
    private nonisolated let clock: any WallClock
    /// Daily times and windows are moments that people and providers know.
    private nonisolated let wall: any WallClock
    private nonisolated let missed: Counter
    nonisolated let log: Logger

    private var entries: [SourceID: Entry] = [:]
    private var running: Set<SourceID> = []
    private var wake = WakeTimer()
    private var isStopping = false

    /// `watcher`: told of the watches that were planted.
    package init(
        executor: QueueExecutor,
        store: any EventStore,
        watcher: Watcher,
        tools: PollTools,
        clock: any WallClock,
        wall: (any WallClock)? = nil,
        metrics: Metrics,
        log: Logger
    ) {
        self.executor = executor
        self.store = store
        self.watcher = watcher
        self.tools = tools
        self.clock = clock
        self.wall = wall ?? clock
        self.log = log
        missed = metrics.counter(
            "martlet_sweep_missed_total",
            help: "Objects of a provider's list that the store did not know as the provider does.",
            labels: ["source"]
        )
    }

    /// Puts these sources into force; a run that was cut off goes on where it was.
    package func update(_ sources: [WatchedSource]) async throws(StoreError) {
        let kept = try await store.sweeps()
        var entries: [SourceID: Entry] = [:]
        for source in sources {
            guard let provider = source.provider as? any SweptProvider, let time = provider.sweptAt else { continue }
            let id = provider.source
            var record = kept.first { $0.source == id }
            if record == nil {
                let fresh = SweepRecord(source: id, since: wall.now())
                try await store.save(fresh)
                record = fresh
            }
            guard let record else { continue }
            // A page that is being compared knows more than the store.
            let current = running.contains(id) ? self.entries[id]?.record ?? record : record
            entries[id] = Entry(source: source, provider: provider, time: time, record: current)
        }
        self.entries = entries
        advance()
    }

    /// Asks for no further page; one that is on its way is compared again at the next start.
    package func stop() {
        isStopping = true
        wake.cancel()
    }

    /// Where the sources that are swept stand, by source, with when each is due.
    package func standings() -> [(record: SweepRecord, due: Timestamp)] {
        entries.sorted { $0.key < $1.key }.map { ($0.value.record, $0.value.record.due(at: $0.value.time)) }
    }

    /// Begins a run, or lets one that waits go on; nil if the source is not swept.
    ///
    /// - Throws: what the store threw; nothing was begun.
    package func sweepNow(_ id: SourceID) async throws(StoreError) -> Bool? {
        guard var entry = entries[id] else { return nil }
        _ = entry.record.clamp(to: wall.now())
        let isNew = entry.record.run == nil
        entry.record.begin(at: wall.now())
        if running.insert(id).inserted {
            defer {
                running.remove(id)
                advance()
            }
            entry.record.run?.resumeAt = wall.now()
            try await store.save(entry.record)
            entries[id]?.record = entry.record
        }
        return isNew
    }

    // MARK: on the queue

    private static let pauseAfterStoreError = Duration.seconds(1)
    /// The wall clock may be set; so often it is looked at again.
    private static let longestSleep = Duration.seconds(3600)

    private func advance() {
        guard !isStopping else { return }
        let now = wall.now()
        clamp(to: now)
        var next: Timestamp?
        for (id, entry) in entries where !running.contains(id) {
            let due = entry.record.due(at: entry.time)
            if due <= now {
                running.insert(id)
                Task { await step(id, entry) }
            } else {
                next = min(next ?? due, due)
            }
        }
        let pause = next.map { min($0 - now, Self.longestSleep) }
        wake.set(to: pause.map { clock.now() + $0 }, by: clock, on: executor.queue) { [weak self] in
            self?.assumeIsolated { $0.wakeUp() }
        }
    }

    private func wakeUp() {
        wake.fired()
        advance()
    }

    /// The wall clock may be set back at any time; what it dated before is written with the next page.
    private func clamp(to now: Timestamp) {
        for id in entries.keys where !running.contains(id) {
            guard entries[id]?.record.clamp(to: now) == true else { continue }
            log.warning(
                "sweep is dated later than now, as if the clock had been set back; due now",
                metadata: ["source": "\(id)"]
            )
        }
    }

    /// One page: asked for, compared, recorded.
    private func step(_ id: SourceID, _ entry: Entry) async {
        var record = entry.record
        record.begin(at: wall.now())
        do {
            try await take(&record, entry)
            try await store.save(record)
            entries[id]?.record = record
        } catch {
            if error == .closed { return }
            log.error("sweep not recorded, trying again", metadata: ["source": "\(id)", "error": "\(error.label)"])
            await pause(Self.pauseAfterStoreError)
        }
        running.remove(id)
        advance()
    }

    private func take(_ record: inout SweepRecord, _ entry: Entry) async throws(StoreError) {
        guard let run = record.run else { return }
        let request = ListRequest(
            since: run.since,
            until: run.until,
            cursor: run.cursor,
            failures: run.failures,
            now: clock.now()
        )
        switch await entry.provider.list(request, with: tools) {
        case .deferred(let pause): record.deferred(pause, at: wall.now())
        case .failed(let outcome, let pause):
            record.failed(outcome, pause: pause, at: wall.now())
            log.warning(
                "provider's list not read, trying again",
                metadata: ["source": "\(record.source)", "outcome": "\(outcome)", "pause": "\(pause)"]
            )
        case .page(let page):
            let found = try await plant(page.objects, entry, run)
            missed.increment([record.source.description], by: UInt64(found))
            let isOver = record.took(page, missed: found, at: wall.now())
            report(record, isOver: isOver)
        }
    }

    private func report(_ record: SweepRecord, isOver: Bool) {
        if isOver, let last = record.last {
            let counts = last.counts
            log.log(
                level: counts.missed > 0 || counts.unreadable > 0 ? .warning : .info,
                "sweep complete",
                metadata: [
                    "source": "\(record.source)", "pages": "\(counts.pages)", "listed": "\(counts.rows)",
                    "missed": "\(counts.missed)", "unreadable": "\(counts.unreadable)",
                ]
            )
        } else if let run = record.run, run.resumeAt > wall.now() {
            log.notice(
                "sweep pauses after many pages and goes on from there",
                metadata: ["source": "\(record.source)", "pages": "\(run.counts.pages)"]
            )
        }
    }

    private func pause(_ span: Duration) async {
        await withCheckedContinuation { continuation in
            _ = clock.schedule(at: clock.now() + span, on: executor.queue) { continuation.resume() }
        }
    }
}

/// What becomes of the rows of a page.
extension Sweeper {
    /// Has each object looked into that the store does not know as the provider does; returns how many.
    private nonisolated func plant(
        _ objects: [ListedObject],
        _ entry: Entry,
        _ run: SweepRecord.Run
    ) async throws(StoreError) -> Int {
        let id = entry.provider.source
        var count = 0
        for object in objects {
            if try await isKnown(object, of: id) { continue }
            let now = clock.now()
            guard var plan = try? entry.provider.plan(object.registration, now: now) else { continue }
            if plan.watch.state == .open { plan.watch.nextPollAt = now }
            // The moment of the run: the same page compared again asks for nothing more.
            let hint = Hint(source: id, objectID: plan.watch.subject, receivedAt: run.startedAt)
            let shop = entry.source.shop(object.merchantOrderID)
            try await store.follow(hint, plan, shop: shop, now: now)
            count += 1
            log.notice(
                "no callback has told what the provider lists",
                metadata: ["source": "\(id)", "subject": "\(plan.watch.subject)", "status": "\(object.status)"]
            )
        }
        if count > 0 { await watcher.nudge(id) }
        return count
    }

    /// Whether the newest that is known of an object is what the provider lists.
    private nonisolated func isKnown(_ object: ListedObject, of id: SourceID) async throws(StoreError) -> Bool {
        let query = EventQuery(provider: id.provider, source: id.id, object: object.id, limit: 5)
        var events = try await store.events(query)
        if events.isEmpty, object.hasOtherID, let order = object.merchantOrderID {
            events = try await store.events(
                EventQuery(provider: id.provider, source: id.id, order: order, limit: 5)
            )
        }
        // Of late ones only the status is news to nobody; what counts is the newest that was not late.
        let withheld = EventFlag.allCases.filter(\.withholdsDelivery).map(\.rawValue)
        let newest = events.first { event in !event.flags.contains(where: withheld.contains) }
        return [events.first, newest].compactMap { $0 }.contains { event in
            event.providerStatus == object.status && (!object.isFinal || Self.isFinal(event))
        }
    }

    /// The event's own words, as subscribers got them.
    private nonisolated static func isFinal(_ event: StoredEvent) -> Bool {
        let envelope = (try? JSONReader.readObject(event.envelope))?.object
        return envelope?["data"]?.object?["finality"]?.string == Finality.final.rawValue
    }
}
