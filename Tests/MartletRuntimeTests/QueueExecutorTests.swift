// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletRuntime
import Testing

private actor Tally {
    nonisolated let executor: QueueExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private(set) var count = 0

    init(_ executor: QueueExecutor) { self.executor = executor }

    func increment() {
        dispatchPrecondition(condition: .onQueue(executor.queue))
        count += 1
    }
}

@Suite(.timeLimit(.minutes(1))) struct QueueExecutorTests {
    @Test func runsItsActorsOnTheQueue() async {
        let executor = QueueExecutor(label: "martlet.test.executor")
        let first = Tally(executor)
        let second = Tally(executor)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask { await first.increment() }
                group.addTask { await second.increment() }
            }
        }
        #expect(await first.count == 500)
        #expect(await second.count == 500)
    }

    @Test func letsCodeOnTheQueueEnter() async {
        let tally = Tally(QueueExecutor(label: "martlet.test.executor"))
        await withCheckedContinuation { continuation in
            tally.executor.queue.async {
                tally.assumeIsolated { $0.increment() }
                continuation.resume()
            }
        }
        #expect(await tally.count == 1)
    }

    @Test func trapsElsewhere() async {
        await #expect(processExitsWith: .failure) {
            QueueExecutor(label: "martlet.test.executor").checkIsolated()
        }
    }
}
