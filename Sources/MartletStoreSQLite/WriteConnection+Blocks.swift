// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Sums up blocks of events and deliveries as they are completed (`Block`).
extension WriteConnection {
    /// How many blocks of each kind one transaction sums up at most: more than it can complete by itself, so that what an
    /// older version left, or one large transaction, is caught up with.
    private static let slice: Int64 = 16

    /// The blocks up to which summaries are complete, exclusively.
    struct SummarisedBlocks {
        var events: Int64
        var deliveries: Int64
    }

    /// Sums up what is complete with these newest numbers.
    func summariseBlocks(sequence: Int64, delivery: Int64) throws {
        var done = try readSummarisedBlocks()
        done.events = try summarise(.events, from: done.events, newest: sequence) { block in
            guard let kinds = tally.times(in: block) else { return false }
            for (kind, times) in kinds {
                try statement(.insertEventBlock)
                    .run(block, kind.provider, kind.source, kind.shop, kind.type, times.lowerBound, times.upperBound)
            }
            return true
        }
        done.deliveries = try summarise(.deliveries, from: done.deliveries, newest: delivery) { _ in false }
        summarisedBlocks = done
    }

    /// With retention of these rows: what no row is left of needs no summary, also behind an old row that is kept.
    func pruneBlocks(events: [Int64], deliveries: [Int64]) throws {
        let events = Set(events.map { $0 / Block.events.size })
        for block in events { try database.cachedStatement(sql: Block.events.removalOfOne).run(block) }
        let deliveries = Set(deliveries.map { $0 / Block.deliveries.size })
        for block in deliveries { try database.cachedStatement(sql: Block.deliveries.removalOfOne).run(block) }
        try database.cachedStatement(sql: Block.events.removal).run()
        try database.cachedStatement(sql: Block.deliveries.removal).run()
    }

    /// `isWritten`: writes the summary of a block from what is known of it, or returns false.
    private func summarise(
        _ block: Block,
        from first: Int64,
        newest: Int64,
        isWritten: (Int64) throws -> Bool
    ) throws -> Int64 {
        let end = min((newest + 1) / block.size, first + Self.slice)
        guard end > first else { return first }
        for number in first..<end where try !isWritten(number) {
            try database.cachedStatement(sql: block.summary).run(number)
        }
        try statement(.raiseUsedNumber).run(end, block.rawValue)
        return end
    }

    private func readSummarisedBlocks() throws -> SummarisedBlocks {
        if let summarisedBlocks { return summarisedBlocks }
        let sql = "SELECT \(Block.events.summarisedUpTo), \(Block.deliveries.summarisedUpTo)"
        return try database.cachedStatement(sql: sql).first { row in
            SummarisedBlocks(events: row[0], deliveries: row[1])
        }
            ?? SummarisedBlocks(events: 0, deliveries: 0)
    }
}
