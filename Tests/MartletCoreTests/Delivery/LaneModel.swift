// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

/// A lane with a simulated caller.
///
/// That is: a store whose answers and announcements arrive late and in any order, an endpoint
/// that answers at any time, a clock, restarts that keep only what was written, and a window of places as `LaneGate`
/// keeps it. After every event the model checks what must always hold.
struct LaneModel {
    enum Claim {
        case none
        /// The store has not looked yet.
        case asked(limit: Int)
        /// The store has looked; its answer is on the way.
        case answered(ClaimedBatch, limit: Int)
    }

    let capacity: Int
    var settings: LaneSettings
    var lane: Lane
    var now = Timestamp.noon
    var random: SplitMix64
    /// Deliveries that are not delivered; those that some memory holds are marked.
    var store: [Int64: (due: Timestamp, isClaimed: Bool)] = [:]
    /// Commits that the lane has not been told of.
    var announcements: [Timestamp] = []
    var claim = Claim.none
    var sending: [Int64] = []
    var places = 0
    var delivered: Set<Int64> = []
    var lastNumber: Int64 = 0
    /// Moments of the requests sent since the rate was set.
    var sent: [Timestamp] = []
    /// The row on disk.
    var row = EndpointHealth.Saved()
    var isRowWritten = false
    var slots = Int.max
    private var sentNow = 0

    init(random: SplitMix64) {
        self.random = random
        let rate: Double? = self.random.chance(2) ? Double.random(in: 0.2...200, using: &self.random) : nil
        settings = LaneSettings(maxInFlight: .random(in: 1...8, using: &self.random), ratePerSecond: rate)
        capacity = .random(in: 1...20, using: &self.random)
        lane = Lane(settings: settings, capacity: capacity)
    }

    var seed: UInt64 { random.seed }

    var isClaiming: Bool {
        if case .none = claim { return false }
        return true
    }

    // MARK: the caller

    mutating func feed(_ event: Lane.Event) {
        let before = lane.health.breaker.state
        sentNow = 0
        let actions = lane.handle(event, at: now, slots: slots)
        #expect(actions.count <= settings.maxInFlight + 3, "a storm of actions, seed \(seed)")
        for action in actions {
            switch action {
            case .send(let delivery): send(delivery.id.number)
            case .release(let deliveries): release(deliveries)
            case .healthChanged:
                row = lane.health.saved(at: now)
                isRowWritten = true
            case .claim(let limit): beginClaim(limit)
            }
        }
        check(before)
    }

    private mutating func send(_ number: Int64) {
        #expect(store[number]?.isClaimed == true, "sent what it does not hold, seed \(seed)")
        #expect(!sending.contains(number), "sent twice at once, seed \(seed)")
        sending.append(number)
        sent.append(now)
        sentNow += 1
    }

    private mutating func release(_ deliveries: [ClaimedDelivery]) {
        for delivery in deliveries {
            #expect(store[delivery.id.number]?.isClaimed == true, "seed \(seed)")
            #expect(!sending.contains(delivery.id.number), "released what it has sent, seed \(seed)")
            store[delivery.id.number]?.isClaimed = false
        }
        places -= deliveries.count
    }

    private mutating func beginClaim(_ limit: Int) {
        #expect(!isClaiming, "two claims at once, seed \(seed)")
        let granted = min(limit, capacity - places)
        // As the dispatcher does: not for a place or two while others will be free soon.
        guard granted >= max(1, limit / 2) || (granted > 0 && places == 0) else { return feed(.noRoom) }
        places += granted
        claim = .asked(limit: granted)
    }

