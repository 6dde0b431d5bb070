// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct BreakerTests {
    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    /// A breaker that has just opened at second 0.
    private func opened() -> Breaker {
        var breaker = Breaker()
        for _ in 0..<5 { _ = breaker.ended(.failure, of: 0, at: at(0)) }
        return breaker
    }

    private func isRamping(_ breaker: Breaker) -> Bool {
        if case .ramping = breaker.state { return true }
        return false
    }

    @Test func opensAfterFiveFailuresInARow() {
        var breaker = Breaker()
        for _ in 0..<4 { #expect(breaker.ended(.failure, of: 0, at: at(0)) == nil) }
        #expect(breaker.ended(.success, of: 0, at: at(0)) == nil)
        for _ in 0..<4 { #expect(breaker.ended(.failure, of: 0, at: at(1)) == nil) }
        #expect(breaker.permission(at: at(1)) == .unlimited)
        #expect(breaker.ended(.failure, of: 0, at: at(1)) == .opened(until: at(31)))
        #expect(breaker.permission(at: at(30)) == .notBefore(at(31)))
        #expect(breaker.permission(at: at(31)) == .probe)
    }

    @Test func opensWhenOverHalfOfTwentyInAMinuteFailed() {
        var breaker = Breaker()
        for number in 0..<19 {
            let verdict: Breaker.Verdict = number.isMultiple(of: 2) ? .failure : .success
            #expect(breaker.ended(verdict, of: 0, at: at(Int64(number))) == nil)
        }
        // Ten of nineteen so far; the eleventh of twenty is over half.
        #expect(breaker.ended(.failure, of: 0, at: at(19)) == .opened(until: at(49)))
    }

    @Test func halfOfTwentyIsNotEnough() {
        var breaker = Breaker()
        for number in 0..<100 {
            let verdict: Breaker.Verdict = number.isMultiple(of: 2) ? .success : .failure
            #expect(breaker.ended(verdict, of: 0, at: at(Int64(number / 4))) == nil)
        }
    }

    @Test func forgetsWhatIsOlderThanAMinute() {
        var breaker = Breaker()
        for number in 0..<12 {
            _ = breaker.ended(.failure, of: 0, at: at(0))
            if number % 4 == 3 { _ = breaker.ended(.success, of: 0, at: at(0)) }
        }
        for _ in 0..<10 {
            #expect(breaker.ended(.success, of: 0, at: at(70)) == nil)
            #expect(breaker.ended(.failure, of: 0, at: at(70)) == nil)
        }
    }

    @Test func probesAtGrowingIntervals() {
        var breaker = opened()
        var now = at(30)
        for pause in [60, 120, 240, 480, 600, 600] as [Int64] {
            #expect(breaker.permission(at: now) == .probe)
            breaker.sent(at: now)
            #expect(breaker.permission(at: now) == .afterProbe)
            let until = now + .seconds(pause)
            #expect(breaker.ended(.failure, of: breaker.generation, at: now) == .probeFailed(until: until))
            #expect(breaker.permission(at: until - .milliseconds(1)) == .notBefore(until))
            now = until
        }
    }

    @Test func aSuccessfulProbeBeginsTheRamp() {
        var breaker = opened()
        breaker.sent(at: at(30))
        #expect(breaker.ended(.success, of: breaker.generation, at: at(31)) == .closed)
        #expect(breaker.permission(at: at(31)) == .limited(1))
        breaker.sent(at: at(31))
        #expect(breaker.permission(at: at(31)) == .notBefore(at(31) + .milliseconds(500)))
    }

    @Test func theRampDoublesEachSecondThatSucceeds() {
        var breaker = Breaker()
        breaker.ramp(at: at(0))
        for second in 1...9 as ClosedRange<Int64> {
            #expect(breaker.ended(.success, of: breaker.generation, at: at(second)) == nil)
            #expect(breaker.ended(.success, of: breaker.generation, at: at(second)) == nil)
            guard case .ramping(let ramp) = breaker.state else {
                Issue.record("the ramp is over after \(second) s")
                return
            }
            #expect(ramp.limit == 1 << second)
            #expect(ramp.ratePerSecond == Double(2 << second))
        }
        #expect(breaker.ended(.success, of: breaker.generation, at: at(10)) == .drained)
        #expect(breaker.permission(at: at(10)) == .unlimited)
    }

    @Test func aMinuteWithoutAFailureEndsTheRamp() {
        var breaker = Breaker()
        breaker.ramp(at: at(0))
        #expect(breaker.ended(.success, of: breaker.generation, at: at(59)) == nil)
        #expect(breaker.ended(.success, of: breaker.generation, at: at(60)) == .drained)
    }

    @Test func aFailureOnTheRampOpensForTheNextLongerPause() {
        var breaker = opened()
        breaker.sent(at: at(30))
        _ = breaker.ended(.success, of: breaker.generation, at: at(30))
        #expect(breaker.ended(.failure, of: breaker.generation, at: at(31)) == .opened(until: at(91)))
        breaker.sent(at: at(91))
        _ = breaker.ended(.success, of: breaker.generation, at: at(91))
        #expect(breaker.ended(.failure, of: breaker.generation, at: at(91)) == .opened(until: at(211)))
    }

    @Test func lateFailuresChangeNothingAndALateSuccessBringsTheProbeForward() {
        var breaker = opened()
        #expect(breaker.ended(.failure, of: 0, at: at(5)) == nil)
        #expect(breaker.permission(at: at(5)) == .notBefore(at(30)))
        #expect(breaker.ended(.success, of: 0, at: at(6)) == nil)
        #expect(breaker.permission(at: at(6)) == .probe)
        breaker.sent(at: at(6))
        // While the probe is under way only the probe tells.
        #expect(breaker.ended(.success, of: 0, at: at(7)) == nil)
        #expect(breaker.ended(.failure, of: 0, at: at(7)) == nil)
        #expect(breaker.permission(at: at(7)) == .afterProbe)
        #expect(breaker.ended(.success, of: breaker.generation, at: at(7)) == .closed)
        #expect(breaker.ended(.failure, of: 0, at: at(8)) == nil)
        #expect(isRamping(breaker))
    }

    @Test func throttlingOpensNothingButFailsAProbe() {
        var breaker = Breaker()
        for _ in 0..<100 { #expect(breaker.ended(.throttled, of: 0, at: at(0)) == nil) }
        breaker.ramp(at: at(0))
        #expect(breaker.ended(.throttled, of: breaker.generation, at: at(0)) == nil)
        #expect(isRamping(breaker))
        breaker = opened()
        breaker.sent(at: at(30))
        #expect(breaker.ended(.throttled, of: breaker.generation, at: at(30)) == .probeFailed(until: at(90)))
    }

    @Test func aProbeThatSaidNothingIsMadeAnew() {
        var breaker = opened()
        breaker.sent(at: at(30))
        breaker.withdrawn(of: breaker.generation, at: at(31))
        #expect(breaker.permission(at: at(31)) == .probe)
    }

    @Test func noPauseIsLongerThanItsRuleAfterTheClockWasSetBack() {
        let breaker = Breaker(restoring: .seconds(60), until: at(1_000_000), at: at(0))
        #expect(breaker.permission(at: at(59)) == .notBefore(at(60)))
        let endless = Breaker(restoring: .seconds(1 << 40), until: at(1 << 40), at: at(0))
        #expect(endless.permission(at: at(600)) == .probe)
        let hasty = Breaker(restoring: .zero, until: at(0), at: at(0))
        #expect(hasty.state == .open(until: at(0), interval: .seconds(30)))
        var open = opened()
        open.clamp(to: at(-100_000))
        #expect(open.permission(at: at(-100_000 + 30)) == .probe)
    }
}
