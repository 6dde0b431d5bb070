// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Glibc
package import MartletCore
package import MartletStore

/// Copies a store to a file of its own while a gateway runs on it, or none does.
///
/// All pages are read within one snapshot: every event that was acknowledged before it was taken is in the copy, and no half
/// transaction is. SQLite's backup interface and not `VACUUM INTO`, in portions with pauses and syncs: docs/backup.md has the
/// measurements.
package enum SQLiteBackup {
    /// What a backup holds.
    package struct Report: Sendable, Equatable {
        package var bytes: Int64
        /// The newest event; nil in a store without any.
        package var newest: Newest?
        package var events: Int
        /// Deliveries that a gateway on this copy will make.
        package var pendingDeliveries: Int
    }

    package struct Newest: Sendable, Equatable {
        package var sequence: Int64
        package var id: EventID
        package var receivedAt: Timestamp
    }

    /// Pages that are copied at once, 512 KiB.
    private static let portion: CInt = 64
    /// Rest between portions, in microseconds: the disk is the gateway's first.
    private static let rest: UInt32 = 2000
    /// Portions after which the copy is synced, so that no backlog of its pages holds up the gateway's commits.
    private static let portionsInOneSync = 16

    /// Writes, verifies and syncs a copy; blocks its thread.
    ///
    /// The copy has a name of its own until it is complete, so that a file of the given name is a whole backup or none.
    /// `progress`: called with the pages copied and their total.
    ///
    /// - Throws: `cannotOpen`, `full` or `failed`, with what to do; then there is no new file.
    package static func write(
        from path: String,
        to target: String,
        progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(StoreError) -> Report {
        guard !FileManager.default.fileExists(atPath: target) else {
            throw .cannotOpen("\(target): there is a file of that name already; a backup never replaces one")
        }
        let partial = target + ".partial"
        let descriptor = try create(partial)
        defer { close(descriptor) }
        do {
            let report = try copy(from: path, to: partial, syncing: descriptor, progress: progress)
            try sync(descriptor, partial)
            try publish(partial, as: target)
            return report
        } catch {
            unlink(partial)
            unlink(partial + "-journal")
            throw error
        }
    }

    private static func create(_ partial: String) throws(StoreError) -> CInt {
        let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 { return descriptor }
        let code = errno
        if code == EEXIST {
            throw .cannotOpen("\(partial): left by a backup that was cut off, or one runs; remove it and try again")
        }
        throw .cannotOpen("\(partial) cannot be made: \(String(cString: strerror(code))); its folder must exist")
    }

    private static func copy(
        from path: String,
        to partial: String,
        syncing descriptor: CInt,
        progress: @escaping (_ done: Int, _ total: Int) -> Void
    ) throws(StoreError) -> Report {
        let source = try SQLiteFile.openReadOnly(path: path)
        defer { try? source.close() }
        do {
            var configuration = Configuration()
            configuration.label = "martlet.store.backup"
            configuration.prepareDatabase { database in
                // A copy that is cut off is thrown away whole, so it needs no journal; it is synced at its end.
                try database.execute(sql: "PRAGMA journal_mode = OFF")
                try database.execute(sql: "PRAGMA synchronous = OFF")
            }
            let copy = try DatabaseQueue(path: partial, configuration: configuration)
            let expected = try source.read { database in
                // The first read takes the snapshot, and it stays for all portions: without it SQLite would begin anew
                // whenever the gateway has written (sqlite.org/c3ref/backup_finish.html).
                let expected = try contents(of: database)
                try copy.writeWithoutTransaction { target in
                    var portions = 0
                    try database.backup(to: target, pagesPerStep: portion) { step in
                        progress(step.completedPageCount, step.totalPageCount)
                        portions += 1
                        if portions % portionsInOneSync == 0 { fdatasync(descriptor) }
                        if !step.isCompleted { usleep(rest) }
                    }
                }
                return expected
            }
            try copy.writeWithoutTransaction { database in
                // The copy says of itself that it has a log beside it; a backup is one file.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
            }
            let found = try copy.read { database in
                try verify(database, partial)
                return try contents(of: database)
            }
            try copy.close()
            guard found == expected else {
                throw StoreError.failed(code: -1, operation: "backup", message: "the copy differs from the store")
            }
            return found
        } catch {
            throw .sqlite(error, operation: "backup", path: partial)
        }
    }

    private static func verify(_ database: Database, _ path: String) throws {
        let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(3)")
        guard findings == ["ok"] else {
            throw StoreError.failed(
                code: Int(ResultCode.SQLITE_CORRUPT.rawValue),
                operation: "backup",
                message: "the copy is damaged (\(findings.joined(separator: "; "))), so the store may be; run "
                    + "`sqlite3 FILE 'PRAGMA integrity_check'` on it"
            )
        }
    }

    private static func contents(of database: Database) throws -> Report {
        let newest = try Row.fetchOne(
            database,
            sql: "SELECT sequence, event_id, received_at FROM events ORDER BY sequence DESC LIMIT 1"
        )
        let pages = try Int64.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let size = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        return Report(
            bytes: pages * size,
            newest: newest.map { row in
                Newest(
                    sequence: row[0],
                    id: EventID(rawValue: row[1]),
                    receivedAt: Timestamp(milliseconds: row[2])
                )
            },
            events: try Int.fetchOne(database, sql: "SELECT count(*) FROM events") ?? 0,
            pendingDeliveries: try Int.fetchOne(
                database,
                sql: "SELECT count FROM delivery_counts WHERE state = 'pending'"
            ) ?? 0
        )
    }

    private static func sync(_ descriptor: CInt, _ path: String) throws(StoreError) {
        if fsync(descriptor) == 0 { return }
        throw .failed(code: Int(errno), operation: "backup", message: "\(path) could not be synced to its disk")
    }

    /// Gives the copy its name, unless a file has it by now, and syncs the folder that holds it.
    private static func publish(_ partial: String, as target: String) throws(StoreError) {
        guard link(partial, target) == 0 else {
            let reason = String(cString: strerror(errno))
            throw .cannotOpen("\(target): the backup cannot be given its name: \(reason)")
        }
        unlink(partial)
        let folder = (target as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        try sync(descriptor, folder)
    }
}
