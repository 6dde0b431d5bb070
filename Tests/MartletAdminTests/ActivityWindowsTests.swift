// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletTesting
import Testing

@testable import MartletAdmin

/// The last hour in steps of a minute, for lines.
@Suite struct ActivityWindowsTests {
    private let clock = ManualClock()
    private let stored = Counter(name: "events", help: "", labels: ["shop", "provider", "source", "type"])

    private var windows: ActivityWindows {
        let other = Counter(name: "other", help: "", labels: [])
        return ActivityWindows(Activity(stored: stored, callbacks: other, attempts: other), clock: clock)
    }

    private func count(_ events: Int) {
        for _ in 0..<events { stored.increment(["nordic", "cryptomus", "main", "payment.paid"]) }
    }

    private func counts(_ steps: [ActivityWindows.Window]) -> [UInt64] { steps.map { $0.stored.values.reduce(0, +) } }

    @Test func stepsAreMinutesAndTheNewestSecondsBelongToTheLast() async {
        let windows = windows
        windows.start()
        await clock.advance(by: .seconds(120))
        count(2)
        await clock.advance(by: .seconds(60))
        #expect(counts(windows.steps()) == [0, 0, 2])
        count(3)
        await clock.advance(by: .seconds(20))
        #expect(counts(windows.steps()) == [0, 0, 5], "20 seconds are no step of their own")
        await clock.advance(by: .seconds(20))
        #expect(counts(windows.steps()) == [0, 0, 2, 3])
        await clock.advance(by: .seconds(20))
        let steps = windows.steps()
        #expect(counts(steps) == [0, 0, 2, 3])
        #expect(steps.allSatisfy { $0.span == .seconds(60) })
        windows.stop()
    }

    @Test func theyGoBackAnHourAndStayWhereTheyAre() async {
        let windows = windows
        windows.start()
        for minute in 1...200 {
            count(minute)
            await clock.advance(by: .seconds(60))
        }
        let steps = windows.steps()
        #expect((60...62).contains(steps.count), "\(steps.count)")
        #expect(steps.allSatisfy { $0.span >= .seconds(60) && $0.span <= .seconds(90) })
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.start + $0.span == $1.start }, "no gap")
        #expect(counts(steps).last == 200)
        await clock.advance(by: .seconds(35))
        let starts = Set(steps.map(\.start))
        #expect(windows.steps().dropLast().allSatisfy { starts.contains($0.start) })
        windows.stop()
    }

    @Test func aYoungGatewayHasShortSteps() async {
        let windows = windows
        windows.start()
        count(4)
        #expect(counts(windows.steps()) == [4])
        await clock.advance(by: .seconds(10))
        count(1)
        await clock.advance(by: .seconds(10))
        #expect(counts(windows.steps()) == [4, 1])
        windows.stop()
    }
}
