// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// What expunging removes is gone from the bytes of the files, not only from the rows.
@Suite(.timeLimit(.minutes(2))) struct ExpungedBytesTests {
    /// Large enough for pages of its own, which come free whole.
    private static let name = "Jane-Doe-of-Springfield"
    private static let raw = #"{"body":"\#(String(repeating: "\(name),", count: 3000))"}"#

    private static let note = Expungement(by: "ops", reason: "asked", at: Samples.now)

    private func count(of text: String, in temporary: TemporaryStore) throws -> Int {
        var found = 0
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: temporary.path + suffix) {
            var rest = try Data(contentsOf: URL(fileURLWithPath: temporary.path + suffix))[...]
            while let range = rest.range(of: Data(text.utf8)) {
                found += 1
                rest = rest[range.upperBound...]
            }
        }
        return found
    }

    private func event(_ number: Int) -> Event {
        var event = Samples.event(number)
        event.addressFrom = "\(Self.name)-\(number)-"
        return event
    }

    private func fill(_ store: SQLiteEventStore) async throws {
        for number in 1...20 {
            let delivery = NewDelivery(
                endpoint: Samples.ledger,
                state: .inFlight,
                dueAt: Samples.now,
                body: Array("shaped for \(Self.name)-\(number)-".utf8)
            )
            let raw = number == 7 ? Self.raw : #"{"body":"\#(Self.name)-\#(number)-"}"#
            let outcome = try await store.capture(Samples.capture(event(number), raw: raw, deliveries: [delivery]))
            guard case .stored(let ids) = outcome else { continue }
            var record = Samples.record(ids[0])
            record.result.body = Array("thanks, \(Self.name)-\(number)-".utf8)
            try await store.record(record)
        }
    }

    @Test func nothingIsLeftInTheFileOrItsLog() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await fill(store)
            #expect(try count(of: "\(Self.name)-7-", in: temporary) > 0)
            let outcome = try await store.expunge(
                Samples.eventID(7),
                Self.note,
                cancellingPending: false,
                now: Samples.now
            )
            #expect(outcome == .expunged(cancelled: 0, endpoints: [], isLogClear: true))
            #expect(try count(of: "\(Self.name)-7-", in: temporary) == 0)
            #expect(try count(of: "\(Self.name),\(Self.name),", in: temporary) == 0)
            #expect(try count(of: "\(Self.name)-8-", in: temporary) > 0, "others keep theirs")
            let mode = try await store.pool.writeWithoutTransaction { database in
                try Int.fetchOne(database, sql: "PRAGMA secure_delete")
            }
            #expect(mode == 2, "FAST again: it would cost every capture pages")
            await store.close()
        }
    }

    /// A reader that holds an old snapshot needs the log; the next copy of it after the reader has gone clears it.
    @Test func aReaderInTheWayOnlyDelaysIt() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            try await fill(store)
            let outcome = try await withSnapshot(of: temporary) {
                try await store.expunge(Samples.eventID(7), Self.note, cancellingPending: false, now: Samples.now)
            }
            #expect(outcome == .expunged(cancelled: 0, endpoints: [], isLogClear: false))
            #expect(try count(of: "\(Self.name)-7-", in: temporary) > 0)
            #expect(await store.commits?.clearLog() == true)
            #expect(try count(of: "\(Self.name)-7-", in: temporary) == 0)
            await store.close()
        }
    }

    /// A snapshot that lasts as long as the body, as another process' long read does.
    private func withSnapshot<Value>(
        of temporary: TemporaryStore,
        _ body: () async throws -> Value
    ) async throws -> Value {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: temporary.path, configuration: configuration)
        defer { try? reader.close() }
        try await reader.writeWithoutTransaction { database in
            try database.beginTransaction(.deferred)
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM events")
        }
        let value = try await body()
        try await reader.writeWithoutTransaction { try $0.commit() }
        return value
    }
}
