// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let quarantineCases: [Case] = [
        Case("findsRefusedCallbacksByWhatIsAsked") { store, _ in
            let other = SourceID(provider: "kryptoswap", id: "main")
            for number in 1...4 {
                try await store.quarantine(
                    Samples.refused(body: "n=\(number)", receivedAt: Samples.now + .seconds(number))
                )
            }
            try await store.quarantine(Samples.refused(other, reason: .unknownOrder, body: "n=5"))
            func bodies(_ query: QuarantineQuery) async throws -> [String] {
                try await store.quarantined(query).map { String(decoding: $0.callback.body, as: UTF8.self) }
            }
            let all = try await store.quarantined(QuarantineQuery())
            try checkEqual(try await bodies(QuarantineQuery(limit: 2)), ["n=5", "n=4"], "newest first")
            try checkEqual(
                try await bodies(QuarantineQuery(isOldestFirst: true, limit: 2)),
                ["n=1", "n=2"],
                "oldest first"
            )
            try checkEqual(try await bodies(QuarantineQuery(before: all[2].id)), ["n=2", "n=1"])
            try checkEqual(try await bodies(QuarantineQuery(after: all[2].id, isOldestFirst: true)), ["n=4", "n=5"])
            try checkEqual(try await bodies(QuarantineQuery(reasons: [.unknownOrder])), ["n=5"])
            try checkEqual(try await bodies(QuarantineQuery(source: other)), ["n=5"])
            try checkEqual(try await bodies(QuarantineQuery(sources: [other])), ["n=5"])
            try checkEqual(try await bodies(QuarantineQuery(sources: [])), [], "no source in sight, nothing in sight")
            let range = QuarantineQuery(since: Samples.now + .seconds(2), until: Samples.now + .seconds(4))
            try checkEqual(try await bodies(range), ["n=3", "n=2"], "since is included, until is not")
            try checkEqual(try await store.quarantined(all[1].id), all[1])
            try check(try await store.quarantined(QuarantineID(number: 99)) == nil, "there is no such row")
            try checkEqual(
                try await store.statistics(now: Samples.now).oldestQuarantined,
                [Samples.source: Samples.now + .seconds(1), other: Samples.now]
            )
        },
        Case("removesARefusedCallbackOnce") { store, _ in
            try await store.quarantine(Samples.refused(body: "n=1"))
            try await store.quarantine(Samples.refused(body: "n=2"))
            let rows = try await store.quarantined(nil, limit: 10)
            try check(try await store.removeQuarantined(rows[0].id), "it was there")
            try check(try await store.removeQuarantined(rows[0].id) == false, "it is gone")
            try checkEqual(try await store.quarantined(nil, limit: 10), [rows[1]])
            try checkEqual(try await store.statistics(now: Samples.now).quarantine, [Samples.source: 1])
        },
        Case("releasesACallbackWithItsEvent") { store, _ in
            for number in 1...3 { try await store.quarantine(Samples.refused(body: "n=\(number)")) }
            let rows = try await store.quarantined(QuarantineQuery(isOldestFirst: true))
            let capture = Samples.capture(deliveries: [Samples.delivery()])
            let first = try await store.capture(capture, releasing: rows[0].id)
            guard case .stored(let ids) = first else {
                throw ConformanceFailure(description: "not stored: \(String(describing: first))")
            }
            try checkEqual(ids.count, 1)
            try checkEqual(try await store.quarantined(nil, limit: 10).map(\.id), [rows[2].id, rows[1].id])
            try checkEqual(
                try await store.capture(capture, releasing: rows[1].id),
                .duplicate,
                "the same change is stored once"
            )
            try checkEqual(try await store.quarantined(nil, limit: 10).map(\.id), [rows[2].id], "a duplicate goes too")
            let another = Samples.capture(Samples.event(2), deliveries: [Samples.delivery()])
            try check(try await store.capture(another, releasing: rows[0].id) == nil, "a row is released once")
            try check(try await store.event(another.event.id) == nil, "without its row nothing is written")
            try checkEqual(try await store.deliveries(DeliveryQuery()).count, 1)
            try checkEqual(try await store.statistics(now: Samples.now).quarantine, [Samples.source: 1])
        },
        Case("aReleaseOutlivesTheProcess") { store, harness in
            try await store.quarantine(Samples.refused())
            let row = try unwrap(try await store.quarantined(nil, limit: 1).first)
            _ = try await store.capture(Samples.capture(deliveries: [Samples.delivery()]), releasing: row.id)
            await store.close()
            let again = try await harness.open(Options())
            try check(try await again.quarantined(row.id) == nil, "the row is gone for good")
            try checkEqual(try await again.deliveries(DeliveryQuery(state: .pending)).count, 1)
            await again.close()
        },
    ]
}
