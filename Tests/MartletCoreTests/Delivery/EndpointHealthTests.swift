// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EndpointHealthTests {
    private var health = EndpointHealth()
    private let day: Int64 = 86_400

    private func at(_ seconds: Int64) -> Timestamp { .noon + .seconds(seconds) }

    private mutating func end(_ outcome: AttemptOutcome, at second: Int64) -> [HealthChange] {
        health.record(outcome, of: health.breaker.generation, at: at(second))
    }

    @Test mutating func successesAloneAreNotWritten() {
        for second in 0..<1000 as Range<Int64> { #expect(end(.answered(status: 200), at: second) == []) }
        #expect(health.saved(at: at(1000)).lastSuccessAt == at(999))
    }

    @Test mutating func aFlakyEndpointIsWrittenTwiceAMinuteAtMost() {
        var writes = 0
        for second in 0..<600 as Range<Int64> {
            if !end(.answered(status: 500), at: second).isEmpty { writes += 1 }
            for _ in 0..<3 where !end(.answered(status: 200), at: second).isEmpty { writes += 1 }
        }
        #expect(writes <= 20)
        #expect(writes >= 10)
    }

    @Test mutating func saysWhenItRecovers() {
        #expect(end(.answered(status: 500), at: 0) == [.noteChanged])
        #expect(health.saved(at: at(0)).failingSince == at(0))
        #expect(end(.answered(status: 500), at: 1) == [])
        #expect(end(.answered(status: 200), at: 2) == [.recovered(failingSince: at(0))])
        #expect(health.failingSince == nil)
        // What is not on disk needs no correction there.
        #expect(end(.answered(status: 500), at: 3) == [])
        #expect(end(.answered(status: 200), at: 4) == [])
    }

    @Test mutating func notesTheLastFailure() {
        _ = end(.answered(status: 503), at: 0)
        #expect(health.lastFailure == FailureNote(label: "http_5xx", status: 503, at: at(0)))
        _ = end(.failed(.tls), at: 1)
        #expect(health.lastFailure == FailureNote(label: "tls", status: nil, at: at(1)))
        #expect(health.rejecting == nil)
    }

    @Test mutating func notesSinceWhenItRejects() {
        _ = end(.answered(status: 404), at: 0)
        _ = end(.answered(status: 422), at: 10)
        #expect(health.rejecting == RejectionNote(status: 422, since: at(0), latest: at(10)))
        // It takes some events and rejects others: the note stays for an hour after the last.
        _ = end(.answered(status: 200), at: 3000)
        #expect(health.rejecting != nil)
        _ = end(.answered(status: 200), at: 3610)
        #expect(health.rejecting == nil)
    }

    @Test mutating func gone() {
        #expect(end(.answered(status: 410), at: 0) == [.disabled(.gone)])
        #expect(health.disabled == Disablement(reason: .gone, at: at(0)))
        #expect(end(.answered(status: 200), at: 1).contains(.enabled) == false)
        #expect(health.disabled != nil)
    }

    @Test mutating func fiveDaysOfFailuresDisable() {
        _ = end(.answered(status: 500), at: 0)
        _ = end(.answered(status: 500), at: 5 * day - 1)
        #expect(health.disabled == nil)
        #expect(end(.failed(.connect), at: 5 * day) == [.disabled(.failing)])
    }

    @Test mutating func aSuccessStartsTheFiveDaysAnew() {
        _ = end(.answered(status: 500), at: 0)
        _ = end(.answered(status: 200), at: 4 * day)
        _ = end(.answered(status: 500), at: 5 * day)
        _ = end(.answered(status: 500), at: 9 * day)
        #expect(health.disabled == nil)
        _ = end(.answered(status: 500), at: 10 * day)
        #expect(health.disabled?.reason == .failing)
    }

    @Test mutating func anEndpointWithoutTrafficIsNeverDisabled() {
        _ = end(.answered(status: 200), at: 0)
        _ = end(.answered(status: 500), at: 100 * day)
        #expect(health.disabled == nil)
    }

    @Test mutating func failuresOnTheGatewaysOwnSideAreNotCharged() {
        for number in 0..<100 as Range<Int64> { #expect(end(.failed(.proxy), at: number * day) == []) }
        #expect(health == EndpointHealth())
    }

    @Test mutating func anOperatorDisablesAndEnables() {
        #expect(health.disable(.byOperator, at: at(0)) == [.disabled(.byOperator)])
        #expect(health.disable(.byOperator, at: at(1)) == [])
        #expect(health.enable(at: at(2)) == [.enabled])
        #expect(health.enable(at: at(3)) == [])
        #expect(health.breaker.permission(at: at(3)) == .limited(1))
    }

    @Test mutating func survivesARestart() {
        for _ in 0..<5 { _ = end(.answered(status: 503), at: 0) }
        let parked = EndpointHealth(restoring: health.saved(at: at(0)), at: at(10))
        #expect(parked.breaker.state == .open(until: at(30), interval: .seconds(30)))
        #expect(parked.failingSince == at(0))

        health.sent(at: at(30))
        let probing = EndpointHealth(restoring: health.saved(at: at(31)), at: at(40))
        #expect(probing.breaker.permission(at: at(40)) == .probe)

        #expect(end(.answered(status: 200), at: 32) == [.recovered(failingSince: at(0)), .breakerClosed])
        let ramping = EndpointHealth(restoring: health.saved(at: at(32)), at: at(40))
        #expect(ramping.breaker.permission(at: at(40)) == .limited(1))
        #expect(EndpointHealth(restoring: EndpointHealth.Saved(), at: at(0)) == EndpointHealth())
    }

    @Test mutating func theFiveDaysRunOnOverARestart() {
        _ = end(.answered(status: 500), at: 0)
        health = EndpointHealth(restoring: health.saved(at: at(0)), at: at(day))
        #expect(end(.answered(status: 500), at: 5 * day) == [.disabled(.failing)])
    }

    @Test func nothingBeganLaterThanNow() {
        let saved = EndpointHealth.Saved(
            parkedUntil: at(day),
            probeInterval: .seconds(480),
            failingSince: at(day),
            lastSuccessAt: at(day),
            lastFailure: FailureNote(label: "timeout", status: nil, at: at(day)),
            rejecting: RejectionNote(status: 404, since: at(-5), latest: at(day))
        )
        let health = EndpointHealth(restoring: saved, at: at(0))
        #expect(health.failingSince == at(0) && health.lastSuccessAt == at(0))
        #expect(health.lastFailure?.at == at(0))
        #expect(health.rejecting == RejectionNote(status: 404, since: at(-5), latest: at(0)))
        #expect(health.breaker.permission(at: at(480)) == .probe)
    }
}
