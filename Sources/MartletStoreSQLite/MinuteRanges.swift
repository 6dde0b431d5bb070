// SPDX-License-Identifier: Apache-2.0

/// Which sequences the events of a minute have, on the way into `event_minutes`.
///
/// The row of a minute names a last sequence beyond the newest event, the further the more come at once: under load it is
/// written every few dozen commits instead of with each, which saves one of some fifteen pages. Who reads it looks at a
/// few events too many and at their times (`SQLiteFile.sequences(until:)`).
struct MinuteRanges {
    /// What the transaction's events come to.
    private var noted: [Int64: (range: ClosedRange<Int64>, events: Int64)] = [:]
    /// What the rows of the newest minutes say, as far as this connection has written them.
    private var written: [Int64: ClosedRange<Int64>] = [:]
    /// What the transaction writes.
    private var writing: [Int64: ClosedRange<Int64>] = [:]

    /// The commits that a row is to last, if they are as large as the one that writes it.
    private static let commits: Int64 = 32
    /// Minutes that are remembered; a clock that jumps about must not fill the memory.
    private static let remembered = 16

    /// Notes when an event came.
    mutating func note(_ sequence: Int64, receivedAt: Int64) {
        let minute = receivedAt / 60_000
        let known = noted[minute] ?? (sequence...sequence, 0)
        let range = min(known.range.lowerBound, sequence)...max(known.range.upperBound, sequence)
        noted[minute] = (range, known.events + 1)
    }

    /// The rows to write now, at the end of the transaction.
    mutating func due() -> [Int64: ClosedRange<Int64>] {
        for (minute, new) in noted {
            let known = written[minute] ?? new.range
            if written[minute] != nil, known.contains(new.range) { continue }
            let last = max(known.upperBound, new.range.upperBound + new.events * Self.commits)
            writing[minute] = min(known.lowerBound, new.range.lowerBound)...last
        }
        noted.removeAll(keepingCapacity: true)
        return writing
    }

    /// The transaction is on disk.
    mutating func commit() {
        if writing.isEmpty { return }
        if written.count >= Self.remembered { written.removeAll(keepingCapacity: true) }
        written.merge(writing) { _, new in new }
        writing.removeAll(keepingCapacity: true)
    }

    /// Rows may be removed by the transaction.
    mutating func forgetRows() { written.removeAll(keepingCapacity: true) }

    /// The transaction came to nothing.
    mutating func rollBack() { self = MinuteRanges() }
}
