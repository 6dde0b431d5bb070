// SPDX-License-Identifier: Apache-2.0

/// Decides when SQLite's log is copied back into the file, and when the writer does the rest itself.
///
/// Only with all of it copied does the log start over, and under steady load only the writer gets there. But what it copies
/// every callback waits for, so it does so only where little is left: after a backup, which holds the log for as long as it
/// reads, hundreds of megabytes have gathered, and those are for the copier.
struct LogCopying: Sendable {
    /// Pages that the log gains before they are copied.
    static let step = 500
    /// Pages of the log from which on the writer copies what is left; at 8 KiB a page it stays near 48 MiB.
    static let limit = 6_000
    /// Pages that are little for the writer to copy.
    static let rest = 1_000
    /// Pages behind at which a copier that nobody is in the way of is too slow, so that callbacks must wait for it after all.
    static let most = 100_000

    /// Pages of the log at the last start of a copy.
    private var startedAt = 0
    /// Pages of the log that are in the file.
    private var copied = 0
    /// Whether a reader was so much in the way of the last copy that another would be in vain.
    ///
    /// Under steady reads some reader is always a little behind, which must not keep the log from being cut.
    private var isBlocked = false
    private var isRunning = false

    /// Whether the writer is to copy the rest, after a commit that left a log of so many pages.
    mutating func writerCopies(pages: Int) -> Bool {
        // A shorter log than before has started over.
        if pages < max(startedAt, copied) { (startedAt, copied, isBlocked) = (0, 0, false) }
        guard pages >= Self.limit else { return false }
        let left = pages - copied
        return left <= Self.rest || (left >= Self.most && !isBlocked)
    }

    /// Whether the copier is to begin.
    mutating func copierStarts(pages: Int) -> Bool {
        guard !isRunning, pages - startedAt >= Self.step else { return false }
        (startedAt, isRunning) = (pages, true)
        return true
    }

    /// A copy by either has ended, of a log of so many pages.
    mutating func ended(pages: Int, copied: Int) {
        // Both negative if there was no log to look at.
        guard pages >= 0, copied >= 0 else { return }
        self.copied = copied
        // Of `most` pages at least half can be copied otherwise; a backup soon holds more.
        isBlocked = pages - copied > Self.most / 2
    }

    mutating func copierEnded() { isRunning = false }
}
