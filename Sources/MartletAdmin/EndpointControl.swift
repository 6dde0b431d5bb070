// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the admin API may ask of deliveries and endpoints that run; the gateway's is the dispatcher.
package protocol EndpointControl: Sendable {
    /// Every configured endpoint, sorted by id.
    func standings() async -> [EndpointStanding]
    /// False if it was disabled already; nil if there is none of that name.
    func disable(_ id: EndpointID) async -> Bool?
    /// False if it was not disabled, or is by the configuration; nil if there is none of that name.
    func enable(_ id: EndpointID) async -> Bool?
    /// Makes pending what was skipped while the endpoint was disabled; returns how many there were.
    func offerSkipped(of id: EndpointID) async throws(OfferCutShort) -> Int
    /// Sends one test event now, without touching the endpoint's health.
    func test(_ id: EndpointID) async -> EndpointTest
    /// Makes a delivery due now.
    func retry(_ id: DeliveryID) async throws(StoreError) -> RetryOutcome
    /// Ends a pending delivery.
    func cancel(_ id: DeliveryID) async throws(StoreError) -> CancelOutcome
    /// Removes what an event says of people.
    func expunge(
        _ id: EventID,
        _ note: Expungement,
        cancellingPending: Bool
    ) async throws(StoreError) -> ExpungeOutcome
}
