// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletStore
import MartletStoreSQLite
import MartletTesting

/// A folder of its own for one test, removed afterwards.
struct TemporaryStore {
    let folder: URL
    var path: String { folder.appendingPathComponent("data/martlet.db").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// Opens the file with plain SQLite settings, past the store.
    func tamper(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction(body)
        try queue.close()
    }

    static func with(_ body: (TemporaryStore) async throws -> Void) async throws {
        let store = try TemporaryStore()
        defer { store.remove() }
        try await body(store)
    }
}

/// The error that opening or writing ends with; nil if it succeeds.
func storeError(_ body: () async throws(StoreError) -> Void) async -> StoreError? {
    do throws(StoreError) {
        try await body()
        return nil
    } catch {
        return error
    }
}
