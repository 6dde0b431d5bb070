// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    static let watchEndCases: [Case] = [
        Case("aFinalEventClosesItsWatch") { store, _ in
            let subjects = ["object-1", "NO-1", "payment:NO-1", "order:1", "object-2"]
            for subject in subjects { _ = try await registered(Samples.plan(subject), in: store) }
            let elsewhere = SourceID(provider: "cryptomus", id: "second")
            _ = try await registered(Samples.plan("object-1", source: elsewhere), in: store)
            _ = try await store.capture(Samples.capture(Samples.event(1)))
            try checkEqual(try await subjectsThat(.closed, in: store), [], "an event that is not final closes nothing")
            let final = Samples.event(2, finality: .final, order: "NO-1", object: "object-1", objectKey: "order:1")
            _ = try await store.capture(Samples.capture(final))
            try checkEqual(
                try await subjectsThat(.closed, in: store),
                ["NO-1", "object-1", "order:1", "payment:NO-1"]
            )
            try checkEqual(try await subjectsThat(.open, in: store), ["object-1", "object-2"])
        },
        Case("whatClosedWhileItWasPolledStaysClosed") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let taken = try await claimed(in: store)
            _ = try await store.capture(Samples.capture(Samples.event(1, finality: .final)))
            let overdue = Samples.capture(Samples.event(9, type: .watchOverdue))
            let outcome = try await store.record(Samples.poll(taken, next: .overdue(overdue)))
            try checkEqual(outcome, PollOutcome(news: [], overdue: nil, state: .closed))
            try check(try await store.event(overdue.event.id) == nil, "nothing is overdue")
            try checkEqual(try unwrap(await store.watch(id)).polls.count, 1, "the poll is kept")
            try check(
                try await store.claimDueWatches(of: Samples.source, now: .distantEnd, limit: 9).watches.isEmpty,
                "it is not polled again"
            )
        },
        Case("tellsOnceOfWhatIsOverdue") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let event = Samples.event(9, type: .watchOverdue)
            let overdue = Samples.capture(event, deliveries: [Samples.delivery()])
            let outcome = try await store.record(Samples.poll(try await claimed(in: store), next: .overdue(overdue)))
            try checkEqual(outcome.state, .overdue)
            try check(outcome.overdue != nil, "the event is stored")
            try checkEqual(try unwrap(await store.watch(id)).stored.watch.state, .overdue)
            try checkEqual(try await store.deliveries(DeliveryQuery()).count, 1)
            let again = Samples.plan(nextPollAt: Samples.now, deadline: Samples.now + .seconds(99))
            try checkEqual(try await store.register(again, shop: "nordic", now: Samples.now), .exists(id))
            let watch = try unwrap(await store.watch(id)).stored.watch
            try check(
                watch.state == .open && watch.deadline == again.watch.deadline,
                "registered anew it is open again"
            )
        },
        Case("aPollMovesTheDeadline") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let far = Samples.now + .seconds(86_400)
            let next = PollRecord.Next.poll(at: far + .seconds(60))
            let poll = Samples.poll(try await claimed(in: store), next: next, deadline: far, note: "no such program")
            _ = try await store.record(poll)
            var detail = try unwrap(await store.watch(id))
            try checkEqual(detail.stored.watch.deadline, far)
            try checkEqual(detail.stored.watch.note, "no such program")
            try checkEqual(detail.polls.first?.note, "no such program")
            let idle = try await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            try checkEqual(idle, WatchBatch(nextDue: far), "it is due at the new deadline")
            try checkEqual(try await store.pollNow(id, now: Samples.now), .done)
            let near = Samples.now + .seconds(30)
            _ = try await store.record(
                Samples.poll(try await claimed(in: store), next: .hold(reason: "a fault"), deadline: near)
            )
            let held = try await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            try checkEqual(held, WatchBatch(nextDue: near), "held, it waits for the new deadline")
            try checkEqual(try await store.resume(id, now: Samples.now), .done)
            _ = try await store.record(Samples.poll(try await claimed(in: store)))
            detail = try unwrap(await store.watch(id))
            try checkEqual(detail.stored.watch.deadline, near, "a poll that names none leaves it")
            try checkEqual(detail.stored.watch.note, nil, "what hindered a poll is over with the next")
        },
        Case("aPollThatIsWantedMeanwhileStaysDue") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let taken = try await claimed(in: store)
            try checkEqual(try await store.pollNow(id, now: Samples.now), .done)
            _ = try await store.record(Samples.poll(taken, next: .close))
            let again = try await claimed(in: store)
            _ = try await store.record(Samples.poll(again, next: .close))
            try checkEqual(try unwrap(await store.watch(id)).stored.watch.state, .closed)
            try checkEqual(try await store.pollNow(id, now: Samples.now), .refused(.closed))
            try checkEqual(try await store.pollNow(WatchID(number: 99), now: Samples.now), .unknown)
        },
        Case("holdsAndResumesAWatch") { store, _ in
            let id = try await registered(Samples.plan(), in: store)
            let hold = PollRecord.Next.hold(reason: "two answers contradict each other")
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: hold))
            let watch = try unwrap(await store.watch(id)).stored.watch
            try check(watch.state == .held && watch.note == "two answers contradict each other", "it is held")
            try checkEqual(try await store.pollNow(id, now: Samples.now), .refused(.held))
            let end = watch.deadline
            let idle = try await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            try checkEqual(idle, WatchBatch(nextDue: end), "held, it waits for its deadline")
            let late = try unwrap(
                await store.claimDueWatches(of: Samples.source, now: end, limit: 9).watches.first
            )
            try checkEqual(late.watch.state, .held)
            try await store.release([id])
            try checkEqual(try await store.resume(id, now: Samples.now), .done)
            try checkEqual(try await store.resume(id, now: Samples.now), .refused(.open))
            try checkEqual(try await claimed(in: store).watch.note, nil)
        },
        Case("holdsAndResumesASource") { store, harness in
            for subject in ["a", "b"] { _ = try await registered(Samples.plan(subject), in: store) }
            let second = SourceID(provider: "cryptomus", id: "second")
            _ = try await registered(Samples.plan("c", source: second), in: store)
            let hold = PollRecord.Next.holdSource(reason: "the wallet is broken")
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: hold))
            await store.close()
            let reopened = try await harness.open(Options())
            let batch = try await reopened.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            let held = try await reopened.watches(WatchQuery(state: .held))
            let open = try await subjectsThat(.open, in: reopened)
            let counts = try await reopened.watchCounts()
            let action = try await reopened.resume(try unwrap(held.first).watch.id, now: Samples.now)
            let after = try await reopened.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            await reopened.close()
            let end = Samples.now + .seconds(3600)
            try checkEqual(batch, WatchBatch(nextDue: end), "a source on hold is not asked")
            try checkEqual(held.map(\.watch.subject), ["b", "a"])
            try check(held.allSatisfy { $0.isSourceHeld && $0.watch.note == "the wallet is broken" }, "with the reason")
            try checkEqual(open, ["c"], "other sources go on")
            try checkEqual(counts, [Samples.source: [.held: 2], second: [.open: 1]])
            try checkEqual(action, .done)
            try checkEqual(after.watches.count, 2, "one resume lifts the source's hold")
        },
        Case("closesByHandAndListsByFilter") { store, _ in
            var ids: [WatchID] = []
            for subject in ["a", "b", "c"] { ids.append(try await registered(Samples.plan(subject), in: store)) }
            try checkEqual(try await store.close(ids[1], now: Samples.now), .done)
            try checkEqual(try await store.close(ids[1], now: Samples.now), .refused(.closed))
            try checkEqual(try await store.close(WatchID(number: 99), now: Samples.now), .unknown)
            try checkEqual(try await subjectsThat(.open, in: store), ["a", "c"])
            let page = try await store.watches(WatchQuery(before: ids[2], limit: 1))
            try checkEqual(page.map(\.watch.id), [ids[1]], "newest first, older than the cursor")
            try checkEqual(try await store.watches(WatchQuery(shops: ["tashkent"])).count, 0)
            try checkEqual(try await store.watches(WatchQuery(source: Samples.source, shops: ["nordic"])).count, 3)
            let horizon = RetentionHorizon(
                events: Samples.now + .seconds(1),
                raw: Samples.now,
                quarantine: Samples.now,
                dedupe: Samples.now
            )
            try checkEqual(try await store.prune(horizon), 1, "retention removes what has ended")
            try checkEqual(try await store.watches(WatchQuery()).map(\.watch.id), [ids[2], ids[0]])
        },
        Case("aHintMakesItsWatchDueOnce") { store, _ in
            let now = Samples.now
            let hint = Samples.hint("object-1").hint
            try await store.keep(Samples.hint("object-1"))
            try checkEqual(try await store.waitingHints(of: Samples.source, limit: 9), [hint])
            let plan = Samples.plan(nextPollAt: now)
            try await store.follow(hint, plan, shop: "nordic", now: now)
            _ = try await store.record(Samples.poll(try await claimed(in: store)))
            try await store.follow(hint, plan, shop: "nordic", now: now)
            let idle = try await store.claimDueWatches(of: Samples.source, now: now, limit: 9)
            try check(idle.watches.isEmpty, "a hint that was followed changes nothing")
            let later = Hint(source: hint.source, objectID: hint.objectID, receivedAt: hint.receivedAt + .seconds(1))
            try await store.follow(later, plan, shop: "nordic", now: now)
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: .close))
            try checkEqual(try await store.hints(nil, limit: 9).map(\.outcome), ["fetched"])
            try checkEqual(try await store.waitingHints(of: Samples.source, limit: 9), [])
            let third = Hint(source: hint.source, objectID: hint.objectID, receivedAt: hint.receivedAt + .seconds(2))
            try await store.follow(third, plan, shop: "nordic", now: now)
            try checkEqual(try await subjectsThat(.open, in: store), ["object-1"], "a new hint opens it again")
            let final = Samples.capture(Samples.event(1, finality: .final, object: "object-1", method: "fetched"))
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: .close, news: [final]))
            try checkEqual(try await store.hints(nil, limit: 9).map(\.outcome), ["fetched"], "the event settles it")
            try checkEqual(try await subjectsThat(.closed, in: store), ["object-1"])
        },
    ]

    /// Sorted.
    private static func subjectsThat(_ state: WatchState, in store: any EventStore) async throws -> [String] {
        try await store.watches(WatchQuery(state: state)).map(\.watch.subject).sorted()
    }
}

extension Timestamp {
    fileprivate static let distantEnd = Timestamp(milliseconds: 4_000_000_000_000)
}
