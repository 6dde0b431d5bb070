// SPDX-License-Identifier: Apache-2.0
import GRDB
import GRDBSQLite
import Synchronization

/// Copies SQLite's log back into the file beside the writer, on a connection and a queue of its own.
///
/// Left to SQLite, the commit that finds the log too long copies it and syncs the file, and every callback waits: 20 to
/// 40 ms in every few thousand. A passive checkpoint from another connection holds up nobody
/// (sqlite.org/c3ref/wal_checkpoint_v2.html), but under steady load it never reaches the end of a log that grows
/// meanwhile, so the writer still does the rest where little is left, and the log starts over (`LogCopying`).
final class Checkpointer: Sendable {
    private struct State {
        var copying = LogCopying()
        var limit = LogLimit()
        /// When to be rid of pages that the log must not hold for long; nil if it holds none.
        var clearAt: ContinuousClock.Instant?
    }

    /// Each attempt in vain has kept the writer waiting.
    private static let pauseBetweenClearings = Duration.seconds(10)

    private let queue: DatabaseQueue
    private let state = Mutex(State())

    init(path: String) throws {
        var configuration = SQLiteFile.configuration(isReadOnly: false)
        configuration.label = "martlet.store.checkpoint"
        // Clearing the log keeps the writer waiting while it waits for readers, so it soon gives up.
        configuration.busyMode = .timeout(0.1)
        queue = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Follows the commits of the writing connection, in place of SQLite's own automatic checkpoint.
    ///
    /// The caller keeps this object until `unfollow`.
    func follow(_ writer: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let hook: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, CInt) -> CInt = {
            context,
            connection,
            _,
            pages in
            guard let context, let connection else { return SQLITE_OK }
            let checkpointer = Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue()
            checkpointer.committed(pages: Int(pages), connection)
            return SQLITE_OK
        }
        sqlite3_wal_hook(writer.sqliteConnection, hook, context)
    }

    func unfollow(_ writer: Database) {
        sqlite3_wal_hook(writer.sqliteConnection, nil, nil)
    }

    /// Ends a copy that runs, and closes.
    func close() {
        try? queue.close()
    }

    /// Called on the writer's queue after each commit.
    private func committed(pages: Int, _ connection: OpaquePointer) {
        let (limit, writerCopies, copierStarts) = state.withLock { state in
            (
                state.limit.follow(pages: pages), state.copying.writerCopies(pages: pages),
                state.copying.copierStarts(pages: pages)
            )
        }
        if let limit { sqlite3_exec(connection, "PRAGMA journal_size_limit = \(limit)", nil, nil, nil) }
        if writerCopies {
            var (pages, copied): (CInt, CInt) = (-1, -1)
            // Fails only while the copier is at it, or where the file cannot be written, which the next commit will say better.
            if sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied) == SQLITE_OK {
                state.withLock { [pages, copied] in $0.copying.ended(pages: Int(pages), copied: Int(copied)) }
            }
        }
        guard copierStarts else { return }
        queue.asyncWriteWithoutTransaction { database in
            if let end = try? database.checkpoint(.passive) {
                self.state.withLock { $0.copying.ended(pages: end.walFrameCount, copied: end.checkpointedFrameCount) }
            }
            let mustClear = self.state.withLock { $0.clearAt.map { $0 <= ContinuousClock.now } ?? false }
            if mustClear { _ = self.clear(database) }
            self.state.withLock { $0.copying.copierEnded() }
        }
    }

    /// Cuts the log to nothing; false if a reader was in the way, and then a later copy tries it again.
    func clearLog() async -> Bool {
        state.withLock { $0.clearAt = ContinuousClock.now }
        return await withCheckedContinuation { continuation in
            queue.asyncWriteWithoutTransaction { database in
                // Beside the writer, so that little is left for the moment in which it has to wait.
                _ = try? database.checkpoint(.passive)
                continuation.resume(returning: self.clear(database))
            }
        }
    }

    private func clear(_ database: Database) -> Bool {
        let isClear = (try? database.checkpoint(.truncate)) != nil
        state.withLock { $0.clearAt = isClear ? nil : ContinuousClock.now + Self.pauseBetweenClearings }
        return isClear
    }
}
