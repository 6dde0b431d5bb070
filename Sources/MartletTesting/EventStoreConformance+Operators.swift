// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What operators do to deliveries by hand.
extension EventStoreConformance {
    private static func lane(_ name: String? = "a", _ state: DeliveryState = .pending) -> NewDelivery {
        NewDelivery(endpoint: Samples.ledger, state: state, dueAt: Samples.now, lane: name)
    }

    private static let failed = AttemptOutcome.answered(status: 500)

    /// A delivery that has ended in this state, or is to be skipped.
    private static func ended(_ store: any EventStore, _ number: Int, _ state: DeliveryState) async throws -> DeliveryID
    {
        if state == .skipped { return try await stored(store, number, [Samples.delivery(state: .skipped)])[0] }
        let id = try await stored(store, number, [Samples.delivery(state: state == .cancelled ? .pending : .inFlight)])[
            0
        ]
        switch state {
        case .cancelled: _ = try await store.cancel(id, now: Samples.now)
        case .dead: try await store.record(Samples.record(id, outcome: failed, next: .dead))
        default: try await store.record(Samples.record(id))
        }
        return id
    }

    static let operatorCases: [Case] = [
        Case("retriesWhatIsPending") { store, _ in
            let now = Samples.now
            let id = try await stored(store, 1, [Samples.delivery(dueAt: now + .seconds(3600))])[0]
            let before = try await store.retry(id, now: now)
            try checkEqual(before, .due(Samples.ledger))
            try checkEqual(try unwrap(await store.delivery(id)).delivery.dueAt, now)
            try checkEqual(try await store.retry(id, now: now + .seconds(1)), .due(Samples.ledger), "it is due")
            let claimed = try await store.claimDue(Samples.ledger, now: now + .seconds(1))
            try checkEqual(claimed.deliveries.map(\.scheduleFrom), [0], "it goes on with its own schedule")
            try checkEqual(try await store.retry(id, now: now), .inFlight)
            try checkEqual(try await store.claimDue(Samples.ledger, now: now), ClaimedBatch(), "it is in hand once")
            try checkEqual(try await store.retry(DeliveryID(number: 4711), now: now), .unknown)
            try await store.record(Samples.record(id))
            try checkEqual(try await store.retry(id, now: now), .delivered)
            try check(try await store.claimDue(Samples.ledger, now: now).deliveries.isEmpty, "it is done")
        },
        Case("retriesWhatHasEndedWithANewSchedule") { store, harness in
            let now = Samples.now + .seconds(60)
            var ids: [DeliveryID] = []
            for (number, state) in [DeliveryState.dead, .skipped, .cancelled].enumerated() {
                let id = try await ended(store, number + 1, state)
                ids.append(id)
                try checkEqual(try await store.retry(id, now: now), .due(Samples.ledger), "\(state)")
                try checkEqual(try await store.retry(id, now: now), .due(Samples.ledger), "\(state), asked twice")
                let delivery = try unwrap(await store.delivery(id)).delivery
                try checkEqual(delivery.state, .pending)
                try checkEqual(delivery.dueAt, now)
                try checkEqual(delivery.attempts, state == .dead ? 1 : 0, "what was done stays done")
            }
            var counts = try await store.statistics(now: now).deliveries.filter { $0.value != 0 }
            try checkEqual(counts, [.pending: 3])
            await store.close()
            let reopened = try await harness.open(Options())
            let claimed = try await reopened.claimDue(Samples.ledger, now: now)
            try checkEqual(claimed.deliveries.map(\.id), ids)
            try checkEqual(claimed.deliveries.map(\.attempts), [1, 0, 0])
            try checkEqual(claimed.deliveries.map(\.scheduleFrom), [1, 0, 0], "the schedule begins anew")
            try await reopened.record(Samples.record(ids[0], number: 2, outcome: failed, next: .dead))
            let attempts = try unwrap(await reopened.delivery(ids[0])).attempts.map(\.number)
            counts = try await reopened.statistics(now: now).deliveries.filter { $0.value != 0 }
            await reopened.close()
            try checkEqual(attempts, [1, 2])
            try checkEqual((counts[.pending] ?? 0) + (counts[.inFlight] ?? 0), 2)
            try checkEqual(counts[.dead], 1)
        },
        Case("retriesWithinALane") { store, _ in
            let now = Samples.now
            let first = try await stored(store, 1, [lane()])[0]
            let second = try await stored(store, 2, [lane()])[0]
            let third = try await stored(store, 3, [lane()])[0]
            try checkEqual(try await store.retry(second, now: now), .waitsInLane(Samples.ledger))
            try checkEqual(try unwrap(await store.delivery(second)).delivery.dueAt, nil)
            _ = try await store.claimDue(Samples.ledger, now: now)
            try await store.record(Samples.record(first, outcome: failed, next: .dead, lane: "a"))
            // The second is due now; the first, revived, waits for it and then goes before the third.
            try checkEqual(try await store.retry(first, now: now), .waitsInLane(Samples.ledger))
            try checkEqual(try await store.retry(first, now: now), .waitsInLane(Samples.ledger), "asked twice")
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [second])
            try checkEqual(try await store.cancel(third, now: now), .cancelled(Samples.ledger))
            try check(
                try await store.claimDue(Samples.ledger, now: now).deliveries.isEmpty,
                "stopping one that waits lets no other go beside the one under way"
            )
            try checkEqual(try await store.retry(third, now: now), .waitsInLane(Samples.ledger))
            try await store.record(Samples.record(second, lane: "a"))
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [first])
            try await store.record(Samples.record(first, number: 2, lane: "a"))
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [third])
        },
        Case("cancelsOnlyWhatWaits") { store, _ in
            let now = Samples.now
            for (number, state) in [DeliveryState.delivered, .dead, .skipped, .cancelled].enumerated() {
                let id = try await ended(store, number + 1, state)
                try checkEqual(try await store.cancel(id, now: now), .ended(state))
                try checkEqual(try unwrap(await store.delivery(id)).delivery.state, state)
            }
            try checkEqual(try await store.cancel(DeliveryID(number: 4711), now: now), .unknown)
            let id = try await stored(store, 10)[0]
            _ = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(try await store.cancel(id, now: now), .inFlight)
            try await store.record(Samples.record(id, outcome: failed, next: .retry(at: now + .seconds(60))))
            try checkEqual(try await store.cancel(id, now: now), .cancelled(Samples.ledger))
            try checkEqual(try await store.cancel(id, now: now), .ended(.cancelled))
            try check(
                try await store.claimDue(Samples.ledger, now: now + .seconds(60)).deliveries.isEmpty,
                "it is not sent any more"
            )
            let counts = try await store.statistics(now: now).deliveries.filter { $0.value != 0 }
            try checkEqual(counts, [.delivered: 1, .dead: 1, .skipped: 1, .cancelled: 2])
        },
        Case("cancellingLetsTheNextOfTheLaneGo") { store, _ in
            let now = Samples.now + .seconds(5)
            let first = try await stored(store, 1, [lane()])[0]
            let second = try await stored(store, 2, [lane()])[0]
            let third = try await stored(store, 3, [lane()])[0]
            try checkEqual(try await store.cancel(first, now: now), .cancelled(Samples.ledger))
            try checkEqual(try unwrap(await store.delivery(second)).delivery.dueAt, now)
            try checkEqual(try unwrap(await store.delivery(third)).delivery.dueAt, nil)
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [second])
        },
        Case("offersWhatWasSkippedInPortionsAndInOrder") { store, _ in
            let now = Samples.now
            var ids: [DeliveryID] = []
            for number in 1...5 {
                ids += try await stored(
                    store,
                    number,
                    [
                        lane(number.isMultiple(of: 2) ? nil : "a", .skipped),
                        Samples.delivery(EndpointID("x"), state: .skipped),
                    ]
                ).prefix(1)
            }
            func offer(after: DeliveryID?) async throws -> SkippedOffer {
                try await store.offerSkipped(of: Samples.ledger, shops: ["*"], after: after, now: now, limit: 4)
            }
            // Every other one is for somebody else.
            var place = try await offer(after: nil)
            try checkEqual(place.offered, 2)
            try checkEqual(try await store.deliveries(DeliveryQuery(state: .pending)).map(\.id), [ids[1], ids[0]])
            place = try await offer(after: place.last)
            try checkEqual(place.offered, 2)
            place = try await offer(after: place.last)
            try checkEqual(place, SkippedOffer(offered: 1, last: nil))
            try checkEqual(try await offer(after: nil).offered, 0)
            let due = try await store.claimDue(Samples.ledger, now: now)
            try checkEqual(
                due.deliveries.map(\.id),
                [ids[0], ids[1], ids[3]],
                "the third and fifth wait for the first"
            )
            try await store.record(Samples.record(ids[0], lane: "a"))
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [ids[2]])
            try await store.record(Samples.record(ids[2], lane: "a"))
            try checkEqual(try await store.claimDue(Samples.ledger, now: now).deliveries.map(\.id), [ids[4]])
            let left = try await store.deliveries(DeliveryQuery(state: .skipped))
            try check(left.allSatisfy { $0.endpoint == EndpointID("x") } && left.count == 5, "others are left alone")
        },
        Case("offersNothingThatArrivedInAnotherWayOrIsOfAnotherShop") { store, _ in
            for number in 1...2 { _ = try await endedDelivery(store, number, .skipped) }
            _ = try await endedDelivery(store, 3, .skipped, event: Samples.event(3, shop: "tashkent"))
            let id = try await begun(store, ReplaySelection(order: "NO-1"))
            _ = try await store.advance(step(id))
            let offer = try await store.offerSkipped(
                of: Samples.ledger,
                shops: ["nordic"],
                after: nil,
                now: Samples.now,
                limit: 9
            )
            try checkEqual(offer, SkippedOffer(offered: 1, last: nil))
            let due = try await store.claimDue(Samples.ledger, now: Samples.now).deliveries
            try checkEqual(Set(due.map(\.eventID)), Set([1, 2].map(Samples.eventID)), "the first by its replay alone")
            try checkEqual(due.count, 2)
        },
    ]
}
