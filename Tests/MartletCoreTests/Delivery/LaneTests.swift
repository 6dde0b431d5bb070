// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

/// The window of a lane: sending what is in memory, and asking the store for more.
@Suite struct LaneTests {
    private func batch(_ numbers: [Int64], nextDue: Timestamp? = nil) -> Lane.Event {
        .claimed(ClaimedBatch(deliveries: numbers.map(delivery), nextDue: nextDue))
    }

    @Test func sendsWhatIsHandedOverUpToTheLimitInOrder() {
        var lane = Lane.sample(maxInFlight: 2)
        #expect(lane.handle(.handedOver(delivery(1)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.handle(.handedOver(delivery(2)), at: at(0)) == [.send(delivery(2))])
        #expect(lane.handle(.handedOver(delivery(3)), at: at(0)) == [])
        #expect(lane.handle(.handedOver(delivery(4)), at: at(0)) == [])
        #expect(lane.waiting == 2 && lane.inFlight == 2)
        #expect(lane.handle(ended(1), at: at(0)) == [.send(delivery(3))])
        #expect(lane.handle(ended(3), at: at(0)) == [.send(delivery(4))])
        #expect(lane.handle(ended(2), at: at(0)) == [])
        #expect(lane.handle(ended(4), at: at(0)) == [])
        #expect(lane.waiting == 0 && lane.inFlight == 0)
    }

