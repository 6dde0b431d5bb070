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

/// What became of an operator's wish to pause, resume or cancel a replay.
package enum ReplayAction: Sendable, Equatable {
    case done
    /// It is in that state, which forbids it or makes it needless.
    case refused(ReplayState)
    case unknown
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
