// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// The durable truth: events, deliveries, attempts, quarantine, hints and orders.
///
/// Two implementations exist by design, embedded SQLite and PostgreSQL; both pass `EventStoreConformance` in
/// MartletTesting. Writes are group-committed: whatever has gathered while the last commit ran goes into the next
/// transaction, and each completion is called, on the store's own queue, only after the data are on disk
/// (or nothing of that write is). A completion must return quickly.
///
/// Every method may be called from any queue and none blocks its caller. A full write queue answers
/// `StoreError.overloaded` at once.
package protocol EventStore: Sendable {
    // MARK: the way of an event

    /// Stores one proven event with its raw callback, its dedupe key and its deliveries in one transaction.
    ///
    /// A final event closes the watch of its source whose subject is the event's object or order.
    /// In that transaction the store looks up the dedupe key, then asks `ObjectHistory.admit` for flags; an event that
    /// earns a withholding flag is stored with that flag (its envelope rendered anew) and without deliveries.
    func capture(_ capture: Capture, completion: @escaping Completion<CaptureOutcome>)

    /// Keeps a refused callback. Oldest rows of the source go first once `QuarantineLimits` is reached.
    func quarantine(_ callback: QuarantinedCallback, completion: @escaping Completion<Void>)

    /// Stores an event out of quarantine and removes its row, in one transaction.
    ///
    /// A duplicate removes the row as well. Nil: the row is gone, released or removed meanwhile, and nothing was written.
    func capture(
        _ capture: Capture,
        releasing row: QuarantineID,
        completion: @escaping Completion<CaptureOutcome?>
    )

    /// Keeps a hint; a hint for an order that is already waiting only updates that row.
    func keep(_ hint: KeptHint, completion: @escaping Completion<Void>)

    /// Writes attempts and what becomes of their deliveries, all of them or none.
    ///
    /// Recording the same attempt again changes nothing.
    /// `announcing`: operational events that tell of it, captured in the same transaction.
    func record(_ records: [AttemptRecord], announcing: [Capture], completion: @escaping Completion<Void>)

    // MARK: what is due

    /// Takes up to `limit` pending deliveries of the endpoint that are due at `now` in hand, oldest due first.
    ///
    /// They are `in_flight` until recorded or released, and pending again should this process end before.
    /// `includingRaw`: whether `ClaimedDelivery.raw` is filled in.
    func claimDue(
        _ endpoint: EndpointID,
        now: Timestamp,
        limit: Int,
        includingRaw: Bool,
        completion: @escaping Completion<ClaimedBatch>
    )

    /// Puts deliveries back that were taken in hand and not sent; they stay due.
    func release(_ deliveries: [DeliveryID], of endpoint: EndpointID, completion: @escaping Completion<Void>)

    /// Brings due times of the endpoint that lie after `latest` back to it, and those of deliveries that were never
    /// attempted to `now`; returns how many.
    ///
    /// A clock that ran ahead in a former run would otherwise hold them up for as long.
    func clampDue(of endpoint: EndpointID, now: Timestamp, to latest: Timestamp) async throws(StoreError) -> Int

    /// Lets every delivery of the endpoint go that waits for an earlier one of its lane; returns how many.
    func endLanes(of endpoint: EndpointID, now: Timestamp) async throws(StoreError) -> Int

    /// The earliest due time of each endpoint's pending deliveries.
    func earliestDue() async throws(StoreError) -> [EndpointID: Timestamp]

    // MARK: endpoints

    /// Writes how an endpoint is doing, with the operational events and lines of the audit log that tell of it.
    func save(
        _ health: EndpointHealth.Saved,
        of endpoint: EndpointID,
        announcing: [Capture],
        noting: [NewAuditEntry],
        completion: @escaping Completion<Void>
    )

    /// How the endpoints were doing when it was last written.
    func endpointHealth() async throws(StoreError) -> [EndpointID: EndpointHealth.Saved]

    // MARK: endpoints that were made through the API

    /// By id, with those that are being removed.
    func managedEndpoints() async throws(StoreError) -> [ManagedEndpoint]
    /// Stores a new one; false if there is one of that id.
    ///
    /// - Throws: `noSecretsKey` if the store has no key to seal with, here and in `replace`.
    func create(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool
    /// Stores a changed one in place of the version before it; false if that is not the stored one.
    func replace(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool
    /// Removes it with what is known of its health; its deliveries stay.
    func removeManagedEndpoint(_ id: EndpointID) async throws(StoreError)
    /// Ends up to `limit` pending deliveries of the endpoint that are not in flight; returns how many.
    func cancelPending(of endpoint: EndpointID, limit: Int) async throws(StoreError) -> Int

    // MARK: sealed secrets

    /// Says whether secrets can be stored; asked before something is done that will have one.
    ///
    /// - Throws: `noSecretsKey`, as everything that would store a secret does.
    func checkSealing() throws(StoreError)
    /// The names of the keys that stored secrets are sealed with (`SecretSealer`), sorted; unsealed ones name none.
    ///
    /// Knows of every write that was begun before the call.
    func sealingKeys() async throws(StoreError) -> [String]
    /// Seals up to `limit` secrets with the present key that are unsealed or under another one; returns how many.
    func resealSecrets(limit: Int) async throws(StoreError) -> Int

    // MARK: by hand

    /// Makes a delivery due now, whatever its state was but `delivered`.
    ///
    /// One that had ended gets the attempts of a whole schedule once more; one that is pending goes on with what is left
    /// of its own. One that is in flight stays so: it is being tried at this moment. With ordered delivery one that had
    /// ended waits for those of its payment that are under way.
    func retry(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> RetryOutcome

    /// Ends a pending delivery that is not in flight; the next one of its lane becomes due by it.
    func cancel(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> CancelOutcome

    /// Makes up to `limit` of the endpoint's skipped deliveries pending, oldest first; returns how many.
    func offerSkipped(of endpoint: EndpointID, now: Timestamp, limit: Int) async throws(StoreError) -> Int

    /// Removes a refused callback for good; false if there is none of that number.
    func removeQuarantined(_ id: QuarantineID) async throws(StoreError) -> Bool

    /// Removes what an event says of people: raw callback, addresses, transaction, free text, what subscribers answered.
    ///
    /// Its skeleton stays, with the note: ids, type, status, amounts, times. Deliveries that were skipped are cancelled by it,
    /// and with `cancellingPending` those that wait, too; otherwise these forbid it, as do those in flight. An expunged event
    /// is never delivered again. The bytes are overwritten, not only released.
    func expunge(
        _ event: EventID,
        _ note: Expungement,
        cancellingPending: Bool,
        now: Timestamp
    ) async throws(StoreError) -> ExpungeOutcome

    // MARK: orders

    func order(of source: SourceID, objectID: String) async throws(StoreError) -> KnownOrder?
    /// Keeps of a known order what the new one leaves open, its secrets above all.
    ///
    /// - Throws: `noSecretsKey` if it has a secret and there is no key to seal it with.
    func save(_ order: KnownOrder, of source: SourceID) async throws(StoreError)

    // MARK: reading

    /// Newest first.
    func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent]
    func event(_ id: EventID) async throws(StoreError) -> EventDetail?
    /// The next events after a position (`StoredEvent.sequence`), in the order of their commits.
    ///
    /// Nothing that is not visible yet ever gets a place before `EventFeed.position`: who goes on from there misses nothing
    /// and sees nothing twice. One call looks at a bounded number of events, so a part may hold none although there are more.
    func events(after position: Int64, _ query: EventFeedQuery) async throws(StoreError) -> EventFeed
    /// Newest first.
    func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery]
    func delivery(_ id: DeliveryID) async throws(StoreError) -> DeliveryDetail?
    /// Those of these deliveries that there are, in no order.
    func deliveries(numbered ids: Set<DeliveryID>) async throws(StoreError) -> [StoredDelivery]
    /// What these endpoints have not got.
    ///
    /// `limit`: pending deliveries of an endpoint that are counted; of the dead and skipped ones of all endpoints together
    /// the newest ten times as many are looked at.
    func backlogs(
        of endpoints: [EndpointID],
        limit: Int
    ) async throws(StoreError) -> [EndpointID: EndpointBacklog]
    func quarantined(_ query: QuarantineQuery) async throws(StoreError) -> [QuarantinedCallback]
    func quarantined(_ id: QuarantineID) async throws(StoreError) -> QuarantinedCallback?
    /// How these sources are doing.
    ///
    /// `limit`: refused callbacks and open watches of a source that are looked at, the newest.
    func health(of sources: [SourceID], now: Timestamp, limit: Int) async throws(StoreError) -> [SourceID: SourceHealth]
    func hints(_ source: SourceID?, limit: Int) async throws(StoreError) -> [KeptHint]
    /// Counts for the gauges of contract section 9.
    func statistics(now: Timestamp) async throws(StoreError) -> StoreStatistics

    // MARK: watches

    /// Stores a watch and the order that verifies its notifications in one transaction.
    ///
    /// Of a subject that is watched already only details change, and of its order what is said anew (`save`); one that was
    /// overdue is open again. `shop`: as far as it is known yet.
    ///
    /// - Throws: `noSecretsKey` if the order has a secret and there is no key to seal it with.
    func register(_ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError) -> WatchRegistration

    /// Makes the watch of a hint due, and stores it first where there is none; a hint that was followed changes nothing.
    func follow(_ hint: Hint, _ plan: WatchPlan, shop: String, now: Timestamp) async throws(StoreError)

    /// Hints that no watch follows yet, oldest first; a hint's watch has the hint's `objectID` as its subject.
    func waitingHints(of source: SourceID, limit: Int) async throws(StoreError) -> [Hint]

    /// Makes unfinished watches of the source due at `now` that are due after `latest` or were registered after `now`.
    ///
    /// A clock that ran ahead in a former run would otherwise keep them waiting for as long. One that was registered by
    /// such a clock counts as registered now, and its deadline moves along. Returns how many.
    func clampWatches(of source: SourceID, now: Timestamp, to latest: Timestamp) async throws(StoreError) -> Int

    /// Takes up to `limit` open watches of the source that are due at `now` in hand, oldest due first.
    ///
    /// They are in hand until recorded or released, in memory only. A watch is due at its next poll or at its deadline,
    /// whichever comes first. One that is held, or whose source is, has state `held` and is due at its deadline only.
    func claimDueWatches(of source: SourceID, now: Timestamp, limit: Int) async throws(StoreError) -> WatchBatch

    /// Writes a poll, what it learned with its deliveries, and what becomes of the watch, all of it or nothing.
    ///
    /// A watch that was closed meanwhile stays so; one that somebody has asked for again stays due.
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
    /// Ends a watch; what is known of its order stays.
    func close(_ watch: WatchID, now: Timestamp) async throws(StoreError) -> WatchAction

    /// Watches that are not closed, by source and state.
    func watchCounts() async throws(StoreError) -> [SourceID: [WatchState: Int]]

    // MARK: sweeps

    /// Keeps how far the sweep of a source has come, in place of what was kept of it before.
    func save(_ sweep: SweepRecord) async throws(StoreError)
    /// By source.
    func sweeps() async throws(StoreError) -> [SweepRecord]

    // MARK: replays

    /// What a replay of the selection would make right now; writes nothing.
    ///
    /// `sample`: how many deliveries it shows.
    func survey(_ selection: ReplaySelection, sample: Int) async throws(StoreError) -> ReplaySurvey

    /// Stores a replay with the list of all that it is to make, in one transaction; the list never changes afterwards.
    func begin(_ replay: NewReplay) async throws(StoreError) -> ReplayBeginning

    /// Makes the next deliveries of a replay for one endpoint, oldest event first, and moves its place along, in one
    /// transaction; nil unless it is running.
    ///
    /// What is on its way by now, or has arrived in another way, is not made; neither is what retention has removed. A
    /// delivery for the endpoint that the old one was for has the body of the old one.
    func advance(_ step: ReplayStep) async throws(StoreError) -> ReplayProgress?

    /// Pauses, resumes or cancels a replay.
    ///
    /// No step makes anything after that. What had been made stays as it is.
    func steer(_ replay: ReplayID, to state: ReplayState, at now: Timestamp) async throws(StoreError) -> ReplayAction

    /// Cancels up to `limit` deliveries of a replay that wait and are not in hand; returns how many for each endpoint.
    ///
    /// Each lets the next one of its lane go, as `cancel` does.
    func cancelWaiting(
        of replay: ReplayID,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EndpointID: Int]

    /// Ends a replay that has nothing left to make and none of whose deliveries is still on its way; false if it goes on.
    func settle(_ replay: ReplayID, at now: Timestamp) async throws(StoreError) -> Bool

    /// Newest first.
    func replays(_ query: ReplayQuery) async throws(StoreError) -> [StoredReplay]
    func replay(_ id: ReplayID) async throws(StoreError) -> StoredReplay?
    /// Replays by state.
    func replayCounts() async throws(StoreError) -> [ReplayState: Int]

    // MARK: requests that must not be done twice

    /// Remembers a request by its name, unless it is known already.
    ///
    /// One that was named `IdempotentRequest.kept` ago is another one.
    func claim(_ request: IdempotentRequest, now: Timestamp) async throws(StoreError) -> IdempotencyClaim
    /// Stores the answer of a request that was claimed.
    func keep(_ answer: StoredAnswer, of request: IdempotentRequest) async throws(StoreError)
    /// Forgets a request that came to nothing, so that it can be made again; one that was answered stays.
    func forget(_ request: IdempotentRequest) async throws(StoreError)

    // MARK: keys of the admin API

    /// Stores a key unless its name is taken by one that is not revoked.
    func insert(_ key: NewKey) async throws(StoreError) -> KeyInsertion
    /// Ends a key for good; `by` is the name of the key that asks for it.
    func revoke(_ key: KeyID, by: String, now: Timestamp) async throws(StoreError) -> KeyRevocation
    /// Notes when a key was used last; an earlier moment changes nothing.
    func noteUse(of key: KeyID, at moment: Timestamp, completion: @escaping Completion<Void>)
    /// Newest first.
    func keys(_ query: KeyQuery) async throws(StoreError) -> [StoredKey]

    // MARK: audit log

    /// Writes a line, before what it tells of is done, or at once with its result.
    func append(_ entry: NewAuditEntry, completion: @escaping Completion<AuditID>)
    /// Writes what came of it.
    func complete(_ id: AuditID, with result: AuditResult) async throws(StoreError)
    /// Newest first.
    func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry]

    // MARK: upkeep

    /// Whether the store can write right now; what `/readyz` asks.
    func probe() async throws(StoreError)
    /// Removes a bounded number of rows that retention no longer keeps; returns how many, 0 when there are no more.
    func prune(_ horizon: RetentionHorizon) async throws(StoreError) -> Int
    /// Finishes what was submitted, then closes. Later calls answer `StoreError.closed`.
    func close() async
}

extension EventStore {
    /// Newest first.
    package func quarantined(_ source: SourceID?, limit: Int) async throws(StoreError) -> [QuarantinedCallback] {
        try await quarantined(QuarantineQuery(source: source, limit: limit))
    }
}

/// Called once with what became of a write.
package typealias Completion<Value> = @Sendable (Result<Value, StoreError>) -> Void
