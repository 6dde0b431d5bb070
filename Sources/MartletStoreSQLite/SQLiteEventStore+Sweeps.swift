// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func save(_ sweep: SweepRecord) async throws(StoreError) {
        try await write("save sweep") { try $0.save(sweep) }
    }

    package func sweeps() async throws(StoreError) -> [SweepRecord] {
        try await read("read sweeps") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT source, since, last_outcome, run_started_at, run_since, run_until, run_cursor, run_resume_at,
                        run_failures, run_pages, run_rows, run_missed, run_unreadable, last_started_at,
                        last_finished_at, last_pages, last_rows, last_missed, last_unreadable
                    FROM sweeps ORDER BY source
                    """
            )
            .map(Self.sweep)
        }
    }

    private static func sweep(_ row: Row) throws -> SweepRecord {
        var record = SweepRecord(
            source: try StoredText.source(row[0]),
            since: Timestamp(milliseconds: row[1]),
            lastOutcome: row[2]
        )
        if let startedAt: Int64 = row[3] {
            record.run = SweepRecord.Run(
                startedAt: Timestamp(milliseconds: startedAt),
                since: Timestamp(milliseconds: row[4]),
                until: Timestamp(milliseconds: row[5]),
                cursor: row[6],
                resumeAt: Timestamp(milliseconds: row[7]),
                failures: row[8],
                counts: counts(row, from: 9)
            )
        }
        if let startedAt: Int64 = row[13] {
            record.last = SweepRecord.Finished(
                startedAt: Timestamp(milliseconds: startedAt),
                finishedAt: Timestamp(milliseconds: row[14]),
                counts: counts(row, from: 15)
            )
        }
        return record
    }

    private static func counts(_ row: Row, from index: Int) -> SweepRecord.Counts {
        SweepRecord.Counts(
            pages: row[index],
            rows: row[index + 1],
            missed: row[index + 2],
            unreadable: row[index + 3]
        )
    }
}

extension WriteConnection {
    func save(_ sweep: SweepRecord) throws {
        let (run, last) = (sweep.run, sweep.last)
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO sweeps (source, since, last_outcome, run_started_at, run_since, run_until,
                    run_cursor, run_resume_at, run_failures, run_pages, run_rows, run_missed, run_unreadable,
                    last_started_at, last_finished_at, last_pages, last_rows, last_missed, last_unreadable)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        .run(
            sweep.source.description,
            sweep.since.milliseconds,
            sweep.lastOutcome,
            run?.startedAt.milliseconds,
            run?.since.milliseconds,
            run?.until.milliseconds,
            run?.cursor,
            run?.resumeAt.milliseconds,
            run?.failures,
            run?.counts.pages,
            run?.counts.rows,
            run?.counts.missed,
            run?.counts.unreadable,
            last?.startedAt.milliseconds,
            last?.finishedAt.milliseconds,
            last?.counts.pages,
            last?.counts.rows,
            last?.counts.missed,
            last?.counts.unreadable
        )
    }
}
