// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct SlowdownTests {
    private var slowdown = Slowdown()

    private func at(_ seconds: Int64) -> Timestamp { .noon + .seconds(seconds) }

    private mutating func end(
        _ outcome: AttemptOutcome,
        retryAfter: Duration? = nil,
        most: Int = 16,
        at second: Int64 = 0
    ) {
        slowdown.ended(outcome, retryAfter: retryAfter, of: slowdown.generation, most: most, at: at(second))
    }

    @Test(
        arguments: [
            .answered(status: 429), .answered(status: 502), .answered(status: 503), .answered(status: 504),
            .failed(.timeout),
        ] as [AttemptOutcome]
    )
    mutating func halvesDownToOne(outcome: AttemptOutcome) {
        for expected in [8, 4, 2, 1, 1] {
            end(outcome)
            #expect(slowdown.limit(of: 16) == expected)
            #expect(slowdown.isSlowed(at: at(5)))
        }
    }

    @Test(
        arguments: [
            .answered(status: 500), .answered(status: 404), .answered(status: 302), .failed(.reset), .failed(.connect),
            .answered(status: 200),
        ] as [AttemptOutcome]
    )
    mutating func otherOutcomesDoNotSlowDown(outcome: AttemptOutcome) {
        end(outcome, retryAfter: .seconds(60))
        #expect(slowdown.limit(of: 16) == 16)
        #expect(!slowdown.isSlowed(at: at(0)))
    }

    @Test mutating func oneBurstHalvesOnce() {
        let sentIn = slowdown.generation
        for _ in 0..<16 {
            slowdown.ended(.answered(status: 503), retryAfter: nil, of: sentIn, most: 16, at: at(0))
        }
        #expect(slowdown.limit(of: 16) == 8)
    }

    @Test mutating func successesAddOneForEachRound() {
        for _ in 0..<3 { end(.failed(.timeout), most: 8) }
        #expect(slowdown.limit(of: 8) == 1)
        for round in 1...7 {
            #expect(slowdown.limit(of: 8) == round)
            for _ in 0..<round { end(.answered(status: 200), most: 8) }
        }
        #expect(slowdown.limit(of: 8) == 8)
        #expect(!slowdown.isSlowed(at: at(0)))
    }

    @Test mutating func retryAfterHoldsTheLaneUpToTenMinutes() {
        end(.answered(status: 503), retryAfter: .seconds(90))
        #expect(slowdown.heldUntil == at(90))
        end(.answered(status: 503), retryAfter: .seconds(5))
        #expect(slowdown.heldUntil == at(90))
        end(.answered(status: 429), retryAfter: .seconds(86_400))
        #expect(slowdown.heldUntil == at(600))
        #expect(slowdown.isHeld(at: at(599)) && !slowdown.isHeld(at: at(600)))
        slowdown.lift()
        #expect(slowdown.heldUntil == nil)
    }

    @Test mutating func a429WithoutRetryAfterHoldsForASecond() {
        end(.answered(status: 429))
        #expect(slowdown.heldUntil == at(1))
    }

    @Test mutating func failuresOnTheGatewaysOwnSidePauseLongerEachTime() {
        var second: Int64 = 0
        for pause in [5, 10, 20, 40, 60, 60] as [Int64] {
            end(.failed(.proxy), at: second)
            #expect(slowdown.heldUntil == at(second + pause))
            second += pause
        }
        #expect(slowdown.limit(of: 16) == 16)
        end(.answered(status: 200), at: second)
        end(.failed(.proxy), at: second)
        #expect(slowdown.heldUntil == at(second + 5))
    }

    @Test mutating func aClockThatIsSetBackDoesNotLengthenTheHold() {
        end(.answered(status: 503), retryAfter: .seconds(600), at: 100_000)
        slowdown.clamp(to: at(0))
        #expect(slowdown.heldUntil == at(600))
    }
}
