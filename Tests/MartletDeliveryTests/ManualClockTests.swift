// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletCore
import MartletRuntime
import MartletTesting
import Synchronization
import Testing

@Suite("The clock that tests move", .timeLimit(.minutes(1)))
struct ManualClockTests {
    private let clock = ManualClock(now: Timestamp(milliseconds: 0))
    private let queue = DispatchQueue(label: "martlet.test.clock")

    private final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

    @Test func firesInOrderOfDeadlineAtItsMoment() async {
        let log = Log()
        for second in [3, 1, 2, 5] as [Int64] {
            _ = clock.schedule(at: at(second), on: queue) { [clock] in log.add("\(second)@\(clock.now().seconds)") }
        }
        await clock.advance(by: .seconds(4))
        #expect(log.all == ["1@1", "2@2", "3@3"])
        #expect(clock.now() == at(4))
        #expect(clock.pendingTimers == 1)
        #expect(clock.nextDeadline == at(5))
    }

    @Test func timersScheduledWhileFiringFireInTheSameSpan() async {
        let log = Log()
        _ = clock.schedule(at: at(1), on: queue) { [clock, queue] in
            log.add("first")
            _ = clock.schedule(at: clock.now() + .seconds(1), on: queue) { log.add("second") }
        }
        await clock.advance(by: .seconds(2))
        #expect(log.all == ["first", "second"])
    }

    @Test func cancelledTimersDoNotFire() async {
        let log = Log()
        let timer = clock.schedule(at: at(1), on: queue) { log.add("fired") }
        timer.cancel()
        timer.cancel()
        await clock.advance(by: .seconds(2))
        #expect(log.all.isEmpty)
        #expect(clock.pendingTimers == 0)
    }

    @Test func timerCancelledByAnEarlierOneDoesNotFire() async {
        let log = Log()
        let later = clock.schedule(at: at(1), on: queue) { log.add("later") }
        _ = clock.schedule(at: Timestamp(milliseconds: 999), on: queue) {
            log.add("earlier")
            later.cancel()
        }
        await clock.advance(by: .seconds(2))
        #expect(log.all == ["earlier"])
    }

    @Test func deadlineInThePastFiresAtOnce() async {
        await clock.advance(by: .seconds(10))
        await Wait.value("a timer of the past") { done in
            _ = clock.schedule(at: at(5), on: queue) { done(()) }
        }
        #expect(clock.now() == at(10))
    }

    @Test func workThatFiringPutsOnTheQueueHasRun() async {
        let log = Log()
        _ = clock.schedule(at: at(1), on: queue) { [queue] in queue.async { log.add("after") } }
        await clock.advance(by: .seconds(1))
        #expect(log.all == ["after"])
    }

    @Test func waitsForTimersToBeScheduled() async {
        async let waiting: Void = clock.waitForTimers(2)
        _ = clock.schedule(at: at(1), on: queue) {}
        _ = clock.schedule(at: at(1), on: queue) {}
        await waiting
        #expect(clock.pendingTimers == 2)
    }

    /// The time limit of a suite cancels its test and can do no more: whatever waits must end by that.
    @Test func aCancelledTestWaitsForNothing() async {
        let transport = ScriptedTransport()
        let waiting = Task { [clock] in
            await clock.waitForTimers(7)
            await transport.waitForRequests(7)
        }
        waiting.cancel()
        await waiting.value
        #expect(clock.pendingTimers == 0)
    }

    @Test func seededNumbersRepeat() {
        let first = SeededRandom(seed: 42)
        let second = SeededRandom(seed: 42)
        #expect((0..<10).map { _ in first.next() } == (0..<10).map { _ in second.next() })
        // The first outputs of the reference implementation for seed 1234567.
        let reference = SeededRandom(seed: 1_234_567)
        #expect(reference.next() == 6_457_827_717_110_365_317)
        #expect(reference.next() == 3_203_168_211_198_807_973)
    }
}
