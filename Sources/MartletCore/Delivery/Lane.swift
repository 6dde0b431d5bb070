// SPDX-License-Identifier: Apache-2.0

/// The queue of one endpoint: which deliveries are in memory, which may be sent now, and when the store has more.
///
/// Pure: events go in, actions come out, the caller performs them. The window in memory is bounded by the places that
/// the caller reserves in `LaneGate`; everything beyond it waits in the store. One lane never looks at another, so an
/// endpoint that hangs or fails holds up nobody else.
package struct Lane: Sendable {
    /// What the caller must do.
    package enum Action: Sendable, Equatable {
        /// Make the next attempt of this delivery.
        case send(ClaimedDelivery)
        /// Ask the store for due deliveries, then report `claimed` or `claimFailed`; or `noRoom` instead.
        case claim
    }

    /// What has happened.
    package enum Event: Sendable, Equatable {
        /// A commit made these deliveries in flight; their places were reserved before it.
        case handedOver(ClaimedDelivery)
        /// The store holds a pending delivery that is due then.
        case pending(due: Timestamp)
        /// The store's answer to `claim`.
        case claimed(ClaimedBatch)
        /// There are too few free places to claim for; `roomFreed` will come.
        case noRoom
        /// Places have become free.
        case roomFreed
        /// The store could not answer; ask again then.
        case claimFailed(retryAt: Timestamp)
        /// An HTTP request has ended.
        case attemptEnded
        /// Time has passed.
        case clockAdvanced
    }

    /// HTTP requests at once.
    package var maxInFlight: Int
    /// A paused lane sends what it has in memory and asks the store for nothing more.
    package var isPaused = false
    /// Places in memory, see `LaneGate`.
    package let capacity: Int
    private var ready: [ClaimedDelivery] = []
    private var readyHead = 0
    private(set) package var inFlight = 0
    private var isClaiming = false
    private var isWaitingForRoom = false
    /// When the store's next pending delivery is due, as far as known.
    private var nextDue: Timestamp?
    /// Set when a pending delivery was announced while a claim was under way, whose answer may not know of it.
    private var announcedWhileClaiming: Timestamp?

    package init(maxInFlight: Int, capacity: Int) {
        self.maxInFlight = maxInFlight
        self.capacity = capacity
    }

    /// Deliveries in memory that wait for a free request.
    package var waiting: Int { ready.count - readyHead }

    /// When the caller must report `clockAdvanced`; nil while there is nothing to wait for.
    package var wakeAt: Timestamp? { canClaim ? nextDue : nil }

    package mutating func handle(_ event: Event, at now: Timestamp) -> [Action] {
        switch event {
        case .handedOver(let delivery): ready.append(delivery)
        case .pending(let due): note(pendingDue: due)
        case .claimed(let batch): take(batch)
        case .claimFailed(let retryAt):
            isClaiming = false
            nextDue = retryAt
            announcedWhileClaiming = nil
        case .noRoom:
            isClaiming = false
            isWaitingForRoom = true
        case .roomFreed: isWaitingForRoom = false
        case .attemptEnded: inFlight -= 1
        case .clockAdvanced: break
        }
        return actions(at: now)
    }

    /// Whether the store holds a delivery that is due, as far as known.
    package func hasDueBacklog(at now: Timestamp) -> Bool { nextDue.map { $0 <= now } ?? false }

    // Claim early enough that requests do not pause for the store, and late enough to claim many at once.
    private var canClaim: Bool { !isClaiming && !isWaitingForRoom && !isPaused && waiting <= capacity / 4 }

    private mutating func note(pendingDue due: Timestamp) {
        if isClaiming { announcedWhileClaiming = min(announcedWhileClaiming ?? due, due) }
        nextDue = min(nextDue ?? due, due)
    }

    private mutating func take(_ batch: ClaimedBatch) {
        isClaiming = false
        ready.append(contentsOf: batch.deliveries)
        nextDue = batch.nextDue
        if let announced = announcedWhileClaiming {
            nextDue = min(nextDue ?? announced, announced)
            announcedWhileClaiming = nil
        }
    }

    private mutating func actions(at now: Timestamp) -> [Action] {
        var actions: [Action] = []
        while inFlight < maxInFlight, readyHead < ready.count {
            actions.append(.send(ready[readyHead]))
            readyHead += 1
            inFlight += 1
        }
        if readyHead == ready.count {
            ready.removeAll(keepingCapacity: true)
            readyHead = 0
        } else if readyHead > 256 {
            ready.removeFirst(readyHead)
            readyHead = 0
        }
        if canClaim, let due = nextDue, due <= now {
            isClaiming = true
            actions.append(.claim)
        }
        return actions
    }
}
