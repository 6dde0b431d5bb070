// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Which events a feed tells; nil members match everything.
package struct EventFeedQuery: Sendable, Equatable {
    package var shop: String?
    /// Only events of these shops; what a key that is limited to shops may see.
    package var shops: Set<String>?
    /// `provider/id` names one account; a bare id names it at every provider.
    package var source: String?
    package var type: String?
    /// Only events that have a delivery for this endpoint.
    package var endpoint: EndpointID?
    package var limit: Int

    package init(
        shop: String? = nil,
        shops: Set<String>? = nil,
        source: String? = nil,
        type: String? = nil,
        endpoint: EndpointID? = nil,
        limit: Int = 100
    ) {
        self.shop = shop
        self.shops = shops
        self.source = source
        self.type = type
        self.endpoint = endpoint
        self.limit = limit
    }
}

/// A part of the events in the order of their commits.
package struct EventFeed: Sendable, Equatable {
    /// Oldest first.
    package var events: [StoredEvent]
    /// Everything that fits the query up to here has been told; the next part begins after it.
    package var position: Int64
    /// The newest sequence that was given when the part was read.
    package var newest: Int64

    package init(events: [StoredEvent], position: Int64, newest: Int64) {
        self.events = events
        self.position = position
        self.newest = newest
    }
}
