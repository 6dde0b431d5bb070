// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// What the blocks of events under way come to, gathered while the events are inserted.
///
/// Otherwise each event is read once more when its block is complete, which costs a capture as much as an index would.
struct BlockTally {
    /// What one row of `event_blocks` is about.
    struct Kind: Hashable {
        var provider: String
        var source: String
        var shop: String
        var type: String
    }

    /// By block, and only of blocks whose first event was noted: the others are not known whole.
    private var blocks: [Int64: [Kind: ClosedRange<Int64>]] = [:]

    /// Notes a new event; every event is noted, in the order of the sequences.
    mutating func note(_ event: Event, sequence: Int64) {
        let block = sequence / Block.events.size
        if sequence % Block.events.size == 0 { blocks[block] = [:] }
        let kind = Kind(
            provider: event.source.provider,
            source: event.source.id,
            shop: event.shop,
            type: event.type.rawValue
        )
        let received = event.receivedAt.milliseconds
        blocks[block]?[kind, default: received...received].include(received)
    }

    /// When the events of each kind in the block came; nil if the block was not seen whole.
    func times(in block: Int64) -> [Kind: ClosedRange<Int64>]? { blocks[block] }

    /// Summaries are on disk.
    mutating func forget(before block: Int64) {
        while let first = blocks.keys.first(where: { $0 < block }) { blocks[first] = nil }
    }
}

extension ClosedRange<Int64> {
    fileprivate mutating func include(_ value: Int64) {
        if !contains(value) { self = Swift.min(lowerBound, value)...Swift.max(upperBound, value) }
    }
}
