// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

/// How a lane treats its endpoint: breaker, slowdown, rate and disabling together.
@Suite struct LanePaceTests {
    /// A lane whose breaker opened at second 0 with deliveries 6 to 8 left over.
    private func parked() -> Lane {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...8 as ClosedRange<Int64> { _ = lane.handle(.handedOver(delivery(number)), at: at(0)) }
        for number in 1...5 as ClosedRange<Int64> {
            _ = lane.handle(ended(number, .answered(status: 500)), at: at(0))
        }
        return lane
    }

    private func claimed(_ numbers: ClosedRange<Int64>, nextDue: Timestamp? = nil) -> Lane.Event {
        .claimed(ClaimedBatch(deliveries: numbers.map { delivery($0) }, nextDue: nextDue))
    }

    @Test func anOpenBreakerGivesBackWhatWaits() {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...8 as ClosedRange<Int64> { _ = lane.handle(.handedOver(delivery(number)), at: at(0)) }
        for number in 1...4 as ClosedRange<Int64> {
            let next = lane.handle(ended(number, .answered(status: 500)), at: at(0))
            #expect(next.contains(.send(delivery(number + 1))))
        }
        #expect(
            lane.handle(ended(5, .answered(status: 500)), at: at(0)) == [
                .healthChanged([.breakerOpened(until: at(30))]), .release([delivery(6), delivery(7), delivery(8)]),
            ]
        )
        #expect(lane.state(at: at(0)) == .parked && lane.intake(at: at(0)) == .store)
        #expect(lane.wakeAt == at(30))
    }

    @Test func probesWithOneAndDrainsSlowlyAfterIt() {
        var lane = parked()
        #expect(lane.handle(.handedOver(delivery(9)), at: at(1)) == [.release([delivery(9)])])
        #expect(lane.handle(.pending(due: at(2)), at: at(2)) == [])
        #expect(lane.handle(.clockAdvanced, at: at(30)) == [.claim(limit: 1)])
        #expect(lane.handle(claimed(6...6, nextDue: at(0)), at: at(30)) == [.send(delivery(6))])
        #expect(lane.state(at: at(30)) == .probing && lane.wakeAt == nil)
        #expect(
            lane.handle(ended(6), at: at(31)) == [
                .healthChanged([.recovered(failingSince: at(0)), .breakerClosed]), .claim(limit: 1),
            ]
        )
        #expect(lane.state(at: at(31)) == .ramping && lane.intake(at: at(31)) == .store)
        #expect(lane.handle(claimed(7...7, nextDue: at(0)), at: at(31)) == [.send(delivery(7)), .claim(limit: 1)])
        _ = lane.handle(claimed(8...8, nextDue: at(0)), at: at(31))
        #expect(lane.handle(ended(7), at: at(31)) == [])
        #expect(lane.wakeAt == at(31) + .milliseconds(500))
        #expect(lane.handle(.clockAdvanced, at: at(32)).contains(.send(delivery(8))))
    }

    @Test func aProbeThatFailsParksForLonger() {
        var lane = parked()
        _ = lane.handle(.clockAdvanced, at: at(30))
        _ = lane.handle(claimed(6...6, nextDue: at(0)), at: at(30))
        #expect(
            lane.handle(ended(6, .failed(.timeout)), at: at(45)) == [
                .healthChanged([.probeFailed(until: at(105))])
            ]
        )
        #expect(lane.wakeAt == at(105))
    }

    @Test func aClaimThatBringsMoreThanTheProbeGivesTheRestBack() {
        var lane = Lane.sample(maxInFlight: 5, capacity: 32)
        #expect(lane.handle(claimed(1...5, nextDue: at(0)), at: at(0)).last == .claim(limit: 16))
        for number in 1...5 as ClosedRange<Int64> { _ = lane.handle(ended(number, .failed(.reset)), at: at(0)) }
        #expect(
            lane.handle(claimed(6...8), at: at(30)) == [
                .send(delivery(6)), .release([delivery(7), delivery(8)]),
            ]
        )
    }

    @Test func aProbeThatFindsNoSlotWaitsForOne() {
        var lane = parked()
        #expect(lane.handle(.clockAdvanced, at: at(30), slots: 0) == [.claim(limit: 1)])
        #expect(lane.handle(claimed(6...6, nextDue: at(0)), at: at(30), slots: 0) == [])
        #expect(lane.wantsSlot)
        #expect(lane.handle(.clockAdvanced, at: at(31), slots: 1) == [.send(delivery(6))])
    }

    @Test func aNudgeLetsOneProbeGoAtOnce() {
        var lane = parked()
        #expect(lane.handle(.nudged, at: at(3)) == [.claim(limit: 1)])
        #expect(lane.handle(claimed(6...6, nextDue: at(0)), at: at(3)) == [.send(delivery(6))])
        #expect(lane.handle(.nudged, at: at(3)) == [])
    }

    @Test func aParkedLaneStaysParkedOverARestart() {
        let saved = parked().health.saved(at: at(0))
        var lane = Lane.sample(health: EndpointHealth(restoring: saved, at: at(5)))
        #expect(lane.intake(at: at(5)) == .store)
        #expect(lane.handle(.pending(due: at(0)), at: at(5)) == [])
        #expect(lane.wakeAt == at(30))
    }

    @Test func aRateSpreadsWhatWaits() {
        var lane = Lane.sample(ratePerSecond: 2, capacity: 256)
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [.claim(limit: 10)])
        let actions = lane.handle(claimed(1...4), at: at(0))
        #expect(actions == [.send(delivery(1)), .send(delivery(2))])
        #expect(lane.wakeAt == at(0) + .milliseconds(500))
        #expect(lane.intake(at: at(0)) == .store)
        #expect(lane.handle(.clockAdvanced, at: at(0) + .milliseconds(500)) == [.send(delivery(3))])
        #expect(lane.handle(.clockAdvanced, at: at(1)) == [.send(delivery(4))])
        #expect(lane.wakeAt == nil && lane.intake(at: at(1)) == .handOver)
    }

    @Test func aLowRateHoldsFewInMemory() {
        var lane = Lane.sample(ratePerSecond: 0.1, capacity: 256)
        #expect(lane.handle(.handedOver(delivery(1)), at: at(0)) == [.send(delivery(1))])
        #expect(lane.handle(.handedOver(delivery(2)), at: at(0)) == [])
        #expect(lane.handle(.handedOver(delivery(3)), at: at(0)) == [.release([delivery(3)])])
        #expect(lane.wakeAt == at(10))
    }

    @Test func retryAfterHoldsTheWholeLane() {
        var lane = Lane.sample(maxInFlight: 2)
        for number in 1...4 as ClosedRange<Int64> { _ = lane.handle(.handedOver(delivery(number)), at: at(0)) }
        let actions = lane.handle(ended(1, .answered(status: 503), retryAfter: .seconds(60)), at: at(0))
        #expect(actions == [.healthChanged([.noteChanged]), .release([delivery(3), delivery(4)])])
        #expect(lane.state(at: at(0)) == .slowed)
        #expect(lane.handle(ended(2), at: at(1)) == [.healthChanged([.recovered(failingSince: at(0))])])
        #expect(lane.wakeAt == at(60))
        #expect(lane.handle(.clockAdvanced, at: at(60)) == [.claim(limit: 4)])
    }

    @Test func aShortHoldIsWaitedOutInMemory() {
        var lane = Lane.sample(maxInFlight: 2)
        for number in 1...3 as ClosedRange<Int64> { _ = lane.handle(.handedOver(delivery(number)), at: at(0)) }
        let actions = lane.handle(ended(1, .answered(status: 429)), at: at(0))
        #expect(actions == [.healthChanged([.noteChanged])])
        _ = lane.handle(ended(2), at: at(0))
        #expect(lane.wakeAt == at(1))
        #expect(lane.handle(.clockAdvanced, at: at(1)) == [.send(delivery(3))])
    }

    @Test func throttlingSlowsFirstAndOpensOnlyWhenOneAtATimeIsTooMuch() {
        var lane = Lane.sample(maxInFlight: 4, capacity: 64)
        var second: Int64 = 0
        var number: Int64 = 0
        var opened: Int64?
        while opened == nil, second < 60 {
            var queue: [Int64] = []
            number += 1
            for action in lane.handle(.handedOver(delivery(number)), at: at(second)) {
                if case .send(let sent) = action { queue.append(sent.id.number) }
            }
            for next in queue
            where lane.handle(ended(next, .answered(status: 429)), at: at(second)).contains(where: {
                if case .healthChanged(let changes) = $0 { return changes.contains { $0 != .noteChanged } }
                return false
            }) { opened = number }
            second += 2
        }
        // 4 at once, 2, 1: two that slowed down, then five in a row.
        #expect(opened == 7)
    }

    @Test func goneDisables() {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...2 as ClosedRange<Int64> { _ = lane.handle(.handedOver(delivery(number)), at: at(0)) }
        let actions = lane.handle(ended(1, .answered(status: 410)), at: at(0))
        #expect(actions == [.healthChanged([.disabled(.gone)]), .release([delivery(2)])])
        #expect(lane.state(at: at(0)) == .disabled && lane.intake(at: at(0)) == .skip && lane.wakeAt == nil)
        let enabled = lane.handle(.enabledByOperator, at: at(9))
        #expect(enabled == [.healthChanged([.enabled]), .claim(limit: 1)])
        #expect(lane.state(at: at(9)) == .ramping)
    }

    @Test func anOperatorDisables() {
        var lane = Lane.sample()
        #expect(lane.handle(.disabledByOperator, at: at(0)) == [.healthChanged([.disabled(.byOperator)])])
        #expect(lane.handle(.nudged, at: at(0)) == [])
        #expect(lane.handle(.pending(due: at(0)), at: at(0)) == [])
        #expect(lane.wakeAt == nil)
    }

    @Test func proxyTroublePausesWithoutBlame() {
        var lane = Lane.sample(maxInFlight: 1)
        for number in 1...20 as ClosedRange<Int64> {
            let start = at(number * 100)
            #expect(lane.handle(.handedOver(delivery(number)), at: start) == [.send(delivery(number))])
            #expect(lane.handle(ended(number, .failed(.proxy)), at: start) == [])
            #expect(lane.intake(at: start) == .store)
        }
        #expect(lane.health == EndpointHealth())
        #expect(lane.intake(at: at(2060)) == .handOver)
    }

    @Test func aProbeThatTheProxyFailedIsMadeAgain() {
        var lane = parked()
        _ = lane.handle(.clockAdvanced, at: at(30))
        _ = lane.handle(claimed(6...6, nextDue: at(0)), at: at(30))
        #expect(lane.handle(ended(6, .failed(.proxy)), at: at(30)) == [])
        #expect(lane.wakeAt == at(35))
        #expect(lane.handle(.clockAdvanced, at: at(35)) == [.claim(limit: 1)])
    }

    @Test func aClockThatIsSetBackStallsNothing() {
        var lane = Lane.sample(maxInFlight: 1)
        _ = lane.handle(claimed(1...6, nextDue: nil), at: at(1_000_000))
        for number in 1...5 as ClosedRange<Int64> {
            _ = lane.handle(ended(number, .failed(.connect)), at: at(1_000_000))
        }
        _ = lane.handle(.pending(due: at(0)), at: at(0))
        #expect(lane.wakeAt.map { $0 <= at(30) } ?? false)
    }
}
