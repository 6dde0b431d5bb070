// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import MartletCore
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct SystemClockTests {
    private let clock = SystemClock()
    private let queue = DispatchQueue(label: "martlet.test.clock")

    @Test func readsTheWallClock() {
        let before = Int64(Date().timeIntervalSince1970 * 1000) - 1
        let now = clock.now().milliseconds
        #expect(before <= now && now <= Int64(Date().timeIntervalSince1970 * 1000) + 1)
    }

    @Test(arguments: [0, 20, -60_000] as [Int64])
    func firesOnceAndNotTooEarly(milliseconds: Int64) {
        let fired = Mutex(0)
        let deadline = clock.now() + .milliseconds(milliseconds)
        let done = DispatchSemaphore(value: 0)
        let timer = clock.schedule(at: deadline, on: queue) { [queue, clock] in
            dispatchPrecondition(condition: .onQueue(queue))
            #expect(clock.now() >= deadline)
            fired.withLock { $0 += 1 }
            done.signal()
        }
        done.wait(for: "the timer")
        timer.cancel()
        timer.cancel()
        queue.sync {}
        #expect(fired.withLock { $0 } == 1)
    }

    @Test func aCancelledTimerStaysSilent() {
        let done = DispatchSemaphore(value: 0)
        let start = clock.now()
        // However long it takes to cancel it: the timer cannot fire before.
        queue.suspend()
        let cancelled = clock.schedule(at: start + .milliseconds(10), on: queue) {
            Issue.record("a cancelled timer fired")
        }
        cancelled.cancel()
        cancelled.cancel()
        queue.resume()
        let later = clock.schedule(at: start + .milliseconds(40), on: queue) { done.signal() }
        done.wait(for: "the timer")
        later.cancel()
    }

    @Test func takesAnyDeadline() {
        for deadline in [Timestamp(milliseconds: .max), clock.now() + .seconds(Int64.max)] {
            clock.schedule(at: deadline, on: queue) { Issue.record("a far deadline fired") }.cancel()
        }
        let done = DispatchSemaphore(value: 0)
        let past = clock.schedule(at: Timestamp(milliseconds: .min), on: queue) { done.signal() }
        done.wait(for: "the timer")
        past.cancel()
    }

    @Test func drawsUnitsBelowOne() {
        struct Fixed: RandomSource {
            var value: UInt64
            func next() -> UInt64 { value }
        }
        #expect(Fixed(value: 0).unit() == 0)
        #expect(Fixed(value: .max).unit() < 1)
        #expect(Fixed(value: 1 << 63).unit() == 0.5)
        #expect((0..<1000).allSatisfy { _ in (0..<1).contains(SystemRandom().unit()) })
    }
}
