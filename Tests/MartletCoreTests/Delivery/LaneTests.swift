// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct LaneTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    private func delivery(_ number: Int64) -> ClaimedDelivery {
        ClaimedDelivery(
            id: DeliveryID(number: number),
            eventID: EventID(rawValue: "evt_"),
            endpoint: EndpointID("a"),
            attempts: 0,
            envelope: []
        )
    }

    private func batch(_ numbers: [Int64], nextDue: Timestamp? = nil) -> Lane.Event {
        .claimed(ClaimedBatch(deliveries: numbers.map(delivery), nextDue: nextDue))
    }

    @Test func sendsWhatIsHandedOverUpToTheLimitInOrder() {
        var lane = Lane(maxInFlight: 2, capacity: 8)
        #expect(lane.handle(.handedOver(delivery(1)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.handle(.handedOver(delivery(2)), at: at(0)) == [.send(delivery(2))])
        #expect(lane.handle(.handedOver(delivery(3)), at: at(0)) == [])
        #expect(lane.handle(.handedOver(delivery(4)), at: at(0)) == [])
        #expect(lane.waiting == 2 && lane.inFlight == 2)
        #expect(lane.handle(.attemptEnded, at: at(0)) == [.send(delivery(3))])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [.send(delivery(4))])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [])
        #expect(lane.waiting == 0 && lane.inFlight == 0)
    }

    @Test func claimsOnceWhenSomethingIsDue() {
        var lane = Lane(maxInFlight: 2, capacity: 8)
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.pending(due: at(10)), at: at(0)) == [])
        #expect(lane.wakeAt == at(10))
        #expect(lane.handle(.pending(due: at(20)), at: at(0)) == [])
        #expect(lane.wakeAt == at(10))
        #expect(lane.handle(.clockAdvanced, at: at(9)) == [])
        #expect(lane.handle(.clockAdvanced, at: at(10)) == [.claim])
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.clockAdvanced, at: at(11)) == [])
        #expect(lane.handle(batch([1], nextDue: at(20)), at: at(11)) == [.send(delivery(1))])
        #expect(lane.wakeAt == at(20))
    }

    @Test func claimsAgainAtOnceWhileMoreIsDue() {
        var lane = Lane(maxInFlight: 4, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        let actions = lane.handle(batch([1, 2], nextDue: at(0)), at: at(0))
        #expect(actions == [.send(delivery(1)), .send(delivery(2)), .claim])
    }

    @Test func waitsWithTheNextClaimWhileEnoughIsInMemory() {
        var lane = Lane(maxInFlight: 1, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        #expect(lane.handle(batch([1, 2, 3, 4], nextDue: at(0)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.wakeAt == nil)
        // Two waiting are a quarter of the window: now the store is asked while the requests go on.
        #expect(lane.handle(.attemptEnded, at: at(0)) == [.send(delivery(2)), .claim])
    }

    @Test func keepsAnAnnouncementThatCameDuringAClaim() {
        var lane = Lane(maxInFlight: 2, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        #expect(lane.handle(.pending(due: at(5)), at: at(0)) == [])
        #expect(lane.handle(.pending(due: at(3)), at: at(0)) == [])
        // The claim's answer was read before either commit.
        #expect(lane.handle(batch([], nextDue: nil), at: at(1)) == [])
        #expect(lane.wakeAt == at(3))
        #expect(lane.handle(.clockAdvanced, at: at(3)) == [.claim])
        #expect(lane.handle(batch([], nextDue: nil), at: at(3)) == [])
        #expect(lane.wakeAt == nil)
    }

    @Test func claimsAtOnceWhatBecameDueDuringAClaim() {
        var lane = Lane(maxInFlight: 2, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        #expect(lane.handle(.pending(due: at(1)), at: at(1)) == [])
        #expect(lane.handle(batch([], nextDue: at(50)), at: at(2)) == [.claim])
    }

    @Test func asksAgainAfterAFailedClaim() {
        var lane = Lane(maxInFlight: 2, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        #expect(lane.handle(.pending(due: at(9)), at: at(0)) == [])
        #expect(lane.handle(.claimFailed(retryAt: at(1)), at: at(0)) == [])
        #expect(lane.wakeAt == at(1))
        #expect(lane.handle(.clockAdvanced, at: at(1)) == [.claim])
        #expect(lane.handle(batch([], nextDue: at(9)), at: at(1)) == [])
        #expect(lane.wakeAt == at(9))
    }

    @Test func aPausedLaneEmptiesItsMemoryAndClaimsNothing() {
        var lane = Lane(maxInFlight: 1, capacity: 8)
        _ = lane.handle(.handedOver(delivery(1)), at: at(0))
        _ = lane.handle(.handedOver(delivery(2)), at: at(0))
        lane.isPaused = true
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [])
        #expect(lane.wakeAt == nil)
        #expect(lane.handle(.attemptEnded, at: at(1)) == [.send(delivery(2))])
        #expect(lane.handle(.attemptEnded, at: at(1)) == [])
        lane.isPaused = false
        #expect(lane.wakeAt == at(0))
        #expect(lane.handle(.clockAdvanced, at: at(1)) == [.claim])
    }

    @Test func sendsAClaimThatIsAnsweredAfterThePause() {
        var lane = Lane(maxInFlight: 1, capacity: 8)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        lane.isPaused = true
        #expect(lane.handle(batch([1], nextDue: at(0)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.wakeAt == nil)
    }

    @Test func followsALimitThatChanges() {
        var lane = Lane(maxInFlight: 3, capacity: 8)
        for number in 1...5 { _ = lane.handle(.handedOver(delivery(Int64(number))), at: at(0)) }
        lane.maxInFlight = 1
        #expect(lane.handle(.attemptEnded, at: at(0)) == [])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [.send(delivery(4))])
        lane.maxInFlight = 3
        #expect(lane.handle(.clockAdvanced, at: at(0)) == [.send(delivery(5))])
    }

    @Test func aWindowOfOneStillMoves() {
        var lane = Lane(maxInFlight: 1, capacity: 1)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim])
        #expect(lane.handle(batch([1], nextDue: at(0)), at: at(0)) == [.send(delivery(1)), .claim])
        #expect(lane.handle(batch([2], nextDue: nil), at: at(0)) == [])
        #expect(lane.handle(.attemptEnded, at: at(0)) == [.send(delivery(2))])
    }
}
