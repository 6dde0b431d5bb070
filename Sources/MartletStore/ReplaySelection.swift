// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Which deliveries are made again; nil members match everything.
///
/// What is on its way to the endpoint already is always left out, and so is what has arrived there unless `states` asks
/// for `delivered`; of several deliveries of an event to one endpoint the newest counts. Nothing is sent twice by mistake.
/// No event goes to an endpoint that does not get the events of its shop.
package struct ReplaySelection: Sendable, Equatable {
    /// States that a delivery may have ended in: of `dead`, `skipped`, `cancelled`, `delivered`.
    package var states: Set<DeliveryState>
    /// Also events that `endpoint` subscribes to as it is now and never had a delivery of; nothing without `endpoint`.
    package var includesMissing: Bool
    package var endpoint: EndpointID?
    /// One event, whose deliveries are made again whatever state they ended in.
    package var event: EventID?
    package var provider: String?
    /// `provider/id`, or an id at any provider.
    package var source: String?
    package var type: String?
    package var shop: String?
    package var order: String?
    /// When the event came; `since` is included, `until` is not.
    package var since: Timestamp?
    package var until: Timestamp?
    /// Only events of these shops; what a key that is limited to shops may replay.
    package var shops: Set<String>?
    /// Endpoints that get each event once, in place of those that the deliveries were for.
    package var targets: [EndpointID]?

    package static let defaultStates: Set<DeliveryState> = [.dead, .skipped]
    package static let allStates: Set<DeliveryState> = [.dead, .skipped, .cancelled, .delivered]

    package init(
        states: Set<DeliveryState> = defaultStates,
        includesMissing: Bool = false,
        endpoint: EndpointID? = nil,
        event: EventID? = nil,
        provider: String? = nil,
        source: String? = nil,
        type: String? = nil,
        shop: String? = nil,
        order: String? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        shops: Set<String>? = nil,
        targets: [EndpointID]? = nil
    ) {
        self.states = states
        self.includesMissing = includesMissing
        self.endpoint = endpoint
        self.event = event
        self.provider = provider
        self.source = source
        self.type = type
        self.shop = shop
        self.order = order
        self.since = since
        self.until = until
        self.shops = shops
        self.targets = targets
    }

    /// Whether what has arrived is sent again.
    package var repeatsDelivered: Bool { event != nil || states.contains(.delivered) }
}

/// What a replay of a selection would make right now.
package struct ReplaySurvey: Sendable, Equatable {
    /// One endpoint's part.
    package struct Part: Sendable, Equatable {
        /// Deliveries that would be made.
        package var total: Int
        /// Of these, events that the endpoint never had.
        package var missing: Int
        /// Of these, events whose raw callback is no longer kept although the endpoint gets it: it would be `null`.
        package var withoutRaw: Int
        /// Not among these: the endpoint no longer gets the events of their shops.
        package var otherShop: Int

        package init(total: Int = 0, missing: Int = 0, withoutRaw: Int = 0, otherShop: Int = 0) {
            self.total = total
            self.missing = missing
            self.withoutRaw = withoutRaw
            self.otherShop = otherShop
        }
    }

    package var parts: [EndpointID: Part]
    /// Some of the deliveries that would be made again, of the oldest events.
    package var sample: [StoredDelivery]
    /// Some of the events that an endpoint never had, oldest first.
    package var missingSample: [StoredEvent]
    /// More than one replay takes; the counts are not whole.
    package var isTooLarge: Bool

    package init(
        parts: [EndpointID: Part],
        sample: [StoredDelivery] = [],
        missingSample: [StoredEvent] = [],
        isTooLarge: Bool = false
    ) {
        self.parts = parts
        self.sample = sample
        self.missingSample = missingSample
        self.isTooLarge = isTooLarge
    }

    /// Deliveries that would be made, by endpoint; without those that would get none.
    package var counts: [EndpointID: Int] { parts.mapValues(\.total).filter { $0.value > 0 } }
    package var total: Int { sum(\.total) }
    package func sum(_ count: KeyPath<Part, Int>) -> Int { parts.values.reduce(0) { $0 + $1[keyPath: count] } }

    /// Deliveries that one replay makes at most.
    package static let limit = 500_000
}
