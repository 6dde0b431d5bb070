// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

/// A lane with a simulated caller: a store whose answers and announcements arrive late, in any order and sometimes not
/// at all, requests that end at any time, a clock, and a window of places as `LaneGate` keeps it.
struct LaneModel {
    enum Claim {
        case none
        /// The store has not looked yet.
        case asked(limit: Int)
        /// The store has looked; its answer is on the way.
        case answered(ClaimedBatch, limit: Int)
    }

    var lane: Lane
    var now = Timestamp.noon
    var random: SplitMix64
    /// The store's pending deliveries by number.
    var pending: [Int64: (due: Timestamp, attempts: Int)] = [:]
    /// Commits that the lane has not been told of.
    var announcements: [Timestamp] = []
    var claim = Claim.none
    /// What the lane must send, in order.
    var expected: [ClaimedDelivery] = []
    var sent = 0
    var sending: [ClaimedDelivery] = []
    var occupied = 0
    var lastNumber: Int64 = 0

    init(random: SplitMix64) {
        self.random = random
        let limit = Int.random(in: 1...6, using: &self.random)
        lane = Lane(maxInFlight: limit, capacity: Int.random(in: 1...20, using: &self.random))
    }

    var isClaiming: Bool {
        if case .none = claim { return false }
        return true
    }

    mutating func feed(_ event: Lane.Event) {
        for action in lane.handle(event, at: now) {
            switch action {
            case .send(let delivery):
                #expect(sent < expected.count && expected[sent] == delivery, "sent out of turn, seed \(random.seed)")
                sent += 1
                sending.append(delivery)
            case .claim:
                #expect(!isClaiming, "two claims at once, seed \(random.seed)")
                #expect(!lane.isPaused, "a paused lane claims, seed \(random.seed)")
                beginClaim()
            }
        }
        #expect(lane.inFlight == sending.count, "seed \(random.seed)")
        #expect(lane.inFlight <= lane.maxInFlight, "seed \(random.seed)")
        #expect(lane.waiting == expected.count - sent, "seed \(random.seed)")
        #expect(
            lane.waiting == 0 || lane.inFlight == lane.maxInFlight,
            "idle request while work waits, seed \(random.seed)"
        )
    }

    private mutating func beginClaim() {
        let limit = min(max(1, lane.capacity / 2), lane.capacity - occupied)
        guard limit > 0 else { return feed(.claimFailed(retryAt: now + .milliseconds(20))) }
        occupied += limit
        claim = .asked(limit: limit)
    }

    mutating func handOver() {
        guard occupied < lane.capacity else { return commitPending() }
        occupied += 1
        lastNumber += 1
        let delivery = delivery(lastNumber, attempts: 0)
        expected.append(delivery)
        feed(.handedOver(delivery))
    }

    mutating func commitPending() {
        lastNumber += 1
        store(lastNumber, attempts: 0, due: now + .milliseconds(.random(in: -5...200, using: &random)))
    }

    private mutating func store(_ number: Int64, attempts: Int, due: Timestamp) {
        pending[number] = (due, attempts)
        announcements.append(due)
    }

    mutating func announce() {
        guard let index = announcements.indices.randomElement(using: &random) else { return }
        feed(.pending(due: announcements.remove(at: index)))
    }

    mutating func storeLooks() {
        guard case .asked(let limit) = claim else { return }
        let due = pending.filter { $0.value.due <= now }.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }
        let taken = due.prefix(limit).map { delivery($0.key, attempts: $0.value.attempts) }
        for delivery in taken { pending[delivery.id.number] = nil }
        claim = .answered(ClaimedBatch(deliveries: taken, nextDue: pending.values.map(\.due).min()), limit: limit)
    }

    mutating func claimArrives() {
        guard case .answered(let batch, let limit) = claim else { return }
        claim = .none
        occupied -= limit - batch.deliveries.count
        expected.append(contentsOf: batch.deliveries)
        feed(.claimed(batch))
    }

    mutating func claimFails() {
        guard case .asked(let limit) = claim else { return }
        claim = .none
        occupied -= limit
        feed(.claimFailed(retryAt: now + .milliseconds(50)))
    }

    mutating func endAttempt(fails: Bool) {
        guard let index = sending.indices.randomElement(using: &random) else { return }
        let delivery = sending.remove(at: index)
        feed(.attemptEnded)
        occupied -= 1
        let pause = Duration.milliseconds(.random(in: 1...100, using: &random))
        if fails { store(delivery.id.number, attempts: delivery.attempts + 1, due: now + pause) }
    }

    /// Time passes; the timer fires only if the lane asked for it.
    mutating func advance(by pause: Duration) {
        now = now + pause
        if let wakeAt = lane.wakeAt, wakeAt <= now { feed(.clockAdvanced) }
    }

    /// As the dispatcher does when endpoints change.
    mutating func setPaused(_ isPaused: Bool) {
        lane.isPaused = isPaused
        if let earliest = pending.values.map(\.due).min() { feed(.pending(due: earliest)) }
    }

    private func delivery(_ number: Int64, attempts: Int) -> ClaimedDelivery {
        ClaimedDelivery(
            id: DeliveryID(number: number),
            eventID: EventID(rawValue: "evt_"),
            endpoint: EndpointID("a"),
            attempts: attempts,
            envelope: []
        )
    }
}
