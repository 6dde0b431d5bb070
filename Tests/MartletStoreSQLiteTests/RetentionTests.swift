// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// What retention leaves in the file.
@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
    private static func horizon(events: Timestamp) -> RetentionHorizon {
        let past = Timestamp(milliseconds: 0)
        return RetentionHorizon(events: events, raw: past, quarantine: past, dedupe: past, batch: 3)
    }

    private static func minutes(_ store: SQLiteEventStore) async throws -> [Int64] {
        try await store.pool.read { database in
            try Int64.fetchAll(
                database,
                sql: "SELECT minute - ? FROM event_minutes ORDER BY minute",
                arguments: [Samples.now.milliseconds / 60_000]
            )
        }
    }

    /// The table would else grow by half a million rows a year.
    @Test func minutesGoWithTheLastOfTheirEvents() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            for number in 0..<20 {
                // Minutes overlap, as some events come into the store late; one event waits.
                let minute = number % 2 == 1 ? number / 2 + 1 : max(0, number / 2 - 1)
                let event = Samples.event(number, receivedAt: Samples.now + .seconds(60 * minute))
                let deliveries = number == 4 ? [Samples.delivery()] : []
                _ = try await store.capture(Samples.capture(event, deliveries: deliveries))
            }
            let before = try await Self.minutes(store)
            while try await store.prune(Self.horizon(events: Samples.now + .seconds(300))) > 0 {}
            let after = try await Self.minutes(store)
            let since = try await store.events(EventQuery(since: Samples.now + .seconds(540)))
            let until = try await store.events(EventQuery(until: Samples.now + .seconds(400)))
            while try await store.prune(Self.horizon(events: Samples.now + .seconds(3600))) > 0 {}
            let last = try await Self.minutes(store)
            await store.close()
            #expect(before == Array(0...10))
            #expect(after == [1] + Array(5...10), "those of which an event is left")
            #expect(since.map(\.id) == [19, 17].map(Samples.eventID))
            #expect(until.map(\.id) == [14, 12, 11, 9, 4].map(Samples.eventID))
            #expect(last == [1])
        }
    }

    /// One event that waits for ever would else keep the summaries of all that came after it.
    @Test func summariesGoWithTheirBlocksBehindAnEventThatIsKept() async throws {
        try await TemporaryStore.with { temporary in
            let store = try SQLiteEventStore(path: temporary.path)
            for number in 0..<700 {
                let deliveries = [Samples.delivery(state: number == 4 ? .pending : .skipped)]
                _ = try await store.capture(Samples.capture(Samples.event(number), deliveries: deliveries))
            }
            func blocks(_ table: String) async throws -> [Int64] {
                try await store.pool.read { database in
                    try Int64.fetchAll(database, sql: "SELECT DISTINCT block FROM \(table) ORDER BY block")
                }
            }
            let before = try await (blocks("event_blocks"), blocks("delivery_blocks"))
            while try await store.prune(Self.horizon(events: Samples.now + .seconds(60))) > 0 {}
            let after = try await (blocks("event_blocks"), blocks("delivery_blocks"))
            let left = try await store.events(EventQuery(shop: "nordic")).map(\.id)
            await store.close()
            #expect(before.0 == Array(0..<5) && before.1 == Array(0..<2))
            #expect(after.0 == [0] && after.1 == [0])
            #expect(left == [Samples.eventID(4)])
        }
    }

    /// What a file of an older version has is kept, and what it left behind is cleared up.
    @Test func olderFilesAreBroughtUpToDate() async throws {
        try await TemporaryStore.with { temporary in
            try SQLiteFile.create(temporary.path)
            let old = try DatabaseQueue(path: temporary.path)
            try SchemaMigrations.migrator.migrate(old, upTo: "0010 blocks")
            try await old.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO event_minutes VALUES (1, 1, 5), (2, 4, 9);
                        INSERT INTO replays (state, selection, repeats_delivered, rate, reason, created_by, created_at,
                            changed_at) VALUES ('running', CAST('{"state":["dead"]}' AS BLOB), 0, 5.0, 'outage', 'ops', 1, 1);
                        INSERT INTO replay_targets (replay, endpoint, total, next, made, gone, unneeded)
                            VALUES (1, 'ledger', 9, 6, 3, 2, 1);
                        """
                )
            }
            try old.close()
            let store = try SQLiteEventStore(path: temporary.path)
            let counts = try await store.replay(ReplayID(number: 1))?.counts
            let minutes = try await Self.minutes(store)
            await store.close()
            #expect(counts == ReplayCounts(total: 9, made: 3, gone: 2, unneeded: 1))
            #expect(minutes.isEmpty)
        }
    }
}
