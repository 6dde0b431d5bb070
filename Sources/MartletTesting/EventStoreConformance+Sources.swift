// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let sourceCases: [Case] = [
        Case("tellsHowSourcesAreDoing") { store, _ in
            let now = Samples.now
            let other = SourceID(provider: "cryptomus", id: "other")
            let silent = SourceID(provider: "spectrocoin", id: "eu")
            func refuse(_ source: SourceID, _ reason: RefusalReason, before: Duration) async throws {
                try await store.quarantine(Samples.refused(source, reason: reason, receivedAt: now - before))
            }
            try await refuse(Samples.source, .badSignature, before: .seconds(100_000))
            try await refuse(Samples.source, .badSignature, before: .seconds(86_400))
            try await refuse(Samples.source, .malformedBody, before: .seconds(7200))
            try await refuse(Samples.source, .badSignature, before: .seconds(60))
            try await refuse(other, .staleTimestamp, before: .seconds(10))

            let all = try await store.health(of: [Samples.source, other, silent], now: now, limit: 100)
            try checkEqual(all[silent], SourceHealth())
            let health = try unwrap(all[Samples.source])
            try checkEqual(health.quarantined, 4)
            try checkEqual(health.oldestQuarantined, now - .seconds(100_000))
            try checkEqual(health.refusals.inLastHour, [.badSignature: 1])
            try checkEqual(
                health.refusals.inLastDay,
                [.badSignature: 2, .malformedBody: 1],
                "the moment itself counts"
            )
            try checkEqual(health.refusals.newest, now - .seconds(60))
            try check(!health.refusals.isAtLeast, "all were looked at")
            try checkEqual(all[other]?.refusals.inLastHour, [.staleTimestamp: 1])
            let few = try await store.health(of: [Samples.source], now: now, limit: 1)
            try check(few[Samples.source]?.refusals.isAtLeast == true, "there may be more within a day")
            let enough = try await store.health(of: [Samples.source], now: now, limit: 4)
            try check(enough[Samples.source]?.refusals.isAtLeast == false, "the oldest one is older than a day")
            try check(try await store.health(of: [], now: now, limit: 1).isEmpty, "nobody was asked about")
        }
    ]
}
