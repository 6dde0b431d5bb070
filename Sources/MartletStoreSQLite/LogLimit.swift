// SPDX-License-Identifier: Apache-2.0

/// How long the file of SQLite's log may be when the log starts over (`journal_size_limit`).
///
/// SQLite cuts the file within the commit that starts the log over. A backup leaves gigabytes, and cutting those at once
/// kept every callback waiting for half a second. So the limit follows the log up, and comes down one step each time
/// that the log starts over.
struct LogLimit: Sendable {
    /// Bytes that the log has between two copies under load, and some: one that must grow anew makes every sync write
    /// the file's size as well.
    static let lowest: Int64 = 64 << 20
    /// Bytes that are cut off in one commit at most.
    static let step: Int64 = 32 << 20
    /// Bytes of a page in the log, with its header (sqlite.org/fileformat2.html section 4.1).
    static let frame: Int64 = 8192 + 24

    private var limit = lowest
    private var pages = 0

    /// The limit to set now, in bytes, after a commit that left a log of so many pages; nil if it stays.
    mutating func follow(pages: Int) -> Int64? {
        let hasStartedOver = pages < self.pages
        self.pages = pages
        let length = Int64(pages) * Self.frame
        if hasStartedOver, limit > Self.lowest {
            limit = max(Self.lowest, limit - Self.step)
        } else if length > limit + Self.step / 2 {
            limit = length
        } else {
            return nil
        }
        return limit
    }
}