    @Test func claimsOnceWhenSomethingIsDue() {
        var lane = Lane.sample(maxInFlight: 2)
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.pending(due: at(10)), at: at(0)) == [])
        #expect(lane.wakeAt == at(10))
        #expect(lane.handle(.pending(due: at(20)), at: at(0)) == [])
        #expect(lane.wakeAt == at(10))
        #expect(lane.handle(.clockAdvanced, at: at(9)) == [])
        #expect(lane.handle(.clockAdvanced, at: at(10)) == [.claim(limit: 4)])
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.clockAdvanced, at: at(11)) == [])
        #expect(lane.handle(batch([1], nextDue: at(20)), at: at(11)) == [.send(delivery(1))])
        #expect(lane.wakeAt == at(20))
    }

    @Test func claimsAgainAtOnceWhileMoreIsDue() {
        var lane = Lane.sample(maxInFlight: 4)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        let actions = lane.handle(batch([1, 2], nextDue: at(0)), at: at(0))
        #expect(actions == [.send(delivery(1)), .send(delivery(2)), .claim(limit: 4)])
    }

    @Test func waitsWithTheNextClaimWhileEnoughIsInMemory() {
        var lane = Lane.sample(maxInFlight: 1)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(batch([1, 2, 3, 4], nextDue: at(0)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.wakeAt == nil)
        // Two waiting are a quarter of the window: now the store is asked while the requests go on.
        #expect(lane.handle(ended(1), at: at(0)) == [.send(delivery(2)), .claim(limit: 4)])
    }

    @Test func waitsForRoomAfterAClaimThatFoundNone() {
        var lane = Lane.sample()
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.noRoom, at: at(0)) == [])
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.roomFreed, at: at(0)) == [.claim(limit: 4)])
    }

    @Test func keepsAnAnnouncementThatCameDuringAClaim() {
        var lane = Lane.sample(maxInFlight: 2)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.pending(due: at(5)), at: at(0)) == [])
        #expect(lane.handle(.pending(due: at(3)), at: at(0)) == [])
        // The claim's answer was read before either commit.
        #expect(lane.handle(batch([], nextDue: nil), at: at(1)) == [])
        #expect(lane.wakeAt == at(3))
        #expect(lane.handle(.clockAdvanced, at: at(3)) == [.claim(limit: 4)])
        #expect(lane.handle(batch([], nextDue: nil), at: at(3)) == [])
        #expect(lane.wakeAt == nil)
    }

    @Test func claimsAtOnceWhatBecameDueDuringAClaim() {
        var lane = Lane.sample(maxInFlight: 2)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.pending(due: at(1)), at: at(1)) == [])
        #expect(lane.handle(batch([], nextDue: at(50)), at: at(2)) == [.claim(limit: 4)])
    }

    @Test func asksAgainAfterAFailedClaim() {
        var lane = Lane.sample(maxInFlight: 2)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.pending(due: at(9)), at: at(0)) == [])
        #expect(lane.handle(.claimFailed(retryAt: at(1)), at: at(0)) == [])
        #expect(lane.wakeAt == at(1))
        #expect(lane.handle(.clockAdvanced, at: at(1)) == [.claim(limit: 4)])
        #expect(lane.handle(batch([], nextDue: at(9)), at: at(1)) == [])
        #expect(lane.wakeAt == at(9))
    }

    @Test func aLaneThatIsSwitchedOffGivesBackWhatWaits() {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...3 { _ = lane.handle(.handedOver(delivery(Int64(number))), at: at(0)) }
        let off = lane.handle(.configured(LaneSettings(maxInFlight: 1, isEnabled: false)), at: at(0))
        #expect(off == [.release([delivery(2), delivery(3)])])
        #expect(lane.wakeAt == nil && lane.intake(at: at(0)) == .skip)
        #expect(lane.handle(ended(1), at: at(1)) == [])
        #expect(lane.handle(.handedOver(delivery(4)), at: at(1)) == [.release([delivery(4)])])
        let on = lane.handle(.configured(LaneSettings(maxInFlight: 1)), at: at(1))
        #expect(on == [.claim(limit: 4)])
    }

    @Test func givesBackAClaimThatIsAnsweredTooLate() {
        var lane = Lane.sample(maxInFlight: 1)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.configured(LaneSettings(isEnabled: false)), at: at(0)) == [])
        #expect(lane.handle(batch([1]), at: at(0)) == [.release([delivery(1)])])
        #expect(lane.wakeAt == nil)
    }

    @Test func whatItGivesBackMakesRoomForItsNextClaim() {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...2 { _ = lane.handle(.handedOver(delivery(Int64(number))), at: at(0)) }
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 4)])
        #expect(lane.handle(.noRoom, at: at(0)) == [])
        let off = lane.handle(.configured(LaneSettings(maxInFlight: 1, isEnabled: false)), at: at(0))
        #expect(off == [.release([delivery(2)])])
        #expect(lane.handle(.configured(LaneSettings(maxInFlight: 1)), at: at(0)) == [.claim(limit: 4)])
    }

    @Test func followsALimitThatChanges() {
        var lane = Lane.sample(maxInFlight: 3)
        for number in 1...5 { _ = lane.handle(.handedOver(delivery(Int64(number))), at: at(0)) }
        #expect(lane.handle(.configured(LaneSettings(maxInFlight: 1)), at: at(0)) == [])
        #expect(lane.handle(ended(1), at: at(0)) == [])
        #expect(lane.handle(ended(2), at: at(0)) == [])
        #expect(lane.handle(ended(3), at: at(0)) == [.send(delivery(4))])
        #expect(lane.handle(.configured(LaneSettings(maxInFlight: 3)), at: at(0)) == [.send(delivery(5))])
    }

    @Test func aWindowOfOneStillMoves() {
        var lane = Lane.sample(maxInFlight: 1, capacity: 1)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 1)])
        #expect(lane.handle(batch([1], nextDue: at(0)), at: at(0)) == [.send(delivery(1)), .claim(limit: 1)])
        #expect(lane.handle(batch([2], nextDue: nil), at: at(0)) == [])
        #expect(lane.handle(ended(1), at: at(0)) == [.send(delivery(2))])
    }

    @Test func startsNoMoreThanItHasSlots() {
        var lane = Lane.sample(maxInFlight: 8)
        #expect(lane.handle(batch([1, 2, 3]), at: at(0), slots: 2) == [.send(delivery(1)), .send(delivery(2))])
        #expect(lane.wantsSlot)
        #expect(lane.handle(.clockAdvanced, at: at(0), slots: 0) == [])
        #expect(lane.handle(.clockAdvanced, at: at(0), slots: 1) == [.send(delivery(3))])
        #expect(!lane.wantsSlot)
    }

    @Test func theEndOfAnUnknownAttemptChangesNothing() {
        var lane = Lane.sample()
        #expect(lane.handle(ended(7, .answered(status: 410)), at: at(0)) == [])
        #expect(lane.state(at: at(0)) == .active)
    }
}

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

func delivery(_ number: Int64) -> ClaimedDelivery { delivery(number, attempts: 0) }

func delivery(_ number: Int64, attempts: Int) -> ClaimedDelivery {
    ClaimedDelivery(
        id: DeliveryID(number: number),
        eventID: EventID(rawValue: "evt_"),
        endpoint: EndpointID("a"),
        attempts: attempts,
        envelope: []
    )
}

func ended(
    _ number: Int64,
    _ outcome: AttemptOutcome = .answered(status: 200),
    retryAfter: Duration? = nil
) -> Lane.Event { .attemptEnded(DeliveryID(number: number), outcome, retryAfter: retryAfter) }

extension Lane {
    static func sample(
        maxInFlight: Int = 16,
        ratePerSecond: Double? = nil,
        capacity: Int = 8,
        health: EndpointHealth = EndpointHealth()
    ) -> Lane {
        let settings = LaneSettings(maxInFlight: maxInFlight, ratePerSecond: ratePerSecond)
        return Lane(settings: settings, capacity: capacity, health: health)
    }
}