    private func check(_ before: Breaker.State) {
        #expect(lane.inFlight == sending.count && lane.inFlight <= settings.maxInFlight, "seed \(seed)")
        #expect(places >= 0 && places <= capacity, "seed \(seed)")
        if case .disabled = lane.state(at: now) { #expect(sentNow == 0 && lane.wakeAt == nil, "seed \(seed)") }
        switch (before, lane.health.breaker.state) {
        case (.open, .open), (.probing, .open), (.probing, .probing), (.ramping, .open), (.closed, .open):
            #expect(sentNow == 0, "a parked lane sends, seed \(seed)")
        case (.open(let until, _), .probing): #expect(sentNow == 1 && until <= now, "not a lone probe, seed \(seed)")
        default: break
        }
        if let wakeAt = lane.wakeAt { #expect(wakeAt > now || sentNow > 0, "wakes for nothing, seed \(seed)") }
        checkRate()
        checkStall()
    }

    private func checkRate() {
        guard let rate = settings.ratePerSecond, sentNow > 0, let last = sent.last else { return }
        for (index, first) in sent.enumerated().suffix(60) {
            let seconds = Double((last - first).wholeMilliseconds + 1) / 1000
            #expect(Double(sent.count - index) <= max(1, rate) + rate * seconds + 1e-6, "too fast, seed \(seed)")
        }
    }

    /// Whatever waits has something that will move it.
    private func checkStall() {
        guard lane.state(at: now) != .disabled, sending.isEmpty, !isClaiming, announcements.isEmpty, places < capacity
        else { return }
        guard slots > 0 || lane.waiting == 0 else { return #expect(lane.wakeAt != nil || lane.wantsSlot) }
        guard store.values.contains(where: { !$0.isClaimed }) || lane.waiting > 0 else { return }
        #expect(lane.wakeAt != nil, "waits for ever, seed \(seed)")
    }

    // MARK: what happens around it

    mutating func newEvent() {
        lastNumber += 1
        if lane.intake(at: now) == .handOver, places < capacity {
            places += 1
            store[lastNumber] = (now, true)
            feed(.handedOver(delivery(lastNumber)))
        } else {
            store[lastNumber] = (now, false)
            announcements.append(now)
        }
    }

    mutating func announce() {
        guard let index = announcements.indices.randomElement(using: &random) else { return }
        feed(.pending(due: announcements.remove(at: index)))
    }

    mutating func storeLooks() {
        guard case .asked(let limit) = claim else { return }
        let free = store.filter { !$0.value.isClaimed }
        let due = free.filter { $0.value.due <= now }.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        let taken = due.prefix(limit).map(\.key)
        for number in taken { store[number]?.isClaimed = true }
        let nextDue = store.values.filter { !$0.isClaimed }.map(\.due).min()
        claim = .answered(ClaimedBatch(deliveries: taken.map { delivery($0) }, nextDue: nextDue), limit: limit)
    }

    mutating func claimArrives() {
        guard case .answered(let batch, let limit) = claim else { return }
        claim = .none
        places -= limit - batch.deliveries.count
        feed(.claimed(batch))
    }

    mutating func claimFails() {
        guard case .asked(let limit) = claim else { return }
        claim = .none
        places -= limit
        feed(.claimFailed(retryAt: now + .seconds(1)))
    }

    mutating func endAttempt(_ outcome: AttemptOutcome, retryAfter: Duration? = nil) {
        guard let index = sending.indices.randomElement(using: &random) else { return }
        let number = sending.remove(at: index)
        feed(ended(number, outcome, retryAfter: retryAfter))
        places -= 1
        if outcome.isSuccess {
            store[number] = nil
            delivered.insert(number)
        } else {
            let due = now + .seconds(.random(in: 1...300, using: &random))
            store[number] = (due, false)
            announcements.append(due)
        }
        feed(.roomFreed)
    }

    /// Time passes; the timer fires only if the lane asked for it.
    mutating func advance(by pause: Duration) {
        now = now + pause
        if let wakeAt = lane.wakeAt, wakeAt <= now { feed(.clockAdvanced) }
    }

    /// Memory is lost, the row is not, and the clock may be anywhere.
    mutating func restart(clockMovedBy shift: Duration) {
        now = now + shift
        let health = isRowWritten ? EndpointHealth(restoring: row, at: now) : EndpointHealth()
        lane = Lane(settings: settings, capacity: capacity, health: health)
        (claim, sending, places, sent) = (.none, [], 0, [])
        for number in store.keys where store[number]?.isClaimed == true { store[number] = (now, false) }
        announcements = store.values.map(\.due).min().map { [$0] } ?? []
        let pauses = health.breaker.permission(at: now)
        if case .notBefore(let moment) = pauses { #expect(moment - now <= Breaker.longestInterval, "seed \(seed)") }
    }

    mutating func configure(isEnabled: Bool) {
        settings.isEnabled = isEnabled
        feed(.configured(settings))
    }
}

extension SplitMix64 {
    /// True once in `count` times.
    mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
