// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Endpoints' health, what is announced with it, and due times that must move.
extension EventStoreConformance {
    private static let health = EndpointHealth.Saved(
        parkedUntil: Samples.now + .seconds(30),
        probeInterval: .seconds(120),
        failingSince: Samples.now + .seconds(-900),
        lastSuccessAt: Samples.now + .seconds(-901),
        lastFailure: FailureNote(label: "http_5xx", status: 503, at: Samples.now + .milliseconds(-1)),
        rejecting: RejectionNote(
            status: 422,
            since: Samples.now + .seconds(-600),
            latest: Samples.now + .seconds(-60)
        ),
        disabled: Disablement(reason: .gone, at: Samples.now)
    )

    private static func pending(_ dueAt: Timestamp, lane: String? = nil) -> NewDelivery {
        NewDelivery(endpoint: Samples.ledger, state: .pending, dueAt: dueAt, lane: lane)
    }

    static let endpointCases: [Case] = [
        Case("keepsEveryPartOfAnEndpointsHealth") { store, harness in
            try checkEqual(try await store.endpointHealth(), [:])
            var healths: [EndpointHealth.Saved] = [EndpointHealth.Saved(), health]
            // Each member alone, so that none is kept in another's place.
            for strip in 0..<7 {
                var one = EndpointHealth.Saved()
                switch strip {
                case 0: one.parkedUntil = health.parkedUntil
                case 1: one.probeInterval = health.probeInterval
                case 2: one.failingSince = health.failingSince
                case 3: one.lastSuccessAt = health.lastSuccessAt
                case 4: one.lastFailure = FailureNote(label: "timeout", status: nil, at: Samples.now)
                case 5: one.rejecting = health.rejecting
                default: one.disabled = Disablement(reason: .failing, at: Samples.now)
                }
                healths.append(one)
            }
            for (number, saved) in healths.enumerated() {
                try await store.save(saved, of: EndpointID("e\(number)"))
                try await store.save(saved, of: Samples.ledger)
                try checkEqual(try await store.endpointHealth()[Samples.ledger], saved, "the newest counts")
            }
            await store.close()
            let reopened = try await harness.open(Options())
            let found = try await reopened.endpointHealth()
            await reopened.close()
            try checkEqual(found.count, healths.count + 1)
            for (number, saved) in healths.enumerated() { try checkEqual(found[EndpointID("e\(number)")], saved) }
        },
        Case("announcesInTheSameTransactionAndOnce") { store, _ in
            let id = try await stored(store, 1)[0]
            _ = try await store.claimDue(Samples.ledger, now: Samples.now)
            let news = Samples.capture(Samples.event(50), deliveries: [Samples.delivery(EndpointID("ops"))])
            let record = Samples.record(id, outcome: .answered(status: 500), next: .dead)
            try await store.record(record, announcing: [news])
            try checkEqual(try await store.event(Samples.eventID(50))?.deliveries.map(\.state), [.pending])
            try await store.record(record, announcing: [news])
            try await store.save(health, of: Samples.ledger, announcing: [news])
            let waiting = try await store.deliveries(DeliveryQuery(endpoint: EndpointID("ops")))
            try checkEqual(waiting.count, 1, "news that is known is not told again")
            let other = Samples.capture(Samples.event(51), deliveries: [Samples.delivery(EndpointID("ops"))])
            try await store.save(health, of: Samples.ledger, announcing: [other])
            try checkEqual(try await store.deliveries(DeliveryQuery(endpoint: EndpointID("ops"))).count, 2)
        },
        Case("announcesNothingOfWhatIsNotWritten") { store, harness in
            await store.close()
            let news = Samples.capture(Samples.event(50), deliveries: [Samples.delivery()])
            for attempt in 0..<2 {
                do {
                    if attempt == 0 { try await store.save(health, of: Samples.ledger, announcing: [news]) }
                    try await store.record(Samples.record(DeliveryID(number: 1)), announcing: [news])
                    throw ConformanceFailure(description: "a closed store took a write")
                } catch StoreError.closed {}
            }
            let reopened = try await harness.open(Options())
            let (events, healths) = (try await reopened.events(EventQuery()), try await reopened.endpointHealth())
            await reopened.close()
            try check(events.isEmpty && healths.isEmpty, "nothing was written")
        },
        Case("bringsDueTimesBackThatLieTooFarAhead") { store, _ in
            let now = Samples.now
            for (number, offset) in [(1, -10), (2, 60), (3, 3600), (4, 7200)] {
                _ = try await stored(
                    store,
                    number,
                    [
                        pending(now + .seconds(offset)),
                        Samples.delivery(EndpointID("other"), dueAt: now + .seconds(9999)),
                    ]
                )
            }
            let skipped = try await stored(store, 5, [Samples.delivery(state: .skipped, dueAt: now + .seconds(9999))])
            _ = try await stored(store, 6, [pending(now + .seconds(9), lane: "a")])
            let waits = try await stored(store, 7, [pending(now + .seconds(9999), lane: "a")])
            // Only what was attempted before has a pause to wait for.
            for (number, offset) in [(8, 30), (9, 7200)] {
                let id = try await stored(store, number, [Samples.delivery(state: .inFlight)])[0]
                let failed = AttemptOutcome.answered(status: 500)
                try await store.record(Samples.record(id, outcome: failed, next: .retry(at: now + .seconds(offset))))
            }
            try checkEqual(try await store.clampDue(of: Samples.ledger, now: now, to: now + .seconds(60)), 5)
            try checkEqual(try await store.clampDue(of: Samples.ledger, now: now, to: now + .seconds(60)), 0)
            let due = try await store.deliveries(DeliveryQuery(state: .pending, endpoint: Samples.ledger))
            try checkEqual(
                due.filter { $0.id != waits[0] }.compactMap(\.dueAt).sorted(),
                [-10, 0, 0, 0, 0, 30, 60].map { now + .seconds($0) }
            )
            try checkEqual(try unwrap(await store.delivery(waits[0])).delivery.dueAt, nil, "it waits for another")
            try checkEqual(try unwrap(await store.delivery(skipped[0])).delivery.state, .skipped)
            try checkEqual(try await store.earliestDue()[EndpointID("other")], now + .seconds(9999))
        },
        Case("endsTheLanesOfOneEndpoint") { store, _ in
            let now = Samples.now
            let other = NewDelivery(endpoint: EndpointID("other"), state: .pending, dueAt: now, lane: "a")
            for number in 1...3 { _ = try await stored(store, number, [pending(now, lane: "a"), other]) }
            try checkEqual(try await store.endLanes(of: Samples.ledger, now: now + .seconds(1)), 2)
            try checkEqual(try await store.endLanes(of: Samples.ledger, now: now + .seconds(1)), 0)
            try checkEqual(try await store.claimDue(Samples.ledger, now: now + .seconds(1)).deliveries.count, 3)
            try checkEqual(try await store.claimDue(EndpointID("other"), now: now + .seconds(1)).deliveries.count, 1)
        },
        Case("postponesWithoutSpendingAnAttempt") { store, _ in
            let now = Samples.now
            let id = try await stored(store, 1)[0]
            for round in 1...3 {
                let moment = now + .seconds(10 * round)
                let claimed = try await store.claimDue(Samples.ledger, now: moment)
                try checkEqual(claimed.deliveries.map(\.attempts), [0], "round \(round): it is due again")
                try await store.record(
                    Samples.record(id, outcome: .failed(.proxy), next: .postponed(until: moment + .seconds(10)))
                )
                let delivery = try unwrap(await store.delivery(id))
                try checkEqual(delivery.delivery.state, .pending)
                try checkEqual(delivery.delivery.dueAt, moment + .seconds(10))
                try checkEqual(delivery.delivery.attempts, 0)
                try checkEqual(delivery.delivery.lastOutcome, "proxy")
                try check(delivery.attempts.isEmpty, "nothing was learned of the endpoint")
                try checkEqual(try await store.statistics(now: now).deliveries[.pending], 1, "it is still one")
            }
            _ = try await store.claimDue(Samples.ledger, now: now + .seconds(40))
            try await store.record(Samples.record(id))
            let counts = try await store.statistics(now: now).deliveries
            try checkEqual([counts[.pending] ?? 0, counts[.delivered] ?? 0], [0, 1])
        },
    ]
}
