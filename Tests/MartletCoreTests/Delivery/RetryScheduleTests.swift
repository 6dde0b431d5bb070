// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@Suite struct RetryScheduleTests {
    private let schedule = RetrySchedule(delays: [.seconds(5), .seconds(300)])

    private func pause(_ attempt: Int, unit: Double = 0.5, retryAfter: Duration? = nil) -> Duration? {
        guard
            case .retry(let at) = schedule.decide(afterFailure: attempt, at: .noon, retryAfter: retryAfter, unit: unit)
        else { return nil }
        return at - .noon
    }

    @Test(
        arguments: [
            (1, 0.0, 4000), (1, 0.5, 5000), (2, 0.0, 240_000), (2, 0.5, 300_000), (2, 0.75, 330_000),
        ] as [(Int, Double, Int64)]
    )
    func stretchesAndShortensThePause(attempt: Int, unit: Double, milliseconds: Int64) {
        #expect(pause(attempt, unit: unit) == .milliseconds(milliseconds))
    }

    @Test(arguments: [0, -1, .min, 3, 4, .max])
    func isDeadOutsideTheSchedule(attempt: Int) {
        #expect(schedule.decide(afterFailure: attempt, at: .noon, retryAfter: .seconds(60), unit: 0.5) == .dead)
    }

    @Test func retryAfterOnlyMakesItLaterAndIsCapped() {
        #expect(pause(1, retryAfter: .seconds(60)) == .seconds(60))
        #expect(pause(1, retryAfter: .seconds(1)) == .seconds(5))
        #expect(pause(1, retryAfter: .seconds(-60)) == .seconds(5))
        #expect(pause(1, retryAfter: .seconds(1 << 40)) == .seconds(86_400))
        #expect(pause(2, retryAfter: .seconds(300)) == .seconds(300))
    }

    @Test func givesTenAttemptsByDefault() {
        #expect(RetrySchedule.standard.attempts == 10)
        #expect(RetrySchedule(delays: []).decide(afterFailure: 1, at: .noon, retryAfter: nil, unit: 0) == .dead)
        let total = RetrySchedule.standard.delays.reduce(Duration.zero, +)
        #expect(total > .seconds(3 * 86_400) && total < .seconds(4 * 86_400))
    }

    @Test func survivesAbsurdDelays() {
        let endless = RetrySchedule(delays: [.seconds(Int64.max)], jitter: 1)
        #expect(endless.decide(afterFailure: 1, at: .noon, retryAfter: nil, unit: 0.999) != .dead)
        let last = Timestamp(milliseconds: .max)
        #expect(endless.decide(afterFailure: 1, at: last, retryAfter: nil, unit: 0.5) == .retry(at: last))
    }

    @Test func staysWithinTheJitter() {
        var random = SplitMix64()
        for _ in 0..<5000 {
            let base = Int64.random(in: 1...86_400_000, using: &random)
            let jitter = Double.random(in: 0...1, using: &random)
            let schedule = RetrySchedule(delays: [.milliseconds(base)], jitter: jitter)
            let unit = Double.random(in: 0..<1, using: &random)
            guard case .retry(let at) = schedule.decide(afterFailure: 1, at: .noon, retryAfter: nil, unit: unit) else {
                Issue.record("dead within the schedule, seed \(random.seed)")
                return
            }
            let pause = Double((at - .noon).wholeMilliseconds)
            #expect(pause >= Double(base) * (1 - jitter) - 1, "seed \(random.seed)")
            #expect(pause <= Double(base) * (1 + jitter), "seed \(random.seed)")
        }
    }

    private func next(_ outcome: AttemptOutcome, number: Int = 1, retryAfter: String? = nil) -> AttemptRecord.Next {
        var headers = HeaderFields()
        if let retryAfter { headers.append("Retry-After", retryAfter) }
        let result = AttemptResult(outcome: outcome, startedAt: .noon, duration: .zero, headers: headers)
        return schedule.next(after: result, number: number, at: .noon, unit: 0.5)
    }

    @Test func saysWhatFollowsAnAttempt() {
        #expect(next(.answered(status: 204)) == .delivered)
        #expect(next(.answered(status: 302)) == .retry(at: .noon + .seconds(5)))
        #expect(next(.answered(status: 404)) == .retry(at: .noon + .seconds(5)))
        #expect(next(.answered(status: 410)) == .retry(at: .noon + .seconds(5)))
        #expect(next(.answered(status: 500), retryAfter: "60") == .retry(at: .noon + .seconds(60)))
        #expect(next(.answered(status: 500), retryAfter: "soon") == .retry(at: .noon + .seconds(5)))
        #expect(next(.failed(.timeout), number: 2) == .retry(at: .noon + .seconds(300)))
        #expect(next(.failed(.timeout), number: 3) == .dead)
    }

    @Test func aFailureOfTheEgressProxySpendsNoAttempt() {
        for number in 1...4 {
            #expect(next(.failed(.proxy), number: number) == .postponed(until: .noon + RetrySchedule.postponement))
        }
    }
}
