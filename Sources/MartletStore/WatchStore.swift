// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Orders that the gateway knows and follows by asking, and comparisons with providers' lists.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol WatchStore: Sendable {
    // MARK: orders

    func order(of source: SourceID, objectID: String) async throws(StoreError) -> KnownOrder?
    /// Keeps of a known order what the new one leaves open, its secrets above all.
    ///
    /// - Throws: `noSecretsKey` if it has a secret and there is no key to seal it with.
    func save(_ order: KnownOrder, of source: SourceID) async throws(StoreError)

    // MARK: watches

    /// Stores a watch and the order that verifies its notifications in one transaction.
    ///
    /// Of a subject that is watched already only details change, and of its order what is said anew (`save`); one that was
    /// overdue is open again. `shop`: as far as it is known yet.
    ///
    /// - Throws: `noSecretsKey` if the order has a secret and there is no key to seal it with.
    func register(_ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError) -> WatchRegistration

    /// Makes the watch of a hint due, and stores it first where there is none; a hint that was followed changes nothing.
    ///
    /// Two hints of one subject are the same if they are of the same moment: the clock may have been set back between two.
    func follow(_ hint: Hint, _ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError)

    /// Hints that no watch follows yet, oldest first; a hint's watch has the hint's `objectID` as its subject.
    func waitingHints(of source: SourceID, limit: Int) async throws(StoreError) -> [Hint]

    /// Makes unfinished watches of the source due at `now` that are due after `latest` or were registered after `now`.
    ///
    /// A clock that ran ahead in a former run would otherwise keep them waiting for as long. One that was registered by
    /// such a clock counts as registered now, and its deadline moves along. Returns how many.
    func clampWatches(of source: SourceID, now: Timestamp, to latest: Timestamp) async throws(StoreError) -> Int

    /// Makes the open watch of a subject due sooner, at `now` or `pause` after its newest poll; false if nothing changes.
    ///
    /// `wall`: the same moment by the clock that polls are dated by. `unlessAfter`: outcomes of a newest poll after which
    /// nothing changes, since whoever could not answer is not to be asked more often.
    func hasten(
        _ subject: String,
        of source: SourceID,
        now: Timestamp,
        wall: Timestamp,
        pause: Duration,
        unlessAfter failures: Set<String>
    ) async throws(StoreError) -> Bool

    /// Takes up to `limit` open watches of the source that are due at `now` in hand, oldest due first.
    ///
    /// They are in hand until recorded or released, in memory only. A watch is due at its next poll or at its deadline,
    /// whichever comes first. One that is held, or whose source is, has state `held` and is due at its deadline only.
    func claimDueWatches(of source: SourceID, now: Timestamp, limit: Int) async throws(StoreError) -> WatchBatch

    /// Writes a poll, what it learned with its deliveries, and what becomes of the watch, all of it or nothing.
    ///
    /// A watch that was closed meanwhile stays so; one that somebody has asked for again stays due. News that an event has
    /// overtaken are none, but for refunds (`PollRecord.relativeTo`).
    func record(_ poll: PollRecord) async throws(StoreError) -> PollOutcome

    /// Puts watches back that were taken in hand and not polled; they stay due.
    func release(_ watches: [WatchID]) async throws(StoreError)

    /// Newest first.
    func watches(_ query: WatchQuery) async throws(StoreError) -> [StoredWatch]
    func watch(_ id: WatchID) async throws(StoreError) -> WatchDetail?

    /// Makes an open watch due now.
    func pollNow(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction
    /// Opens a watch that is held, overdue or closed, due now, and lifts the hold of its source.
    func resume(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction
    /// Ends a watch; what is known of its order stays. `now`: by the wall clock, as all ends are dated.
    func close(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction

    /// Watches that are not closed, by source and state.
    func watchCounts() async throws(StoreError) -> [SourceID: [WatchState: Int]]

    // MARK: sweeps

    /// Keeps how far the sweep of a source has come, in place of what was kept of it before.
    func save(_ sweep: SweepRecord) async throws(StoreError)
    /// By source.
    func sweeps() async throws(StoreError) -> [SweepRecord]
}
