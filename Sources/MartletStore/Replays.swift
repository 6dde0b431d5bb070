// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A replay: deliveries made again on request; printed as `rpl_` and the store's number.
package struct ReplayID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }

    /// Reads `rpl_42` or a bare `42`; nil for anything else.
    package init?(text: String) {
        let digits = text.hasPrefix("rpl_") ? text.dropFirst(4) : Substring(text)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(digits), number > 0 else {
            return nil
        }
        self.number = number
    }

    package var description: String { "rpl_\(number)" }
    package static func < (left: ReplayID, right: ReplayID) -> Bool { left.number < right.number }
}

/// Where a replay stands.
package enum ReplayState: String, Sendable, CaseIterable {
    /// Deliveries are being made, or the last ones of them are on their way.
    case running
    case paused
    case cancelled
    /// Everything was made, and every delivery of it has ended.
    case done
}

/// Which deliveries are made again; nil members match everything.
///
/// What is on its way to the endpoint already is always left out, and so is what has arrived there unless `states` asks
/// for `delivered`; of several deliveries of an event to one endpoint the newest counts. Nothing is sent twice by mistake.
package struct ReplaySelection: Sendable, Equatable {
    /// States that a delivery may have ended in: of `dead`, `skipped`, `cancelled`, `delivered`.
    package var states: Set<DeliveryState>
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
    package var counts: [EndpointID: Int]
    /// Some of the deliveries that would be made again, of the oldest events.
    package var sample: [StoredDelivery]
    /// More than one replay takes; the counts are not whole.
    package var isTooLarge: Bool

    package init(counts: [EndpointID: Int], sample: [StoredDelivery] = [], isTooLarge: Bool = false) {
        self.counts = counts
        self.sample = sample
        self.isTooLarge = isTooLarge
    }

    package var total: Int { counts.values.reduce(0, +) }

    /// Deliveries that one replay makes at most.
    package static let limit = 500_000
}

/// A replay to be begun.
package struct NewReplay: Sendable, Equatable {
    package var selection: ReplaySelection
    /// Deliveries made in a second; above 0.
    package var ratePerSecond: Double
    package var reason: String
    /// The name of the key.
    package var createdBy: String
    package var createdAt: Timestamp

    package init(
        selection: ReplaySelection,
        ratePerSecond: Double,
        reason: String,
        createdBy: String,
        createdAt: Timestamp
    ) {
        self.selection = selection
        self.ratePerSecond = ratePerSecond
        self.reason = reason
        self.createdBy = createdBy
        self.createdAt = createdAt
    }
}

/// What the wish for a replay came to.
package enum ReplayBeginning: Sendable, Equatable {
    case begun(ReplayID)
    /// No delivery fits; nothing was written.
    case nothing
    /// More than `ReplaySurvey.limit` fit; nothing was written.
    case tooLarge
    /// So many replays are running or paused already; nothing was written.
    case tooManyUnderWay(Int)
}

/// The next deliveries of a replay for one endpoint.
package struct ReplayStep: Sendable, Equatable {
    package var replay: ReplayID
    package var endpoint: EndpointID
    /// Whether the endpoint's deliveries of one payment go one after the other.
    package var isOrdered: Bool
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
        isOrdered: Bool = false,
        limit: Int,
        maxWaiting: Int = 500,
        now: Timestamp,
        createdAt: Timestamp
    ) {
        self.replay = replay
        self.endpoint = endpoint
        self.isOrdered = isOrdered
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
    /// Not looked at yet.
    package var left: Int

    package init(made: Int = 0, gone: Int = 0, unneeded: Int = 0, left: Int) {
        self.made = made
        self.gone = gone
        self.unneeded = unneeded
        self.left = left
    }
}

/// What became of an operator's wish to pause, resume or cancel a replay.
package enum ReplayAction: Sendable, Equatable {
    case done
    /// It is in that state, which forbids it or makes it needless.
    case refused(ReplayState)
    case unknown
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
        waiting: Int = 0,
        delivered: Int = 0,
        dead: Int = 0,
        cancelled: Int = 0
    ) {
        self.total = total
        self.made = made
        self.gone = gone
        self.unneeded = unneeded
        self.waiting = waiting
        self.delivered = delivered
        self.dead = dead
        self.cancelled = cancelled
    }

    /// Not looked at yet; of a replay that was cancelled, never.
    package var left: Int { total - made - gone - unneeded }

    package static func + (first: ReplayCounts, second: ReplayCounts) -> ReplayCounts {
        ReplayCounts(
            total: first.total + second.total,
            made: first.made + second.made,
            gone: first.gone + second.gone,
            unneeded: first.unneeded + second.unneeded,
            waiting: first.waiting + second.waiting,
            delivered: first.delivered + second.delivered,
            dead: first.dead + second.dead,
            cancelled: first.cancelled + second.cancelled
        )
    }
}

/// One replay with how far it has come.
package struct StoredReplay: Sendable, Equatable {
    /// One endpoint's part.
    package struct Part: Sendable, Equatable {
        package var endpoint: EndpointID
        package var counts: ReplayCounts

        package init(endpoint: EndpointID, counts: ReplayCounts) {
            self.endpoint = endpoint
            self.counts = counts
        }
    }

    package var id: ReplayID
    package var state: ReplayState
    package var replay: NewReplay
    package var changedAt: Timestamp
    /// When the last of its deliveries had ended; from then on the counts stand still.
    package var finishedAt: Timestamp?
    /// By endpoint.
    package var parts: [Part]

    package init(
        id: ReplayID,
        state: ReplayState,
        replay: NewReplay,
        changedAt: Timestamp,
        finishedAt: Timestamp?,
        parts: [Part]
    ) {
        self.id = id
        self.state = state
        self.replay = replay
        self.changedAt = changedAt
        self.finishedAt = finishedAt
        self.parts = parts
    }

    package var counts: ReplayCounts { parts.reduce(ReplayCounts()) { $0 + $1.counts } }
}

/// A filter on replays; nil members match everything.
package struct ReplayQuery: Sendable, Equatable {
    package var state: ReplayState?
    /// Only those of whose deliveries some may still be on their way, or to be made.
    package var isUnfinished: Bool
    /// Only replays that were limited to some of these shops; what a key that is limited to shops may see.
    package var shops: Set<String>?
    /// Only rows older than this one.
    package var before: ReplayID?
    package var limit: Int

    package init(
        state: ReplayState? = nil,
        isUnfinished: Bool = false,
        shops: Set<String>? = nil,
        before: ReplayID? = nil,
        limit: Int = 50
    ) {
        self.state = state
        self.isUnfinished = isUnfinished
        self.shops = shops
        self.before = before
        self.limit = limit
    }
}
