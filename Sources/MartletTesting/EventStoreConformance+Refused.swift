// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

extension EventStoreConformance {
    static let refusedCases: [Case] = [
        Case("keepsRefusedCallbacksByteForByte") { store, _ in
            let other = SourceID(provider: "kryptoswap", id: "main")
            let first = Samples.refused(body: "a=1&b=%FF\u{0}")
            var empty = Samples.refused(other, reason: .unknownOrder, body: "")
            empty.callback.headers = .init()
            try await store.quarantine(first)
            try await store.quarantine(empty)
            let all = try await store.quarantined(nil, limit: 10)
            try checkEqual(all.map(\.source), [other, Samples.source], "newest first")
            try check(all.allSatisfy { $0.id.number > 0 }, "a stored row has a number")
            for (kept, given) in zip(all, [empty, first]) {
                try checkEqual(kept.callback, given.callback)
                try checkEqual(kept.refusal, given.refusal)
            }
            try checkEqual(try await store.quarantined(other, limit: 10).count, 1)
            try checkEqual(try await store.quarantined(nil, limit: 1).map(\.source), [other])
            try checkEqual(
                try await store.statistics(now: Samples.now).quarantine,
                [Samples.source: 1, other: 1]
            )
        },
        Case(
            "boundsQuarantineByRows",
            options: Options(limits: QuarantineLimits(rows: 3, bytes: 1 << 20))
        ) { store, _ in
            let other = SourceID(provider: "cryptomus", id: "quiet")
            try await store.quarantine(Samples.refused(other))
            for number in 1...8 { try await store.quarantine(Samples.refused(body: "n=\(number)")) }
            let kept = try await store.quarantined(Samples.source, limit: 10)
            try checkEqual(
                kept.map { String(decoding: $0.callback.body, as: UTF8.self) },
                ["n=8", "n=7", "n=6"],
                "the oldest go first"
            )
            try checkEqual(
                try await store.statistics(now: Samples.now).quarantine,
                [Samples.source: 3, other: 1],
                "one source's flood costs another nothing"
            )
        },
        Case(
            "boundsQuarantineByBytes",
            options: Options(limits: QuarantineLimits(rows: 1000, bytes: 3 * 1200))
        ) { store, _ in
            for number in 1...8 {
                let body = "\(number)" + String(repeating: "x", count: 999)
                try await store.quarantine(Samples.refused(body: body))
            }
            let kept = try await store.quarantined(Samples.source, limit: 10)
            try checkEqual(kept.compactMap { $0.callback.body.first }, Array("876".utf8))
            try check(kept.reduce(0) { $0 + $1.size } <= 3 * 1200, "the sum stays below the limit")
        },
        Case("keepsOneHintForAnOrder") { store, _ in
            let now = Samples.now
            let other = SourceID(provider: "spectrocoin", id: "other")
            try await store.keep(Samples.hint("1", receivedAt: now))
            try await store.keep(Samples.hint("1", receivedAt: now + .seconds(1)))
            try await store.keep(Samples.hint("2", receivedAt: now + .seconds(2)))
            try await store.keep(Samples.hint("1", source: other, receivedAt: now + .seconds(3)))
            var hints = try await store.hints(nil, limit: 10)
            try checkEqual(hints.map(\.calls), [1, 1, 2], "newest first; a repeat only counts")
            try checkEqual(hints.map(\.outcome), ["waiting", "waiting", "waiting"])
            try checkEqual(hints.last?.callback.headers, Samples.callback().headers)
            try checkEqual(try await store.hints(other, limit: 10).map(\.hint.objectID), ["1"])
            var fetched = try unwrap(hints.last)
            fetched.outcome = "fetched"
            try await store.keep(fetched)
            hints = try await store.hints(Samples.source, limit: 10)
            try checkEqual(hints.last?.outcome, "fetched")
            try checkEqual(hints.last?.calls, 2, "the outcome leaves the count")
            try await store.keep(Samples.hint("1", receivedAt: now + .seconds(9)))
            hints = try await store.hints(Samples.source, limit: 10)
            try checkEqual(hints.map(\.hint.objectID), ["1", "2"])
            try checkEqual(hints.first?.outcome, "waiting", "a call after the fetch waits anew")
            try checkEqual(hints.first?.calls, 1)
        },
        Case("knowsOrders") { store, _ in
            let full = KnownOrder(
                objectID: "900123",
                uid: "AB12",
                orderSecret: Secret(text: "order"),
                ipnSecret: Secret([0, 255, 10]),
                merchantOrderID: "NO-1",
                expectedDue: DecimalText("0.0105").map { Amount($0, nil) }
            )
            let bare = KnownOrder(objectID: "900124")
            try check(try await store.order(of: Samples.source, objectID: "900123") == nil, "not known yet")
            try await store.save(bare, of: Samples.source)
            try await store.save(KnownOrder(objectID: "900123"), of: Samples.source)
            try await store.save(full, of: Samples.source)
            try checkEqual(try await store.order(of: Samples.source, objectID: "900123"), full, "saved anew")
            try checkEqual(try await store.order(of: Samples.source, objectID: "900124"), bare)
            let other = SourceID(provider: "kryptoswap", id: "other")
            try check(try await store.order(of: other, objectID: "900123") == nil, "an order belongs to its source")
        },
    ]
}
