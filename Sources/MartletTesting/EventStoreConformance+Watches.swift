// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let watchCases: [Case] = [
        Case("keepsAWatchWithItsOrder") { store, harness in
            let order = KnownOrder(
                objectID: "object-1",
                uid: "317",
                orderSecret: Secret(text: "order-secret"),
                ipnSecret: Secret(text: "ipn-secret"),
                merchantOrderID: "NO-1"
            )
            let plan = Samples.plan(details: #"{"autofeed":"<a\r\n/>"}"#, order: order)
            let id = try await registered(plan, in: store)
            await store.close()
            let reopened = try await harness.open(Options())
            let found = try await reopened.watch(id)
            let batch = try await reopened.claimDueWatches(of: Samples.source, now: Samples.now, limit: 5)
            let known = try await reopened.order(of: Samples.source, objectID: "object-1")
            await reopened.close()
            var expected = plan.watch
            expected.id = id
            let detail = try unwrap(found)
            try checkEqual(detail.stored, StoredWatch(watch: expected, shop: "nordic"))
            try check(detail.polls.isEmpty, "nothing was polled")
            try checkEqual(batch.watches.map(\.watch), [expected], "it is due after a restart")
            try checkEqual(batch.watches.first?.order, order, "with the secrets that a poll needs")
            try checkEqual(known, order, "notifications find the order")
        },
        Case("registersASubjectOnce") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let other = SourceID(provider: "cryptomus", id: "second")
            try check(try await registered(Samples.plan(source: other), in: store) != id, "a subject is its source's")
            var again = Samples.plan(nextPollAt: Samples.now + .seconds(900), details: #"{"id":"2"}"#)
            again.order = KnownOrder(objectID: "object-1", ipnSecret: Secret(text: "new"))
            try checkEqual(try await store.register(again, shop: "nordic", now: Samples.now), .exists(id))
            let watch = try unwrap(await store.watch(id)).stored.watch
            try checkEqual(watch.details, again.watch.details)
            try checkEqual(watch.nextPollAt, Samples.now, "its schedule stays")
            let order = try await store.order(of: Samples.source, objectID: "object-1")
            try checkEqual(order?.ipnSecret, Secret(text: "new"), "secrets are replaced")
        },
        Case("claimsWhatIsDueOnce") { store, harness in
            let now = Samples.now
            let late = try await registered(Samples.plan("late", nextPollAt: now), in: store)
            let early = try await registered(Samples.plan("early", nextPollAt: now + .seconds(-5)), in: store)
            _ = try await registered(Samples.plan("later", nextPollAt: now + .seconds(7)), in: store)
            let first = try await store.claimDueWatches(of: Samples.source, now: now, limit: 1)
            try checkEqual(first.watches.map(\.watch.id), [early], "the oldest first")
            try checkEqual(first.nextDue, now)
            let second = try await store.claimDueWatches(of: Samples.source, now: now, limit: 9)
            try checkEqual(second.watches.map(\.watch.id), [late], "what is in hand is not claimed again")
            try checkEqual(second.nextDue, now + .seconds(7))
            try await store.release([late])
            let third = try await store.claimDueWatches(of: Samples.source, now: now, limit: 9)
            try checkEqual(third.watches.map(\.watch.id), [late], "what was released is due")
            await store.close()
            let reopened = try await harness.open(Options())
            let fourth = try await reopened.claimDueWatches(of: Samples.source, now: now, limit: 9)
            await reopened.close()
            try checkEqual(fourth.watches.map(\.watch.id), [early, late], "a crash leaves it due")
        },
        Case("isDueAtItsDeadlineAtTheLatest") { store, _ in
            let end = Samples.now + .seconds(30)
            _ = try await registered(
                Samples.plan("a", nextPollAt: Samples.now + .seconds(60), deadline: end),
                in: store
            )
            _ = try await registered(Samples.plan("b", nextPollAt: nil, deadline: end), in: store)
            let before = try await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            try checkEqual(before.nextDue, end)
            try checkEqual(try await store.claimDueWatches(of: Samples.source, now: end, limit: 9).watches.count, 2)
        },
        Case("recordsAPollWithItsNews") { store, _ in
            let id = try await registered(Samples.plan("elsewhere"), in: store)
            let taken = try await claimed(in: store)
            let news = Samples.event(1, shop: "tashkent", method: "polled")
            let capture = Samples.capture(news, deliveries: [Samples.delivery()])
            let outcome = try await store.record(Samples.poll(taken, outcome: "paid", news: [capture, capture]))
            try check(outcome.news.count == 2 && outcome.news[1] == .duplicate, "news deduplicate")
            try checkEqual(outcome.state, .open)
            let detail = try unwrap(await store.watch(id))
            try checkEqual(detail.stored.watch.nextPollAt, Samples.now + .seconds(60))
            try checkEqual(detail.stored.watch.memory, Array(#"{"last":"new"}"#.utf8))
            try checkEqual(detail.stored.watch.polls, 1)
            try checkEqual(detail.stored.watch.lastOutcome, "paid")
            try checkEqual(detail.stored.shop, "tashkent", "the event knows the shop")
            try checkEqual(
                detail.polls,
                [StoredPoll(number: 1, at: Samples.now, outcome: "paid", events: [news.id, news.id])]
            )
            try checkEqual(try await store.deliveries(DeliveryQuery()).count, 1)
            let late = try await store.capture(Samples.capture(Samples.event(2, objectKey: "order:1")))
            try checkEqual(late, .withheld([.alreadyKnown]), "the callback comes after all")
        },
        Case("bringsForwardWhatAFastClockHasDated") { store, _ in
            let (now, hour) = (Samples.now, Duration.seconds(3600))
            func plan(_ subject: String, registered: Duration, due: Duration?, until: Duration) -> WatchPlan {
                var plan = Samples.plan(subject, nextPollAt: due.map { now + $0 }, deadline: now + until)
                plan.watch.createdAt = now + registered
                return plan
            }
            _ = try await registered(plan("a", registered: hour * -1, due: hour * 24, until: hour * 99), in: store)
            _ = try await registered(plan("b", registered: hour * -1, due: hour * 26, until: hour * 99), in: store)
            _ = try await registered(plan("c", registered: hour * 9, due: hour * 10, until: hour * 50), in: store)
            _ = try await registered(plan("d", registered: hour * 9, due: nil, until: hour * 50), in: store)
            let second = SourceID(provider: "cryptomus", id: "second")
            let elsewhere = Samples.plan("e", source: second, nextPollAt: now + hour * 99, deadline: now + hour * 100)
            _ = try await registered(elsewhere, in: store)
            try checkEqual(try await store.clampWatches(of: Samples.source, now: now, to: now + hour * 25), 3)
            try checkEqual(try await store.clampWatches(of: Samples.source, now: now, to: now + hour * 25), 0)
            let watches = try await store.watches(WatchQuery(source: Samples.source)).map(\.watch)
            try checkEqual(watches.map(\.subject), ["d", "c", "b", "a"])
            try checkEqual(watches.map(\.nextPollAt), [nil, now, now, now + hour * 24])
            try checkEqual(watches.map { $0.deadline - now }, [hour * 41, hour * 41, hour * 99, hour * 99])
            try checkEqual(watches.map { now - $0.createdAt }, [.zero, .zero, hour, hour])
            let batch = try await store.claimDueWatches(of: Samples.source, now: now, limit: 9)
            try checkEqual(batch.watches.map(\.watch.subject), ["b", "c"])
            try checkEqual(batch.nextDue, now + hour * 24)
        },
        Case("keepsTheNewestPolls") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            for _ in 0..<StoredPoll.kept + 7 {
                _ = try await store.record(Samples.poll(try await claimed(in: store), next: .poll(at: Samples.now)))
            }
            let detail = try unwrap(await store.watch(id))
            try checkEqual(detail.polls.count, StoredPoll.kept)
            try checkEqual(detail.polls.first?.number, StoredPoll.kept + 7)
            try checkEqual(detail.stored.watch.polls, StoredPoll.kept + 7)
        },
    ]

    /// Registers a watch that is new.
    static func registered(_ plan: WatchPlan, in store: any EventStore) async throws -> WatchID {
        guard case .registered(let id) = try await store.register(plan, shop: "nordic", now: Samples.now) else {
            throw ConformanceFailure(description: "a new subject is registered")
        }
        return id
    }

    /// Takes the one watch that is due in hand.
    static func claimed(in store: any EventStore) async throws -> ClaimedWatch {
        try unwrap(
            await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 1).watches.first,
            "a watch is due"
        )
    }
}
