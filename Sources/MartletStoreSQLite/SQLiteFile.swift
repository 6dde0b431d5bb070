// SPDX-License-Identifier: Apache-2.0
import CSQLite
import Foundation
import GRDB
import MartletCore
import MartletStore

/// Opens the store's file: folder, modes, settings of a connection, schema.
enum SQLiteFile {
    /// Opens for the one process that writes, and brings the schema up to date.
    static func open(path: String) throws(StoreError) -> DatabasePool {
        _ = withoutMemoryStatistics
        do {
            let pool = try DatabasePool(path: path, configuration: configuration(isReadOnly: false))
            try pool.writeWithoutTransaction { database in
                // GRDB sets `synchronous = NORMAL` whenever it opens a pool, after `prepareDatabase`: the last commits
                // could go with the power. Here a commit is a promise to a provider, and FULL syncs the log each time
                // (sqlite.org/pragma.html#pragma_synchronous).
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            try pool.read { database in try refuseNewerSchema(database, path: path) }
            try SchemaMigrations.migrator.migrate(pool)
            // SQLite opens a file that it may not write without a word and fails at the first write: try one now.
            try pool.write { database in
                try database.execute(sql: "UPDATE delivery_counts SET count = count WHERE state = 'pending'")
            }
            return pool
        } catch {
            throw openError(error, path: path)
        }
    }

    /// Done once, before SQLite is used; where something else has used it already, things go on a little slower.
    private static let withoutMemoryStatistics: Void = { _ = martlet_sqlite_without_memory_statistics() }()

    /// Opens for reading beside a gateway that runs, or where none does.
    static func openReadOnly(path: String) throws(StoreError) -> DatabasePool {
        do {
            guard FileManager.default.fileExists(atPath: path) else {
                throw StoreError.cannotOpen(
                    "\(path): there is no such file; name the file that `store` names in the configuration"
                )
            }
            let pool = try DatabasePool(path: path, configuration: configuration(isReadOnly: true))
            try pool.read { database in
                try refuseNewerSchema(database, path: path)
                guard try SchemaMigrations.migrator.hasCompletedMigrations(database) else {
                    throw StoreError.cannotOpen(
                        "\(path): the file is no store of this version; run `martlet serve` of this version with it once"
                    )
                }
            }
            return pool
        } catch {
            throw openError(error, path: path)
        }
    }

    /// The events that the last run had not put into `event_ids` yet.
    static func eventsWithoutIndex(_ database: Database) throws -> [EventIDKey: Int64] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT event_id, sequence FROM events WHERE sequence > \(completeUpTo)
                UNION ALL SELECT event_id, sequence FROM old_events WHERE sequence > \(completeUpTo)
                """
        )
        var sequences: [EventIDKey: Int64] = [:]
        while let row = try rows.next() {
            if let id = EventIDKey(EventID(rawValue: row[0])) { sequences[id] = row[1] }
        }
        return sequences
    }

    /// The event up to which `event_ids` is complete, as a term of SQL.
    static let completeUpTo = "(SELECT highest FROM used_numbers WHERE name = 'indexed')"

    /// Bounds a search by time to the events of the minutes in question.
    ///
    /// Sequences follow the commits, so the rows of a minute stand nearly together, whatever the clock did.
    static func sequences(since moment: String) -> String {
        "sequence >= (SELECT min(first) FROM event_minutes WHERE minute >= \(moment) / 60000)"
    }

    /// The same for the events before a moment.
    static func sequences(until moment: String) -> String {
        "sequence <= (SELECT max(last) FROM event_minutes WHERE minute <= \(moment) / 60000)"
    }

    static func configuration(isReadOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.label = "martlet.store"
        // A foreign key would cost every delivery a lookup of its event. Parent and children are written in one
        // transaction by one writer and go together (`WriteConnection.prune`).
        configuration.foreignKeysEnabled = false
        // Another process may hold the lock for a moment: a backup, a checkpoint of a command that closes.
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            // Kibibytes, negative by SQLite's convention: the upper pages of every index and the pages under way.
            try database.execute(sql: "PRAGMA cache_size = \(database.configuration.readonly ? -8192 : -65_536)")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            // Debian's SQLite overwrites what is deleted, and so writes pages that nobody will read; FAST does it only
            // where the page is written anyway.
            try database.execute(sql: "PRAGMA secure_delete = FAST")
            // Takes effect when the file is made. Every page that a transaction touched goes into the log by two system
            // calls, whatever its size; measured, 8 KiB took in a fifth more than 4 KiB, and 16 KiB no more than 8.
            try database.execute(sql: "PRAGMA page_size = 8192")
            if !database.configuration.readonly {
                // A log that grew in a burst is cut back once it has been copied.
                try database.execute(sql: "PRAGMA journal_size_limit = \(LogLimit.lowest)")
            }
        }
        return configuration
    }

    /// Makes folder and file for this user alone.
    ///
    /// The file holds payments and order secrets. SQLite gives its log and
    /// index files the mode of the database.
    static func create(_ path: String) throws(StoreError) {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            if !folder.isEmpty {
                try FileManager.default.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
        } catch {
            throw StoreError.cannotOpen(
                "\(path): the folder \(folder) cannot be made; make it and give it to the user that runs the gateway"
            )
        }
        if !FileManager.default.fileExists(atPath: path) {
            let isMade = FileManager.default.createFile(
                atPath: path,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            )
            guard isMade else {
                throw StoreError.cannotOpen(
                    "\(path): the file cannot be made; give its folder to the user that runs the gateway"
                )
            }
        }
    }

    private static func refuseNewerSchema(_ database: Database, path: String) throws {
        if try SchemaMigrations.migrator.hasBeenSuperseded(database) {
            throw StoreError.newerSchema(
                "\(path): the store was written by a newer Martlet; run that version, or restore a backup of this one"
            )
        }
    }

    /// While opening, a damaged file is one that cannot be opened.
    private static func openError(_ error: any Error, path: String) -> StoreError {
        let mapped = StoreError.sqlite(error, operation: "open", path: path)
        if let error = error as? DatabaseError, error.resultCode == .SQLITE_CORRUPT {
            return .cannotOpen("\(path): the file is damaged; restore a backup or move it away")
        }
        return mapped
    }
}
