// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension FaultyStore {
    func register(_ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError) -> WatchRegistration {
        if faults.strikes(.registerWatch) { throw StoreError.full("no space left") }
        return try await base.register(plan, shop: shop, now: now)
    }

    func follow(_ hint: Hint, _ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError) {
        try await base.follow(hint, plan, shop: shop, now: now)
    }

    func waitingHints(of source: SourceID, limit: Int) async throws(StoreError) -> [Hint] {
        try await base.waitingHints(of: source, limit: limit)
    }

    func clampWatches(of source: SourceID, now: Timestamp, to latest: Timestamp) async throws(StoreError) -> Int {
        try await base.clampWatches(of: source, now: now, to: latest)
    }

    func hasten(
        _ subject: String,
        of source: SourceID,
        now: Timestamp,
        wall: Timestamp,
        pause: Duration,
        unlessAfter failures: Set<String>
    ) async throws(StoreError) -> Bool {
        try await base.hasten(subject, of: source, now: now, wall: wall, pause: pause, unlessAfter: failures)
    }

    func redate(to now: Timestamp) async throws(StoreError) -> Int { try await base.redate(to: now) }

    func claimDueWatches(of source: SourceID, now: Timestamp, limit: Int) async throws(StoreError) -> WatchBatch {
        if faults.strikes(.claimWatches) { throw StoreError.full("no space left") }
        return try await base.claimDueWatches(of: source, now: now, limit: limit)
    }

    func record(_ poll: PollRecord) async throws(StoreError) -> PollOutcome {
        if faults.strikes(.recordPoll) { throw StoreError.full("no space left") }
        return try await base.record(poll)
    }

    func health(
        of sources: [SourceID],
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [SourceID: SourceHealth] {
        try await base.health(of: sources, now: now, limit: limit)
    }

    func release(_ watches: [WatchID]) async throws(StoreError) { try await base.release(watches) }
    func watches(_ query: WatchQuery) async throws(StoreError) -> [StoredWatch] { try await base.watches(query) }
    func watch(_ id: WatchID) async throws(StoreError) -> WatchDetail? { try await base.watch(id) }

    func pollNow(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await base.pollNow(watch, now: now)
    }

    func resume(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await base.resume(watch, now: now)
    }

    func close(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction {
        try await base.close(watch, now: now)
    }

    func watchCounts() async throws(StoreError) -> [SourceID: [WatchState: Int]] { try await base.watchCounts() }

    func save(_ sweep: SweepRecord) async throws(StoreError) {
        if faults.strikes(.saveSweep) { throw StoreError.full("no space left") }
        try await base.save(sweep)
    }

    func sweeps() async throws(StoreError) -> [SweepRecord] { try await base.sweeps() }
}
