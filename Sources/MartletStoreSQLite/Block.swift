// SPDX-License-Identifier: Apache-2.0

/// Rows with neighbouring numbers whose kinds are summed up once they are complete.
///
/// A list by shop, source, type, endpoint or time has no index of its own: that would cost every capture a page. Instead a few
/// rows for each block say what is in it, and a list looks into the blocks that have what it wants. So a page of what is
/// rare reads at most as many blocks as it has rows. Numbers grow with time and are never used twice, and what is
/// summed up never changes in a row; rows that go leave a summary that promises too much, which does no harm.
enum Block: String {
    case events = "event_blocks"
    case deliveries = "delivery_blocks"

    /// Numbers in one block.
    ///
    /// Small enough that a page of fifty reads some ten megabytes at most, large enough that the summary of a million rows
    /// is looked through in milliseconds.
    var size: Int64 {
        switch self {
        case .events: 128
        case .deliveries: 256
        }
    }

    /// The block up to which summaries are complete, exclusively, as a term of SQL.
    var summarisedUpTo: String { "(SELECT highest FROM used_numbers WHERE name = '\(rawValue)')" }

    /// Sums up one block from its rows.
    var summary: String {
        switch self {
        case .events:
            """
            INSERT OR REPLACE INTO event_blocks (block, provider, source, shop, type, first_at, last_at)
            SELECT sequence / \(size), provider, source, shop, type, min(received_at), max(received_at) FROM events
            WHERE sequence >= ?1 * \(size) AND sequence < (?1 + 1) * \(size) GROUP BY 1, 2, 3, 4, 5
            """
        case .deliveries:
            """
            INSERT OR REPLACE INTO delivery_blocks (block, endpoint, shop, first_at, last_at)
            SELECT d.id / \(size), d.endpoint, e.shop, min(d.created_at), max(d.created_at)
            FROM deliveries AS d CROSS JOIN events AS e ON e.sequence = d.event
            WHERE d.id >= ?1 * \(size) AND d.id < (?1 + 1) * \(size) GROUP BY 1, 2, 3
            """
        }
    }

    /// Removes the summary of the block of this number if it has no rows any more.
    var removalOfOne: String {
        let (table, number) =
            switch self {
            case .events: ("events", "sequence")
            case .deliveries: ("deliveries", "id")
            }
        return """
            DELETE FROM \(rawValue) WHERE block = ?1 AND NOT EXISTS
                (SELECT 1 FROM \(table) WHERE \(number) >= ?1 * \(size) AND \(number) < (?1 + 1) * \(size))
            """
    }

    /// Removes the summaries of blocks before the first row that is left.
    var removal: String {
        switch self {
        case .events: "DELETE FROM event_blocks WHERE block < (SELECT min(sequence) FROM events) / \(size)"
        case .deliveries: "DELETE FROM delivery_blocks WHERE block < (SELECT min(id) FROM deliveries) / \(size)"
        }
    }
}
