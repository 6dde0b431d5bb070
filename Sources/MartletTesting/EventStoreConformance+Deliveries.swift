// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

extension EventStoreConformance {
    /// Captures one event with these deliveries and returns their ids.
    static func stored(
        _ store: any EventStore,
        _ number: Int = 1,
        _ deliveries: [NewDelivery] = [Samples.delivery()]
    ) async throws -> [DeliveryID] {
        let outcome = try await store.capture(Samples.capture(Samples.event(number), deliveries: deliveries))
        guard case .stored(let ids) = outcome else {
            throw ConformanceFailure(description: "event \(number) is new, yet was \(outcome)")
        }
        return ids
    }

    static let deliveryCases: [Case] = [
        Case("claimsOldestDueFirst") { store, _ in
            let now = Samples.now
            let other = EndpointID("other")
            for (number, offset) in [(1, -5), (2, -30), (3, 60), (4, -10), (5, 20)] {
                _ = try await stored(
                    store,
                    number,
                    [Samples.delivery(dueAt: now + .seconds(offset)), Samples.delivery(other, dueAt: now)]
                )
            }
            let first = try await store.claimDue(Samples.ledger, now: now, limit: 2, includingRaw: true)
            try checkEqual(first.deliveries.map(\.eventID), [2, 4].map(Samples.eventID))
            try checkEqual(first.nextDue, now + .seconds(-5), "one that is due is still left")
            let claimed = try unwrap(first.deliveries.first)
            try checkEqual(claimed.envelope, Samples.capture(Samples.event(2)).envelope)
            try checkEqual(claimed.raw, Samples.capture(Samples.event(2)).raw)
            try checkEqual(claimed.endpoint, Samples.ledger)
            try checkEqual(claimed.attempts, 0)
            let second = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(second.deliveries.map(\.eventID), [Samples.eventID(1)])
            try check(second.deliveries.allSatisfy { $0.raw == nil }, "raw only where asked for")
            try checkEqual(second.nextDue, now + .seconds(20))
            let third = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(third, ClaimedBatch(deliveries: [], nextDue: now + .seconds(20)), "nothing is claimed twice")
            let exact = try await store.claimDue(Samples.ledger, now: now + .seconds(60))
            try checkEqual(exact.deliveries.count, 2, "due at the very moment is due")
            try checkEqual(exact.nextDue, nil)
            try checkEqual(try await store.earliestDue(), [other: now])
        },
        Case("claimsNothingTwiceConcurrently") { store, _ in
            for number in 0..<200 { _ = try await stored(store, number) }
            let claimed = try await withThrowingTaskGroup(of: [DeliveryID].self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var ids: [DeliveryID] = []
                        while true {
                            let batch = try await store.claimDue(Samples.ledger, now: Samples.now, limit: 7)
                            if batch.deliveries.isEmpty { return ids }
                            ids += batch.deliveries.map(\.id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try checkEqual(claimed.count, 200)
            try checkEqual(Set(claimed).count, 200)
        },
        Case("recordsAnAttemptOnce") { store, _ in
            let now = Samples.now
            let id = try unwrap(await stored(store, 1, [Samples.delivery(state: .inFlight)]).first)
            let failed = Samples.record(id, outcome: .failed(.timeout), next: .retry(at: now + .seconds(5)))
            try await store.record(failed)
            try await store.record(failed)
            var delivery = try unwrap(await store.delivery(id))
            try checkEqual(delivery.attempts, [StoredAttempt(number: 1, result: failed.result)])
            try checkEqual(delivery.delivery.state, .pending)
            try checkEqual(delivery.delivery.dueAt, now + .seconds(5))
            try checkEqual(delivery.delivery.attempts, 1)
            try checkEqual(delivery.delivery.lastOutcome, "timeout")
            try check(try await store.claimDue(Samples.ledger, now: now).deliveries.isEmpty, "not due yet")
            let claim = try await store.claimDue(Samples.ledger, now: now + .seconds(5))
            try checkEqual(claim.deliveries.map(\.attempts), [1])
            try await store.record(failed)
            try checkEqual(try unwrap(await store.delivery(id)).delivery.state, .inFlight, "old news changes nothing")
            let done = Samples.record(id, number: 2)
            try await store.record(done)
            try await store.record(done)
            try await store.record(failed)
            delivery = try unwrap(await store.delivery(id))
            try checkEqual(delivery.attempts.map(\.number), [1, 2])
            try checkEqual(delivery.attempts.last?.result, done.result, "headers, body and duration are kept")
            try checkEqual(delivery.delivery.state, .delivered)
            try checkEqual(delivery.delivery.dueAt, nil)
            try checkEqual(delivery.delivery.lastOutcome, "delivered")
            let counts = try await store.statistics(now: now).deliveries
            try checkEqual(counts[.delivered], 1)
            try checkEqual((counts[.inFlight] ?? 0) + (counts[.pending] ?? 0), 0)
        },
        Case("neverResurrectsADelivery") { store, _ in
            let id = try unwrap(await stored(store, 1, [Samples.delivery(state: .inFlight)]).first)
            try await store.record(Samples.record(id))
            try await store.record(
                Samples.record(id, number: 2, outcome: .answered(status: 500), next: .retry(at: Samples.now))
            )
            try checkEqual(try unwrap(await store.delivery(id)).delivery.state, .delivered)
            try check(try await store.claimDue(Samples.ledger, now: Samples.now).deliveries.isEmpty, "it is done")
            try await store.record(Samples.record(DeliveryID(number: id.number + 1000)))
            try check(
                try await store.delivery(DeliveryID(number: id.number + 1000)) == nil,
                "an unknown delivery is ignored"
            )
        },
        Case("marksDeadWhenTheScheduleIsUsedUp") { store, _ in
            let id = try unwrap(await stored(store, 1, [Samples.delivery(state: .inFlight)]).first)
            try await store.record(Samples.record(id, outcome: .answered(status: 503), next: .dead))
            let delivery = try unwrap(await store.delivery(id)).delivery
            try checkEqual(delivery.state, .dead)
            try checkEqual(delivery.lastOutcome, "http_5xx")
            try checkEqual(try await store.statistics(now: Samples.now).deliveries[.dead], 1)
        },
        Case("whatWasInFlightIsPendingAfterARestart") { store, harness in
            let now = Samples.now
            let states: [DeliveryState] = [.inFlight, .pending, .skipped, .inFlight]
            let ids = try await stored(store, 1, states.map { Samples.delivery(state: $0) })
            try await store.record(Samples.record(ids[3]))
            let before = try await store.deliveries(DeliveryQuery(state: .inFlight)).map(\.id)
            await store.close()
            let reopened = try await harness.open(Options())
            let left = try await reopened.deliveries(DeliveryQuery()).map(\.state)
            let due = try await reopened.claimDue(Samples.ledger, now: now)
            await reopened.close()
            try checkEqual(before, [ids[0]])
            try checkEqual(left, [.delivered, .skipped, .pending, .pending])
            try checkEqual(due.deliveries.map(\.id), [ids[0], ids[1]], "it is due as it was")
        },
        Case("takesBackWhatWasClaimedAndNotSent") { store, _ in
            let ids = try await stored(store, 1, (0..<3).map { _ in Samples.delivery(state: .inFlight) })
            try checkEqual(try await store.claimDue(Samples.ledger, now: Samples.now), ClaimedBatch())
            try await store.release([ids[2], ids[0], DeliveryID(number: ids[2].number + 99)], of: Samples.ledger)
            try checkEqual(try await store.deliveries(DeliveryQuery(state: .pending)).map(\.id), [ids[2], ids[0]])
            try checkEqual(try await store.deliveries(DeliveryQuery(state: .inFlight)).map(\.id), [ids[1]])
            let again = try await store.claimDue(Samples.ledger, now: Samples.now)
            try checkEqual(again.deliveries.map(\.id), [ids[0], ids[2]])
            try checkEqual(again.deliveries.map(\.attempts), [0, 0], "nothing was tried")
        },
        Case("keepsTheOrderWithinALane") { store, _ in
            let now = Samples.now
            func lane(_ name: String?, _ endpoint: EndpointID = Samples.ledger) -> NewDelivery {
                NewDelivery(endpoint: endpoint, state: .pending, dueAt: now, lane: name)
            }
            let first = try await stored(store, 1, [lane("a")])[0]
            let second = try await stored(store, 2, [lane("a"), lane("a", EndpointID("other"))])[0]
            let third = try await stored(store, 3, [lane("a")])[0]
            let aside = try await stored(store, 4, [lane("b")])[0]
            let free = try await stored(store, 5, [lane(nil)])[0]
            var due = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(due.deliveries.map(\.id), [first, aside, free], "a stuck payment blocks only itself")
            try checkEqual(due.deliveries.map(\.lane), ["a", "b", nil])
            try checkEqual(due.nextDue, nil)
            try checkEqual(try await store.earliestDue()[EndpointID("other")], now, "lanes belong to one endpoint")
            try checkEqual(try unwrap(await store.delivery(second)).delivery.dueAt, nil)
            let failed = AttemptOutcome.answered(status: 500)
            try await store.record(Samples.record(first, outcome: failed, next: .retry(at: now), lane: "a"))
            due = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(due.deliveries.map(\.id), [first], "the next waits while the former is tried again")
            try await store.record(Samples.record(first, number: 2, outcome: failed, next: .dead, lane: "a"))
            due = try await store.claimDue(Samples.ledger, now: now + .seconds(1))
            try checkEqual(due.deliveries.map(\.id), [second], "a dead one lets the next go")
            try await store.record(Samples.record(second, lane: "a"))
            due = try await store.claimDue(Samples.ledger, now: now + .seconds(1))
            try checkEqual(due.deliveries.map(\.id), [third])
            try await store.record(Samples.record(third, lane: "a"))
            let fourth = try await stored(store, 6, [lane("a")])[0]
            due = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(due.deliveries.map(\.id), [fourth], "an empty lane makes nobody wait")
        },
        Case("keepsABodyOfTheEndpointsOwn") { store, _ in
            let body = Array(#"{"order":"NO-1"}"#.utf8)
            _ = try await stored(
                store,
                1,
                [NewDelivery(endpoint: Samples.ledger, state: .pending, dueAt: Samples.now, body: body)]
            )
            let due = try await store.claimDue(Samples.ledger, now: Samples.now)
            try checkEqual(due.deliveries.map(\.envelope), [body])
        },
        Case("namesTheEarliestDueOfEachEndpoint") { store, _ in
            let now = Samples.now
            try check(try await store.earliestDue().isEmpty, "nothing waits")
            for number in 1...3 {
                _ = try await stored(
                    store,
                    number,
                    [
                        Samples.delivery(EndpointID("a"), dueAt: now + .seconds(number)),
                        Samples.delivery(EndpointID("b"), dueAt: now + .seconds(-number)),
                        Samples.delivery(EndpointID("c"), state: .inFlight),
                        Samples.delivery(EndpointID("d"), state: .skipped),
                    ]
                )
            }
            try checkEqual(
                try await store.earliestDue(),
                [EndpointID("a"): now + .seconds(1), EndpointID("b"): now + .seconds(-3)]
            )
        },
    ]
}
