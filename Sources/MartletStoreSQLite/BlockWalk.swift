// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Goes through the blocks that may have what a list wants, newest first, until a page is full (`Block`).
struct BlockWalk: Sendable {
    let block: Block
    /// Conditions on the block's summary.
    var kinds: QueryFilter
    /// Only numbers within these.
    var since: Int64 = 0
    var before: Int64 = .max
    var limit: Int
    /// Candidates that are looked up at once.
    private static let portion = 256

    init(_ block: Block, kinds: QueryFilter, before: Int64?, limit: Int) {
        self.block = block
        self.kinds = kinds
        if let before { self.before = before }
        self.limit = max(0, limit)
    }

    /// `read`: rows with numbers in a range, newest first, up to a limit.
    func rows<Element>(
        _ database: Database,
        _ read: (ClosedRange<Int64>, Int) throws -> [Element]
    ) throws -> [Element] {
        guard limit > 0, since < before else { return [] }
        let complete = try Int64.fetchOne(database, sql: "SELECT \(block.summarisedUpTo)") ?? 0
        var found: [Element] = []
        // What has come since has no summary yet.
        if let newest = range(from: complete, upTo: nil) { found = try read(newest, limit) }
        var end = min(complete, (before - 1) / block.size + 1)
        while found.count < limit {
            let blocks = try candidates(database, below: end)
            for run in Self.runs(blocks) {
                guard let numbers = range(from: run.lowerBound, upTo: run.upperBound) else { continue }
                found += try read(numbers, limit - found.count)
                if found.count >= limit { return found }
            }
            guard blocks.count == Self.portion, let last = blocks.last else { break }
            end = last
        }
        return found
    }

    private func candidates(_ database: Database, below end: Int64) throws -> [Int64] {
        var filter = kinds
        filter.add("block < ?", end)
        filter.add("block >= ?", since / block.size)
        return try Int64.fetchAll(
            database,
            sql: """
                SELECT DISTINCT block FROM \(block.rawValue) \(filter.clause) ORDER BY block DESC LIMIT \(Self.portion)
                """,
            arguments: StatementArguments(filter.arguments)
        )
    }

    /// The numbers of these blocks that are asked for, if there are any.
    private func range(from first: Int64, upTo last: Int64?) -> ClosedRange<Int64>? {
        let lower = max(since, first * block.size)
        let upper = min(before - 1, last.map { ($0 + 1) * block.size - 1 } ?? .max)
        return lower <= upper ? lower...upper : nil
    }

    /// Blocks next to each other are one range, so that what is common is read as if there were no blocks.
    private static func runs(_ descending: [Int64]) -> [ClosedRange<Int64>] {
        var runs: [ClosedRange<Int64>] = []
        for block in descending {
            if let last = runs.last, last.lowerBound == block + 1 {
                runs[runs.count - 1] = block...last.upperBound
            } else {
                runs.append(block...block)
            }
        }
        return runs
    }
}
