// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A filter on watches; nil members match everything.
package struct WatchQuery: Sendable, Equatable {
    package var source: SourceID?
    /// As `StoredWatch` shows it: an open watch of a source on hold is held.
    package var state: WatchState?
    /// Only watches of these shops; what a key that is limited to shops may see.
    package var shops: Set<String>?
    /// Only rows older than this one.
    package var before: WatchID?
    package var limit: Int

    package init(
        source: SourceID? = nil,
        state: WatchState? = nil,
        shops: Set<String>? = nil,
        before: WatchID? = nil,
        limit: Int = 50
    ) {
        self.source = source
        self.state = state
        self.shops = shops
        self.before = before
        self.limit = limit
    }
}

/// What a registration came to.
package enum WatchRegistration: Sendable, Equatable {
    case registered(WatchID)
    /// The subject was watched before; details are replaced, secrets where new ones are given, and one that was overdue
    /// is open again.
    case exists(WatchID)
}

/// One watch as lists show it.
package struct StoredWatch: Sendable, Equatable {
    /// With the hold of its source: then an open one is `held`, and `note` says why the source is.
    package var watch: Watch
    package var shop: String
    package var isSourceHeld: Bool

    package init(watch: Watch, shop: String, isSourceHeld: Bool = false) {
        self.watch = watch
        self.shop = shop
        self.isSourceHeld = isSourceHeld
    }
}

/// One watch with its newest polls, newest first.
package struct WatchDetail: Sendable, Equatable {
    package var stored: StoredWatch
    package var polls: [StoredPoll]

    package init(stored: StoredWatch, polls: [StoredPoll]) {
        self.stored = stored
        self.polls = polls
    }
}

/// One poll as it was recorded; the newest `kept` of a watch are there.
package struct StoredPoll: Sendable, Equatable {
    package static let kept = 50
    /// The outcome of a poll that an event overtook.
    package static let overtaken = "overtaken"

    /// From 1.
    package var number: Int
    package var at: Timestamp
    package var outcome: String
    package var note: String?
    /// What it learned, known before or not.
    package var events: [EventID]

    package init(number: Int, at: Timestamp, outcome: String, note: String? = nil, events: [EventID] = []) {
        self.number = number
        self.at = at
        self.outcome = outcome
        self.note = note
        self.events = events
    }
}

/// A due watch that was taken in hand.
package struct ClaimedWatch: Sendable, Equatable {
    package var watch: Watch
    package var shop: String
    package var order: KnownOrder?
    /// How often something asked for a poll; tells whether it was asked for again while a poll ran.
    package var asked: Int64
    /// How far the store's events had come then, in the store's own count; for `PollRecord.relativeTo`.
    package var position: Int64

    package init(watch: Watch, shop: String, order: KnownOrder? = nil, asked: Int64, position: Int64) {
        self.watch = watch
        self.shop = shop
        self.order = order
        self.asked = asked
        self.position = position
    }
}

/// What a claim of due watches came to.
package struct WatchBatch: Sendable, Equatable {
    package var watches: [ClaimedWatch]
    /// When the next one is due that is not in hand; nil if there is none.
    package var nextDue: Timestamp?

    package init(watches: [ClaimedWatch] = [], nextDue: Timestamp? = nil) {
        self.watches = watches
        self.nextDue = nextDue
    }
}

/// One poll with all that follows from it, written in one transaction.
package struct PollRecord: Sendable {
    /// What becomes of the watch, unless it was closed while the poll ran.
    package enum Next: Sendable {
        case poll(at: Timestamp)
        case close
        case hold(reason: String)
        case holdSource(reason: String)
        /// The deadline has passed; the event that tells of it.
        case overdue(Capture)
    }

    package var watch: WatchID
    /// `ClaimedWatch.asked`.
    package var asked: Int64
    /// When the poll ended, by the wall clock; nil where the provider was not asked.
    package var polledAt: Timestamp?
    /// By the clock that due times go by.
    package var decidedAt: Timestamp
    package var outcome: String
    package var memory: [UInt8]
    package var next: Next
    package var news: [Capture]
    /// `ClaimedWatch.position` if the news hold only against what was known then; nil if they hold by themselves.
    ///
    /// Should an event of one of their objects have been stored since, nothing of this record counts but that there was
    /// a poll: the watch is due again at once. One that is closed is not asked about again, so a refund that none of those
    /// events told counts all the same.
    package var relativeTo: Int64?
    /// Replaces the watch's deadline, unless the watch was closed while the poll ran; nil leaves it.
    package var deadline: Timestamp?
    /// What hindered the poll, kept with it and shown with the watch until the next poll; nil clears it.
    package var note: String?

    package init(
        watch: WatchID,
        asked: Int64,
        polledAt: Timestamp?,
        decidedAt: Timestamp,
        outcome: String,
        memory: [UInt8],
        next: Next,
        news: [Capture] = [],
        relativeTo: Int64? = nil,
        deadline: Timestamp? = nil,
        note: String? = nil
    ) {
        self.watch = watch
        self.asked = asked
        self.polledAt = polledAt
        self.decidedAt = decidedAt
        self.outcome = outcome
        self.memory = memory
        self.next = next
        self.news = news
        self.relativeTo = relativeTo
        self.deadline = deadline
        self.note = note
    }
}

/// What a record of a poll came to.
package struct PollOutcome: Sendable, Equatable {
    /// In the order of `PollRecord.news`.
    package var news: [CaptureOutcome]
    /// Nil where the watch is not overdue.
    package var overdue: CaptureOutcome?
    package var state: WatchState
    /// An event that was stored meanwhile has made the answer worthless (`PollRecord.relativeTo`).
    package var isOvertaken: Bool

    package init(
        news: [CaptureOutcome],
        overdue: CaptureOutcome?,
        state: WatchState,
        isOvertaken: Bool = false
    ) {
        self.news = news
        self.overdue = overdue
        self.state = state
        self.isOvertaken = isOvertaken
    }
}

/// What became of an operator's wish about a watch.
package enum WatchAction: Sendable, Equatable {
    case done
    /// Not possible in this state.
    case refused(WatchState)
    case unknown
}
