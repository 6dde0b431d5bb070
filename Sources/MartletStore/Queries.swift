// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A filter on events; nil members match everything.
package struct EventQuery: Sendable, Equatable {
    package var shop: String?
    /// Only events of these shops; what a key that is limited to shops may see.
    package var shops: Set<String>?
    package var provider: String?
    package var source: String?
    package var type: String?
    package var order: String?
    package var object: String?
    package var since: Timestamp?
    package var until: Timestamp?
    /// Only rows older than this one (`StoredEvent.sequence`).
    package var before: Int64?
    package var limit: Int

    package init(
        shop: String? = nil,
        shops: Set<String>? = nil,
        provider: String? = nil,
        source: String? = nil,
        type: String? = nil,
        order: String? = nil,
        object: String? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        before: Int64? = nil,
        limit: Int = 50
    ) {
        self.shop = shop
        self.shops = shops
        self.provider = provider
        self.source = source
        self.type = type
        self.order = order
        self.object = object
        self.since = since
        self.until = until
        self.before = before
        self.limit = limit
    }
}

/// A filter on deliveries; nil members match everything.
package struct DeliveryQuery: Sendable, Equatable {
    package var state: DeliveryState?
    package var endpoint: EndpointID?
    package var event: EventID?
    /// Only deliveries that this replay has made.
    package var replay: ReplayID?
    /// Only deliveries of events of these shops.
    package var shops: Set<String>?
    package var since: Timestamp?
    package var until: Timestamp?
    /// Only rows older than this one.
    package var before: DeliveryID?
    package var limit: Int

    package init(
        state: DeliveryState? = nil,
        endpoint: EndpointID? = nil,
        event: EventID? = nil,
        replay: ReplayID? = nil,
        shops: Set<String>? = nil,
        since: Timestamp? = nil,
        until: Timestamp? = nil,
        before: DeliveryID? = nil,
        limit: Int = 50
    ) {
        self.state = state
        self.endpoint = endpoint
        self.event = event
        self.replay = replay
        self.shops = shops
        self.since = since
        self.until = until
        self.before = before
        self.limit = limit
    }
}
