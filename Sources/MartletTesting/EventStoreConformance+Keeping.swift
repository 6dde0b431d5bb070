// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What a pending delivery keeps from retention, and at what cost.
extension EventStoreConformance {
    private static func isRawKept(_ store: any EventStore, _ number: Int) async throws -> Bool {
        try unwrap(await store.event(Samples.eventID(number))).raw != nil
    }

    /// The rows that went, and how many calls that took.
    private static func round(
        _ store: any EventStore,
        _ horizon: RetentionHorizon
    ) async throws -> (removed: Int, calls: Int) {
        var (place, removed, calls) = (PrunePlace(), 0, 0)
        while true {
            let progress = try await store.prune(horizon, from: place)
            calls += 1
            removed += progress.removed
            place = progress.place
            if progress.isAtEnd { return (removed, calls) }
            try check(calls < 1000, "a round comes to its end")
        }
    }

    static let keepingCases: [Case] = [
        Case("keepsTheRawCallbackOfADeliveryThatIsToSendIt") { store, harness in
            let other = EndpointID("other")
            _ = try await stored(store, 1, [Samples.delivery()])
            _ = try await stored(store, 2, [Samples.delivery(other)])
            let third = try await stored(store, 3, [Samples.delivery(state: .inFlight), Samples.delivery(other)])
            _ = try await stored(store, 4, [Samples.delivery(state: .skipped)])
            let past = Timestamp(milliseconds: 0)
            let horizon = RetentionHorizon(
                events: past,
                raw: Samples.now + .seconds(1),
                quarantine: past,
                dedupe: past,
                rawEndpoints: [Samples.ledger],
                batch: 2
            )
            try checkEqual(try await round(store, horizon).removed, 2)
            var kept: [Bool] = []
            for number in 1...4 { kept.append(try await isRawKept(store, number)) }
            try checkEqual(kept, [true, false, true, false], "only the ledger gets it")
            try await store.record(Samples.record(third[0]))
            await store.close()
            let reopened = try await harness.open(Options())
            try checkEqual(try await round(reopened, horizon).removed, 1, "its delivery has ended")
            let isLeft = [try await isRawKept(reopened, 1), try await isRawKept(reopened, 3)]
            let due = try await reopened.claimDue(Samples.ledger, now: Samples.now, includingRaw: true).deliveries
            var nobody = horizon
            nobody.rawEndpoints = []
            let last = try await round(reopened, nobody).removed
            await reopened.close()
            try checkEqual(isLeft, [true, false])
            try checkEqual(due.map { $0.raw != nil }, [true], "so the body is what it was")
            try checkEqual(last, 1, "no endpoint gets it any more")
        },
        Case("looksOnceInARoundAtWhatIsKept") { store, _ in
            for number in 1...40 {
                let state: DeliveryState = number <= 30 ? .pending : .skipped
                _ = try await stored(store, number, [Samples.delivery(state: state)])
            }
            let past = Timestamp(milliseconds: 0)
            let later = Samples.now + .seconds(60)
            let horizon = RetentionHorizon(
                events: later,
                raw: later,
                quarantine: past,
                dedupe: past,
                rawEndpoints: [Samples.ledger],
                batch: 5
            )
            let first = try await round(store, horizon)
            try checkEqual(first.removed, 20, "ten raw callbacks and their events")
            // Each row is looked at once by each of three walks: 40 raw, 30 kept, 40 events.
            try check(first.calls <= 24, "\(first.calls) calls of 5 rows")
            let second = try await round(store, horizon)
            try checkEqual(second.removed, 0)
            try check(second.calls <= 14, "\(second.calls) calls for 30 kept events")
            try checkEqual(try await store.events(EventQuery()).count, 30)
        },
    ]
}
