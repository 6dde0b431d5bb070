// SPDX-License-Identifier: Apache-2.0

/// The queue of one endpoint: which deliveries are in memory, which may be sent now, and when the store has more.
///
/// Pure: events go in, actions come out, the caller performs them. The window in memory is bounded by the places that
/// the caller reserves in `LaneGate`; everything beyond it waits in the store. One lane never looks at another, so an
/// endpoint that hangs or fails holds up nobody else. The caller's clock must not go backwards while the lane lives;
/// should it do so all the same, no pause grows longer by it.
package struct Lane: Sendable {
    /// What the caller must do.
    package enum Action: Sendable, Equatable {
        /// Make the next attempt of this delivery.
        case send(ClaimedDelivery)
        /// Ask the store for due deliveries, at most so many, then report `claimed` or `claimFailed`; or `noRoom`
        /// instead.
        case claim(limit: Int)
        /// Give these back to the store, where they are due as before, and free their places.
        ///
        /// The lane knows by itself that the store holds them then and that places are free.
        case release([ClaimedDelivery])
        /// Write `health.saved(at:)`, and announce what is to be announced.
        case healthChanged([HealthChange])
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
        ///
        /// `retryAfter`: what its answer asked for.
        case attemptEnded(DeliveryID, AttemptOutcome, retryAfter: Duration?)
        /// Time has passed, or `slots` may have grown.
        case clockAdvanced
        /// The endpoint's settings are these from now on.
        case configured(LaneSettings)
        case disabledByOperator
        case enabledByOperator
        /// An operator wants to see an attempt now: ends what the lane waits for, but not its pace.
        case nudged
    }

    /// What an attempt must be judged by when it ends.
    struct Ticket: Sendable, Equatable {
        var breaker: Int
        var slowdown: Int
    }

    /// Places in memory, see `LaneGate`.
    package let capacity: Int
    package private(set) var settings: LaneSettings
    package private(set) var health: EndpointHealth
    private(set) var slowdown = Slowdown()
    private(set) var bucket: TokenBucket?
    private(set) var sending: [DeliveryID: Ticket] = [:]
    private var ready: [ClaimedDelivery] = []
    private var readyHead = 0
    private(set) var isClaiming = false
    private(set) var isWaitingForRoom = false
    /// When the store's next pending delivery is due, as far as known.
    private(set) var nextDue: Timestamp?
    /// A pending delivery that is due no earlier than this is no news; nil while every one must be announced.
    package var knownDue: Timestamp? { isClaiming ? nil : nextDue }
    /// Set when a pending delivery was announced while a claim was under way, whose answer may not know of it.
    private var announcedWhileClaiming: Timestamp?
    private var latest = Timestamp(milliseconds: .min)
    /// When the caller must report `clockAdvanced`; nil while there is nothing to wait for.
    package private(set) var wakeAt: Timestamp?
    /// More could be sent now if the caller granted slots; report `clockAdvanced` when there are some.
    package private(set) var wantsSlot = false

    /// Nothing is sent before, because the endpoint or a failing proxy asks for a pause; may be past.
    package var heldUntil: Timestamp? { slowdown.heldUntil }

    /// `health`: as a former run left it.
    package init(settings: LaneSettings, capacity: Int, health: EndpointHealth = EndpointHealth()) {
        self.settings = settings
        self.capacity = capacity
        self.health = health
        bucket = settings.ratePerSecond.map { TokenBucket(ratePerSecond: $0) }
    }

    /// Deliveries in memory that wait to be sent.
    package var waiting: Int { ready.count - readyHead }

    /// HTTP requests under way.
    package var inFlight: Int { sending.count }

    /// Takes in what has happened and says what is to be done about it.
    ///
    /// `slots`: requests that may be started now as far as others are concerned (`FairShare`).
    package mutating func handle(_ event: Event, at now: Timestamp, slots: Int = .max) -> [Action] {
        if now < latest { clamp(to: now) }
        latest = now
        let changes = take(event, at: now)
        var actions: [Action] = changes.isEmpty ? [] : [.healthChanged(changes)]
        send(at: now, slots: slots, into: &actions)
        releaseExcess(at: now, into: &actions)
        if let limit = claimLimit(at: now) {
            isClaiming = true
            actions.append(.claim(limit: limit))
        }
        wakeAt = nextWake(at: now)
        return actions
    }

    private mutating func take(_ event: Event, at now: Timestamp) -> [HealthChange] {
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
        case .attemptEnded(let id, let outcome, let retryAfter):
            return attemptEnded(id, outcome, retryAfter: retryAfter, at: now)
        case .clockAdvanced: break
        case .configured(let settings): configure(settings, at: now)
        case .disabledByOperator: return health.disable(.byOperator, at: now)
        case .enabledByOperator:
            slowdown = Slowdown()
            return health.enable(at: now)
        case .nudged:
            health.probeNow(at: now)
            slowdown.lift()
        }
        return []
    }

    private mutating func attemptEnded(
        _ id: DeliveryID,
        _ outcome: AttemptOutcome,
        retryAfter: Duration?,
        at now: Timestamp
    ) -> [HealthChange] {
        guard let ticket = sending.removeValue(forKey: id) else { return [] }
        // One at a time is as slow as slowing down gets: from there on a 429 counts as the failure that it is.
        let isThrottled = outcome.isThrottling && slowdown.limit(of: settings.maxInFlight) > 1
        slowdown.ended(
            outcome,
            retryAfter: retryAfter,
            of: ticket.slowdown,
            most: settings.maxInFlight,
            at: now
        )
        return health.record(outcome, isThrottled: isThrottled, of: ticket.breaker, at: now)
    }

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

    private mutating func configure(_ settings: LaneSettings, at now: Timestamp) {
        if settings.ratePerSecond != self.settings.ratePerSecond {
            if let rate = settings.ratePerSecond, bucket != nil {
                bucket?.change(ratePerSecond: rate, at: now)
            } else {
                bucket = settings.ratePerSecond.map { TokenBucket(ratePerSecond: $0) }
            }
        }
        self.settings = settings
    }

    private mutating func send(at now: Timestamp, slots: Int, into actions: inout [Action]) {
        var left = slots
        while waiting > 0, left > 0, case .now = pace(at: now) {
            let delivery = ready[readyHead]
            readyHead += 1
            left -= 1
            sending[delivery.id] = Ticket(breaker: health.breaker.generation, slowdown: slowdown.generation)
            health.sent(at: now)
            bucket?.take(at: now)
            actions.append(.send(delivery))
        }
        wantsSlot = waiting > 0 && left <= 0 && pace(at: now) == .now
        if readyHead == ready.count {
            ready.removeAll(keepingCapacity: true)
            readyHead = 0
        } else if readyHead > 256 {
            ready.removeFirst(readyHead)
            readyHead = 0
        }
    }

    private mutating func releaseExcess(at now: Timestamp, into actions: inout [Action]) {
        let excess = waiting - keep(at: now)
        guard excess > 0 else { return }
        actions.append(.release(Array(ready.suffix(excess))))
        ready.removeLast(excess)
        note(pendingDue: now)
        isWaitingForRoom = false
    }

    private mutating func clamp(to now: Timestamp) {
        health.clamp(to: now)
        slowdown.clamp(to: now)
        bucket?.clamp(to: now)
    }
}

/// The settings of an endpoint that its lane follows.
package struct LaneSettings: Sendable, Equatable {
    /// HTTP requests at once.
    package var maxInFlight: Int
    /// Requests in a second, above 0; nil sets no limit.
    package var ratePerSecond: Double?
    /// False: the configuration has disabled the endpoint or no longer knows it; nothing is sent.
    package var isEnabled: Bool

    package init(maxInFlight: Int = 16, ratePerSecond: Double? = nil, isEnabled: Bool = true) {
        self.maxInFlight = maxInFlight
        self.ratePerSecond = ratePerSecond
        self.isEnabled = isEnabled
    }
}
