// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let sweepCases: [Case] = [
        Case("keepsHowFarASweepHasCome") { store, harness in
            var record = SweepRecord(source: Samples.source, since: Samples.now)
            try await store.save(record)
            try checkEqual(try await store.sweeps(), [record])
            record.run = SweepRecord.Run(
                startedAt: Samples.now,
                since: Samples.now - .seconds(86_400),
                until: Samples.now + .seconds(1),
                cursor: "payout:abc",
                resumeAt: Samples.now + .seconds(60),
                failures: 2,
                counts: SweepRecord.Counts(pages: 3, rows: 45, missed: 1, unreadable: 4)
            )
            record.lastOutcome = "timeout"
            try await store.save(record)
            let other = SweepRecord(
                source: SourceID(provider: "spectrocoin", id: "eu"),
                since: Samples.now,
                last: SweepRecord.Finished(
                    startedAt: Samples.now,
                    finishedAt: Samples.now + .seconds(5),
                    counts: SweepRecord.Counts(pages: 9, rows: 8, missed: 7, unreadable: 6)
                ),
                lastOutcome: "page"
            )
            try await store.save(other)
            await store.close()
            let reopened = try await harness.open(Options())
            let found = try await reopened.sweeps()
            await reopened.close()
            try checkEqual(found, [record, other], "by source, in every part")
        }
    ]
}
