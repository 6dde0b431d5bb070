// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import MartletAdmin

/// Looking again and again, by one task at a time.
@Suite(.timeLimit(.minutes(1))) struct RoundsTests {
    /// Pauses that end when the test says so.
    private final class Pauses: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])
        let begun: AsyncStream<Void>
        private let tell: AsyncStream<Void>.Continuation

        init() { (begun, tell) = AsyncStream.makeStream() }

        func pause() async {
            await withCheckedContinuation { continuation in
                waiting.withLock { $0.append(continuation) }
                tell.yield()
            }
        }

        var count: Int { waiting.withLock { $0.count } }

        func endAll() {
            let ended = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for continuation in ended { continuation.resume() }
        }
    }

    @Test func whoeverComesWhileTheLastOneLeavesIsLookedAfterOnce() async {
        let pauses = Pauses()
        let rounds = Rounds { await pauses.pause() }
        let (told, tell) = AsyncStream.makeStream(of: Int.self)
        var begun = pauses.begun.makeAsyncIterator()
        var looks = told.makeAsyncIterator()
        rounds.begin { tell.yield(1) }
        await begun.next()
        for number in 2...9 {
            rounds.end()
            rounds.begin { tell.yield(number) }
        }
        pauses.endAll()
        #expect(await looks.next() == 9, "the newest is in force, and there is one round")
        await begun.next()
        #expect(pauses.count == 1, "one task pauses")
        pauses.endAll()
        #expect(await looks.next() == 9)
        await begun.next()
        rounds.end()
        pauses.endAll()
    }
}
