// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// When one source is asked for due watches: a value without clock or store.
struct WatchLane: Sendable, Equatable {
    /// Polls of this source at once.
    static let limit = 4

    private(set) var running = 0
    /// When the next watch is due; nil if there is none.
    private(set) var due: Timestamp?
    private(set) var isClaiming = false
    /// A watch became due while a claim was under way, which may not have seen it.
    private var mustLookAgain = false

    /// Something is due then.
    mutating func noteDue(_ moment: Timestamp) {
        if isClaiming { mustLookAgain = true }
        due = due.map { min($0, moment) } ?? moment
    }

    /// How many watches to claim now; 0 if none.
    ///
    /// `free`: places among all sources. A source that runs nothing always has one, so that others that hang cannot
    /// hold it up.
    mutating func claim(at now: Timestamp, free: Int) -> Int {
        guard !isClaiming, let due, due <= now else { return 0 }
        let room = min(Self.limit - running, max(free, running == 0 ? 1 : 0))
        guard room > 0 else { return 0 }
        isClaiming = true
        mustLookAgain = false
        return room
    }

    /// A claim has brought that many, and says when the next is due.
    mutating func claimed(_ count: Int, nextDue: Timestamp?, at now: Timestamp) {
        isClaiming = false
        running += count
        due = mustLookAgain ? now : nextDue
        mustLookAgain = false
    }

    /// A claim has failed; the store is asked again then.
    mutating func claimFailed(retryAt: Timestamp) {
        isClaiming = false
        due = retryAt
    }

    mutating func ended() { running -= 1 }

    /// When the source is to be looked at again; nil while a claim is under way, whose end looks by itself.
    var wakeAt: Timestamp? { isClaiming ? nil : due }
}
