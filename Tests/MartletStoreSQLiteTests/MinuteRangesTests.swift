// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import Testing

@testable import MartletStoreSQLite

@Suite struct MinuteRangesTests {
    /// Whatever comes, commits or is rolled back: the rows on disk always reach over every event on disk.
    @Test func rowsReachOverEveryEvent() {
        var random = SplitMix64()
        for _ in 0..<100 {
            var ranges = MinuteRanges()
            var rows: [Int64: ClosedRange<Int64>] = [:]
            var sequence: Int64 = 0
            // So late that no steps back lead to before 1970, where minutes would be counted otherwise.
            var minute: Int64 = 30_000_000
            var written = 0
            for _ in 0..<200 {
                var events: [(sequence: Int64, minute: Int64)] = []
                let former = sequence
                for _ in 0..<Int.random(in: 0...20, using: &random) {
                    // The clock goes on, and sometimes back.
                    if Int.random(in: 0..<100, using: &random) == 0 { minute += .random(in: -20...30, using: &random) }
                    sequence += 1
                    events.append((sequence, minute))
                    ranges.note(sequence, receivedAt: minute * 60_000 + .random(in: 0..<60_000, using: &random))
                }
                if Int.random(in: 0..<50, using: &random) == 0, let gone = rows.keys.randomElement(using: &random) {
                    // Retention removes a row; an event of this transaction may be of the same minute.
                    rows[gone] = nil
                    ranges.forgetRows()
                }
                let due = ranges.due()
                if Int.random(in: 0..<10, using: &random) == 0 {
                    ranges.rollBack()
                    sequence = former
                    continue
                }
                for (minute, range) in due {
                    let old = rows[minute] ?? range
                    rows[minute] =
                        min(old.lowerBound, range.lowerBound)...max(old.upperBound, range.upperBound)
                }
                written += due.count
                ranges.commit()
                for event in events {
                    #expect(rows[event.minute]?.contains(event.sequence) == true, "seed \(random.seed)")
                }
            }
            #expect(written > 0 && written < 200 * 2, "seed \(random.seed)")
        }
    }

    @Test func aSteadyLoadWritesARowOnceInManyCommits() {
        var ranges = MinuteRanges()
        var written = 0
        for commit in 0..<330 {
            for event in 0..<30 { ranges.note(Int64(commit * 30 + event + 1), receivedAt: 1000) }
            written += ranges.due().count
            ranges.commit()
        }
        #expect(written == 10)
    }
}
