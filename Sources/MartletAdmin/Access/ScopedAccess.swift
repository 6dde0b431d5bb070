// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// All that a handler can reach: the store and the endpoints, as far as the caller's shops go.
///
/// The one place where a key's shops limit what it sees. What is out of sight is answered as if it did not exist.
struct ScopedAccess: Sendable {
    let store: any EventStore
    let control: any EndpointControl
    let management: any EndpointManagement
    let quarantine: any QuarantineControl
    let watchControl: any WatchControl
    let sweepControl: any SweepControl
    let orders: any OrderControl
    let replayControl: any ReplayControl
    let sourceControl: any SourceControl
    /// Nil for all shops.
    let shops: Set<String>?
    /// Deliveries that are counted for an endpoint's page.
    private static let countedAtMost = 1000

    init(
        store: any EventStore,
        control: any EndpointControl,
        endpoints: any EndpointManagement,
        quarantine: any QuarantineControl,
        watches: any WatchControl,
        sweeps: any SweepControl,
        orders: any OrderControl,
        replays: any ReplayControl,
        sources: any SourceControl,
        caller: Caller
    ) {
        self.store = store
        self.control = control
        management = endpoints
        self.quarantine = quarantine
        watchControl = watches
        sweepControl = sweeps
        self.orders = orders
        replayControl = replays
        sourceControl = sources
        shops = caller.shops
    }

    // MARK: events and deliveries

    func events(_ query: EventQuery) async throws(StoreError) -> [StoredEvent] {
        var query = query
        query.shops = shops
        return try await store.events(query)
    }

    func event(_ id: EventID) async throws(StoreError) -> EventDetail? {
        guard let detail = try await store.event(id), sees(detail.event.shop) else { return nil }
        return detail
    }

    func deliveries(_ query: DeliveryQuery) async throws(StoreError) -> [StoredDelivery] {
        var query = query
        query.shops = shops
        return try await store.deliveries(query)
    }

    func delivery(_ id: DeliveryID) async throws(StoreError) -> DeliveryDetail? {
        guard let detail = try await store.delivery(id), sees(detail.delivery.shop) else { return nil }
        return detail
    }

    func retry(_ id: DeliveryID) async throws(StoreError) -> RetryOutcome {
        guard try await delivery(id) != nil else { return .unknown }
        return try await control.retry(id)
    }

    func cancel(_ id: DeliveryID) async throws(StoreError) -> CancelOutcome {
        guard try await delivery(id) != nil else { return .unknown }
        return try await control.cancel(id)
    }

    func expunge(
        _ id: EventID,
        _ note: Expungement,
        cancellingPending: Bool
    ) async throws(StoreError) -> ExpungeOutcome {
        guard try await event(id) != nil else { return .unknown }
        return try await control.expunge(id, note, cancellingPending: cancellingPending)
    }

    // MARK: endpoints

    /// Sorted by id.
    func endpoints() async -> [EndpointStanding] { await control.standings().filter { sees($0.endpoint) } }

    func endpoint(_ id: EndpointID) async -> EndpointStanding? {
        await endpoints().first { $0.endpoint.id == id }
    }

    func backlogs(of endpoints: [EndpointID]) async throws(StoreError) -> [EndpointID: EndpointBacklog] {
        try await store.backlogs(of: endpoints, limit: Self.countedAtMost)
    }

    func disable(_ id: EndpointID) async -> Bool? {
        guard await endpoint(id) != nil else { return nil }
        return await control.disable(id)
    }

    func enable(_ id: EndpointID) async -> Bool? {
        guard await endpoint(id) != nil else { return nil }
        return await control.enable(id)
    }

    func offerSkipped(of id: EndpointID) async throws(OfferCutShort) -> Int {
        guard await endpoint(id) != nil else { return 0 }
        return try await control.offerSkipped(of: id)
    }

    // MARK: shops

    func sees(_ shop: String) -> Bool { shops?.contains(shop) ?? true }

    /// An endpoint that gets other shops' events too shows nothing to one who may not see those.
    func sees(_ endpoint: Endpoint) -> Bool { shops.map { endpoint.shops.isSubset(of: $0) } ?? true }
}
