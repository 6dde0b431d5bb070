// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// The next deliveries of a replay for one endpoint.
package struct ReplayStep: Sendable, Equatable {
    package var replay: ReplayID
    package var endpoint: EndpointID
    /// Shops whose events the endpoint gets, or `*` for all.
    package var shops: Set<String>
    /// Whether the endpoint's deliveries of one payment go one after the other.
    package var isOrdered: Bool
    /// The body of an event that the endpoint never had, if it is to get another than the whole event.
    package var shape: EventShape?
    /// Deliveries made at most.
    package var limit: Int
    /// Deliveries of this replay that may wait for the endpoint; no more are made while so many do.
    package var maxWaiting: Int
    /// When the new deliveries are due.
    package var now: Timestamp
    /// By the clock that people see.
    package var createdAt: Timestamp

    package init(
        replay: ReplayID,
        endpoint: EndpointID,
        shops: Set<String> = ["*"],
        isOrdered: Bool = false,
        shape: EventShape? = nil,
        limit: Int,
        maxWaiting: Int = 500,
        now: Timestamp,
        createdAt: Timestamp
    ) {
        self.replay = replay
        self.endpoint = endpoint
        self.shops = shops
        self.isOrdered = isOrdered
        self.shape = shape
        self.limit = limit
        self.maxWaiting = maxWaiting
        self.now = now
        self.createdAt = createdAt
    }
}

/// What a step came to.
package struct ReplayProgress: Sendable, Equatable {
    package var made: Int
    package var gone: Int
    package var unneeded: Int
    package var otherShop: Int
    /// Not looked at yet.
    package var left: Int

    package init(made: Int = 0, gone: Int = 0, unneeded: Int = 0, otherShop: Int = 0, left: Int) {
        self.made = made
        self.gone = gone
        self.unneeded = unneeded
        self.otherShop = otherShop
        self.left = left
    }

    /// What this step has looked at.
    package var done: Int { made + gone + unneeded + otherShop }
}

/// How far a replay has come for one endpoint.
package struct ReplayCounts: Sendable, Equatable {
    /// What was selected at the beginning; never changes.
    package var total: Int
    package var made: Int
    /// Retention had removed the event before its turn.
    package var gone: Int
    /// On its way, or delivered, in another way before its turn, so that it was not made.
    package var unneeded: Int
    /// At its turn the endpoint no longer got the events of that shop, so that it was not made.
    package var otherShop: Int
    /// Made and not ended yet.
    package var waiting: Int
    package var delivered: Int
    package var dead: Int
    package var cancelled: Int

    package init(
        total: Int = 0,
        made: Int = 0,
        gone: Int = 0,
        unneeded: Int = 0,
        otherShop: Int = 0,
        waiting: Int = 0,
        delivered: Int = 0,
        dead: Int = 0,
        cancelled: Int = 0
    ) {
        self.total = total
        self.made = made
        self.gone = gone
        self.unneeded = unneeded
        self.otherShop = otherShop
        self.waiting = waiting
        self.delivered = delivered
        self.dead = dead
        self.cancelled = cancelled
    }

    /// Not looked at yet; of a replay that was cancelled, never.
    package var left: Int { total - made - gone - unneeded - otherShop }

    package static func + (first: ReplayCounts, second: ReplayCounts) -> ReplayCounts {
        ReplayCounts(
            total: first.total + second.total,
            made: first.made + second.made,
            gone: first.gone + second.gone,
            unneeded: first.unneeded + second.unneeded,
            otherShop: first.otherShop + second.otherShop,
            waiting: first.waiting + second.waiting,
            delivered: first.delivered + second.delivered,
            dead: first.dead + second.dead,
            cancelled: first.cancelled + second.cancelled
        )
    }
}
