// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What lists, searches, pages and gauges ask for.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol ReadingStore: Sendable {
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
}
