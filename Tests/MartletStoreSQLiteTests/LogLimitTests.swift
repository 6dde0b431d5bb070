// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import Testing

@testable import MartletStoreSQLite

@Suite struct LogLimitTests {
    /// However the log grows and starts over: no commit cuts off more than a step, and in the end the file is short again.
    @Test func theFileIsCutInSteps() {
        var random = SplitMix64()
        var limit = LogLimit()
        var allowed = LogLimit.lowest
        var file: Int64 = 0
        var pages = 0
        var most: Int64 = 0
        func commit(_ more: Int, startingOver: Bool) {
            if startingOver {
                // SQLite cuts the file in the commit that starts the log over, to the limit that stands then.
                let cut = max(0, file - max(allowed, Int64(more) * LogLimit.frame))
                #expect(cut <= LogLimit.step, "seed \(random.seed)")
                file -= cut
                pages = 0
            }
            pages += more
            file = max(file, Int64(pages) * LogLimit.frame)
            most = max(most, file)
            if let new = limit.follow(pages: pages) { allowed = new }
        }
        for _ in 0..<20 {
            // A backup holds the log, for a while.
            for _ in 0..<Int.random(in: 0...4000, using: &random) {
                commit(.random(in: 1...200, using: &random), startingOver: false)
            }
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                commit(1, startingOver: true)
                for _ in 0..<50 { commit(.random(in: 1...200, using: &random), startingOver: false) }
            }
        }
        for _ in 0...(most / LogLimit.step + 1) {
            commit(20, startingOver: true)
            for _ in 0..<50 { commit(20, startingOver: false) }
        }
        #expect(most > 8 * LogLimit.step, "seed \(random.seed)")
        #expect(file == LogLimit.lowest && allowed == LogLimit.lowest, "seed \(random.seed)")
    }
}
