// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What is due, what is in hand, and what operators do to deliveries.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol DeliveringStore: Sendable {
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

    // MARK: by hand

    /// Makes a delivery due now, whatever its state was but `delivered`.
    ///
    /// One that had ended gets the attempts of a whole schedule once more; one that is pending goes on with what is left
    /// of its own. One that is in flight stays so: it is being tried at this moment. With ordered delivery one that had
    /// ended waits for those of its payment that are under way.
    func retry(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> RetryOutcome

    /// Ends a pending delivery that is not in flight; the next one of its lane becomes due by it.
    func cancel(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> CancelOutcome

    /// Looks at up to `limit` skipped deliveries after one, oldest first, and makes pending those that are the endpoint's.
    ///
    /// Left as they are: those of a shop that is not among `shops`, and those whose event is on its way to the endpoint or
    /// has arrived there by another delivery.
    func offerSkipped(
        of endpoint: EndpointID,
        shops: Set<String>,
        after: DeliveryID?,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> SkippedOffer
}
