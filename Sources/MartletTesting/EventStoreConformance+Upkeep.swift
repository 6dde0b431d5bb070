// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    private static func horizon(
        events: Timestamp = Timestamp(milliseconds: 0),
        raw: Timestamp = Timestamp(milliseconds: 0),
        quarantine: Timestamp = Timestamp(milliseconds: 0),
        dedupe: Timestamp = Timestamp(milliseconds: 0),
        batch: Int = 500
    ) -> RetentionHorizon {
        RetentionHorizon(events: events, raw: raw, quarantine: quarantine, dedupe: dedupe, batch: batch)
    }

    private static func pruneAll(_ store: any EventStore, _ horizon: RetentionHorizon) async throws -> Int {
        var sum = 0
        while true {
            let removed = try await store.prune(horizon)
            if removed == 0 { return sum }
            try check(removed <= horizon.batch, "one call removes a batch at most")
            sum += removed
        }
    }

    static let upkeepCases: [Case] = [
        Case("countsWhatIsThere") { store, _ in
            let now = Samples.now
            try check(try await store.statistics(now: now).deliveries.values.allSatisfy { $0 == 0 }, "nothing yet")
            let states: [DeliveryState] = [.pending, .pending, .inFlight, .skipped]
            _ = try await stored(
                store,
                1,
                states.map { Samples.delivery(state: $0, dueAt: now + .seconds(3)) }
            )
            var statistics = try await store.statistics(now: now)
            try checkEqual(statistics.deliveries[.pending], 2)
            try checkEqual(statistics.deliveries[.inFlight], 1)
            try checkEqual(statistics.deliveries[.skipped], 1)
            try checkEqual(statistics.oldestDue, nil, "what is due later is not due")
            statistics = try await store.statistics(now: now + .seconds(3))
            try checkEqual(statistics.oldestDue, now + .seconds(3))
            _ = try await store.claimDue(Samples.ledger, now: now + .seconds(3), limit: 1)
            statistics = try await store.statistics(now: now + .seconds(3))
            try checkEqual(statistics.deliveries[.pending], 1)
            try checkEqual(statistics.deliveries[.inFlight], 2)
        },
        Case("canBeProbed") { store, _ in
            try await store.probe()
            try await store.probe()
            try check(try await store.statistics(now: Samples.now).deliveries.values.allSatisfy { $0 == 0 }, "no trace")
        },
        Case("removesOldRawCallbacks") { store, _ in
            let now = Samples.now
            for number in 0..<10 {
                let event = Samples.event(number, receivedAt: now + .seconds(number))
                _ = try await store.capture(Samples.capture(event))
            }
            try checkEqual(try await pruneAll(store, horizon(raw: now + .seconds(4), batch: 3)), 4)
            try check(try await store.event(Samples.eventID(3))?.raw == nil, "too old")
            try check(try await store.event(Samples.eventID(4))?.raw != nil, "the horizon itself stays")
            try checkEqual(try await store.events(EventQuery()).count, 10, "the events stay")
        },
        Case("removesOldEventsButNotWaitingOnes") { store, _ in
            let now = Samples.now
            var ids: [[DeliveryID]] = []
            let states: [DeliveryState] = [.pending, .inFlight, .skipped, .cancelled, .inFlight, .dead]
            for (number, state) in states.enumerated() {
                ids.append(try await stored(store, number, [Samples.delivery(state: state)]))
            }
            try await store.record(Samples.record(ids[4][0]))
            let removed = try await pruneAll(store, horizon(events: now + .seconds(1), batch: 3))
            try check(removed >= 4, "four events have nothing left to do")
            let left = try await store.events(EventQuery()).map(\.id)
            try checkEqual(left, [Samples.eventID(1), Samples.eventID(0)], "what waits stays")
            try check(try await store.delivery(ids[4][0]) == nil, "deliveries and attempts go with their event")
            let counts = try await store.statistics(now: now).deliveries
            try checkEqual(counts[.pending], 1)
            try checkEqual(counts[.inFlight], 1)
            for state in [DeliveryState.delivered, .dead, .skipped, .cancelled] {
                try checkEqual(counts[state] ?? 0, 0, "\(state)")
            }
            try checkEqual(
                try await store.capture(Samples.capture(Samples.event(2))),
                .duplicate,
                "the dedupe key outlives the event"
            )
            let next = try await stored(store, 50)
            try check(next[0] > ids[5][0], "ids are not used again")
        },
        Case("forgetsOldDedupeKeysAndHistories") { store, _ in
            let now = Samples.now
            let old = Samples.event(1, finality: .final, objectKey: "o")
            let alive = Samples.event(2, receivedAt: now + .seconds(60))
            _ = try await store.capture(Samples.capture(old))
            _ = try await store.capture(Samples.capture(alive))
            let dedupeOnly = horizon(dedupe: now + .seconds(1))
            try checkEqual(try await pruneAll(store, dedupeOnly), 0, "a key stays while its event does")
            let both = horizon(events: now + .seconds(1), dedupe: now + .seconds(1))
            try checkEqual(try await pruneAll(store, both), 2)
            try checkEqual(try await store.capture(Samples.capture(old)), .stored([]), "key and history are forgotten")
            try checkEqual(try await store.capture(Samples.capture(alive)), .duplicate, "what is young is known")
        },
        Case("removesOldQuarantineAndHints") { store, _ in
            let now = Samples.now
            for number in 0..<6 {
                try await store.quarantine(Samples.refused(receivedAt: now + .seconds(number)))
                try await store.keep(Samples.hint("\(number)", receivedAt: now + .seconds(number)))
            }
            try checkEqual(try await pruneAll(store, horizon(quarantine: now + .seconds(2), batch: 2)), 4)
            try checkEqual(try await store.quarantined(nil, limit: 10).count, 4)
            try checkEqual(try await store.hints(nil, limit: 10).count, 4)
            try checkEqual(try await store.statistics(now: now).quarantine, [Samples.source: 4])
        },
    ]
}
