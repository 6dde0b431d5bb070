// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What goes for good, what keeps the store healthy, and its end.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol UpkeepStore: Sendable {
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

    /// Whether the store can write right now; what `/readyz` asks.
    func probe() async throws(StoreError)
    /// Removes what retention no longer keeps among a bounded number of rows, from where the last call of the round ended.
    ///
    /// A pending delivery keeps its event, and its raw callback if the endpoint is among `horizon.rawEndpoints`; a round
    /// looks once at what is kept so.
    func prune(_ horizon: RetentionHorizon, from place: PrunePlace) async throws(StoreError) -> PruneProgress
    /// Dates as of `now` what a clock that ran ahead has dated later; returns how many rows.
    ///
    /// These are moments by which something is kept or kept back: ends of watches, requests with an `Idempotency-Key`, the
    /// last use of keys. What is evidence keeps its date: events, attempts, quarantine, the audit log.
    func redate(to now: Timestamp) async throws(StoreError) -> Int
    /// Finishes what was submitted, then closes. Later calls answer `StoreError.closed`.
    func close() async
}
