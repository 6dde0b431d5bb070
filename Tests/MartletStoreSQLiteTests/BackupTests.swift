// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

@Suite(.timeLimit(.minutes(2))) struct BackupTests {
    private func fill(_ store: SQLiteEventStore, _ numbers: ClosedRange<Int>) async throws {
        for number in numbers {
            _ = try await store.capture(Samples.capture(Samples.event(number), deliveries: [Samples.delivery()]))
        }
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test func copiesWhatIsThereWhileTheStoreIsWritten() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await fill(store, 1...500)
            let target = temporary.folder.appendingPathComponent("copy.db").path
            let writing = Task { try await fill(store, 501...1500) }
            let report = try SQLiteBackup.write(from: temporary.path, to: target)
            try await writing.value
            await store.close()
            #expect(report.events >= 500)
            #expect(report.newest?.sequence == Int64(report.events))
            #expect(report.newest?.id == Samples.eventID(report.events))
            #expect(report.pendingDeliveries == report.events)
            #expect(try mode(target) == 0o600)
            let files = try FileManager.default.contentsOfDirectory(atPath: temporary.folder.path)
            #expect(Set(files) == ["data", "copy.db"], "one file, nothing beside it")

            let restored = try SQLiteEventStore(path: target)
            let due = try await restored.claimDue(Samples.ledger, now: Samples.now, limit: 2000)
            #expect(due.deliveries.count == report.events)
            try await fill(restored, 2000...2001)
            #expect(try await restored.capture(Samples.capture(Samples.event(500))) == .duplicate)
            await restored.close()
        }
    }

    @Test func replacesNothingAndLeavesNothingBehind() async throws {
        try await TemporaryStore.with { temporary in
            await (try SQLiteEventStore(path: temporary.path)).close()
            let target = temporary.folder.appendingPathComponent("copy.db").path
            try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
            let existing = await storeError { () throws(StoreError) in
                _ = try SQLiteBackup.write(from: temporary.path, to: target)
            }
            #expect(existing?.description.contains("never replaces") == true)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
            let nowhere = await storeError { () throws(StoreError) in
                _ = try SQLiteBackup.write(from: temporary.path, to: temporary.folder.path + "/none/copy.db")
            }
            #expect(nowhere?.description.contains("its folder must exist") == true)
            let other = temporary.folder.appendingPathComponent("other.db").path
            let missing = await storeError { () throws(StoreError) in
                _ = try SQLiteBackup.write(from: temporary.path + ".missing", to: other)
            }
            #expect(missing?.label == "cannot_open")
            let files = try FileManager.default.contentsOfDirectory(atPath: temporary.folder.path)
            #expect(Set(files) == ["data", "copy.db"])
        }
    }

    /// Somebody else gives the name to a file of his own while the copy is being made.
    @Test func aFileThatCameMeanwhileIsNotReplaced() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await fill(store, 1...10)
            await store.close()
            let target = temporary.folder.appendingPathComponent("copy.db").path
            let error = await storeError { () throws(StoreError) in
                _ = try SQLiteBackup.write(from: temporary.path, to: target) { _, _ in
                    try? Data("precious".utf8).write(to: URL(fileURLWithPath: target))
                }
            }
            #expect(error?.description.contains("cannot be given its name") == true)
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
            #expect(!FileManager.default.fileExists(atPath: target + ".partial"))
        }
    }

    @Test func saysThatTheStoreIsDamaged() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await fill(store, 1...200)
            await store.close()
            try temporary.tamper { database in
                try database.execute(sql: "PRAGMA writable_schema = ON")
                try database.execute(sql: "UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'deliveries_by_event'")
            }
            let target = temporary.folder.appendingPathComponent("copy.db").path
            let error = await storeError { () throws(StoreError) in
                _ = try SQLiteBackup.write(from: temporary.path, to: target)
            }
            #expect(error != nil)
            #expect(!FileManager.default.fileExists(atPath: target))
        }
    }
}
