// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// What an operator can do to the file, and what the store says about it.
@Suite(.timeLimit(.minutes(2))) struct SQLiteFileTests {
    @Test func makesFolderAndFileForItsUserAlone() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            _ = try await store.capture(Samples.capture())
            for (path, mode) in [(temporary.path, 0o600), (temporary.path + "-wal", 0o600)] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
            }
            await store.close()
        }
    }

    @Test func syncsEveryCommit() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            let (mode, synchronous) = try await store.pool.writeWithoutTransaction { database in
                let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode")
                let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
                return (mode, synchronous)
            }
            #expect(mode == "wal")
            #expect(synchronous == 2, "FULL: GRDB's own choice of NORMAL could lose commits with the power")
            await store.close()
        }
    }

    @Test func refusesAFolderThatCannotBeMade() async throws {
        try await TemporaryStore.with { temporary in
            let blocker = temporary.folder.appendingPathComponent("data")
            try Data("a file".utf8).write(to: blocker)
            let error = await storeError { () throws(StoreError) in _ = try SQLiteEventStore(path: temporary.path) }
            guard case .cannotOpen(let message) = error else {
                Issue.record("got \(String(describing: error))")
                return
            }
            #expect(message.contains(blocker.path))
        }
    }

    @Test func refusesAFileThatIsNoDatabase() async throws {
        try await TemporaryStore.with { temporary in
            let folder = temporary.folder.appendingPathComponent("data")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(String(repeating: "no database ", count: 1000).utf8).write(
                to: URL(fileURLWithPath: temporary.path)
            )
            let error = await storeError { () throws(StoreError) in _ = try SQLiteEventStore(path: temporary.path) }
            #expect(error?.label == "cannot_open")
            #expect(error?.description.contains("not an SQLite database") == true)
        }
    }

    @Test func refusesADamagedFile() async throws {
        try await TemporaryStore.with { temporary in
            await (try SQLiteEventStore(path: temporary.path)).close()
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: temporary.path))
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 3996))
            try file.close()
            let error = await storeError { () throws(StoreError) in _ = try SQLiteEventStore(path: temporary.path) }
            #expect(error?.label == "cannot_open")
            #expect(error?.description.contains("damaged") == true)
        }
    }

    @Test func refusesANewerSchema() async throws {
        try await TemporaryStore.with { temporary in
            await (try SQLiteEventStore(path: temporary.path)).close()
            try temporary.tamper { database in
                try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9999 the future')")
            }
            let writing = await storeError { () throws(StoreError) in _ = try SQLiteEventStore(path: temporary.path) }
            #expect(writing?.label == "newer_schema")
            let reading = await storeError { () throws(StoreError) in
                _ = try SQLiteEventStore.openReadOnly(path: temporary.path)
            }
            #expect(reading?.label == "newer_schema")
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write any file"))
    func refusesAFileThatCannotBeWritten() async throws {
        try await TemporaryStore.with { temporary in
            await (try SQLiteEventStore(path: temporary.path)).close()
            let folder = (temporary.path as NSString).deletingLastPathComponent
            try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: temporary.path)
            try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder)
            let error = await storeError { () throws(StoreError) in _ = try SQLiteEventStore(path: temporary.path) }
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            #expect(error?.label == "read_only" || error?.label == "cannot_open")
        }
    }

    @Test func reportsAFullDiskAndRecovers() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await store.pool.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(pages + 8)")
            }
            var stored = 0
            var failure: StoreError?
            while failure == nil && stored < 1000 {
                failure = await storeError { () throws(StoreError) in
                    _ = try await store.capture(Samples.capture(Samples.event(stored)))
                    stored += 1
                }
            }
            #expect(failure?.label == "full")
            #expect(failure?.description.contains("free space") == true)
            #expect(try await store.events(EventQuery(limit: 2000)).count == stored, "reading goes on")
            try await store.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA max_page_count = 1000000")
            }
            #expect(try await store.capture(Samples.capture(Samples.event(stored))) == .stored([]))
            #expect(try await store.events(EventQuery(limit: 2000)).count == stored + 1)
            await store.close()
        }
    }

    @Test func saysWhichRemedyAnErrorNeeds() {
        let path = "data/martlet.db"
        let readOnly = StoreError.sqlite(
            DatabaseError(resultCode: .SQLITE_READONLY),
            operation: "capture",
            path: path
        )
        #expect(readOnly.label == "read_only")
        let damaged = StoreError.sqlite(DatabaseError(resultCode: .SQLITE_CORRUPT), operation: "capture", path: path)
        #expect(damaged.description.contains("restore a backup"))
        let locked = StoreError.sqlite(DatabaseError(resultCode: .SQLITE_BUSY), operation: "capture", path: path)
        #expect(locked.description.contains("only one gateway"))
    }
}
