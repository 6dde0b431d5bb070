// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Clocks that were set back, and polls that something overtakes.
extension EventStoreConformance {
    static let watchClockCases: [Case] = [
        Case("aHintCountsAlthoughTheClockWasSetBack") { store, _ in
            let (now, ahead) = (Samples.now, Samples.now + .seconds(86_400 * 400))
            let plan = Samples.plan(nextPollAt: now)
            // The callback of a clock that runs ahead, asked about and ended by it.
            try await store.keep(Samples.hint("object-1", receivedAt: ahead))
            try await store.follow(Samples.hint("object-1", receivedAt: ahead).hint, plan, shop: "nordic", now: ahead)
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: .close))
            for seconds in [0, 5, 2] as [Int64] {
                let hint = Samples.hint("object-1", receivedAt: now + .seconds(seconds))
                try await store.keep(hint)
                try checkEqual(
                    try await store.waitingHints(of: Samples.source, limit: 9),
                    [hint.hint],
                    "a crash before it is followed loses nothing"
                )
                try await store.follow(hint.hint, plan, shop: "nordic", now: now + .seconds(60))
                let taken = try await claimed(in: store)
                // One that seems older is not known again, and may make its watch due once too often.
                if seconds != 2 {
                    try await store.follow(hint.hint, plan, shop: "nordic", now: now + .seconds(60))
                }
                _ = try await store.record(Samples.poll(taken, next: .close))
                try checkEqual(
                    try await store.watches(WatchQuery(state: .closed)).count,
                    1,
                    "the same hint is followed once"
                )
                try checkEqual(try await store.hints(nil, limit: 9).map(\.outcome), ["fetched"])
            }
        },
        Case("clampingLeavesHintsAsTheyWere") { store, _ in
            let (now, ahead) = (Samples.now, Samples.now + .seconds(86_400 * 400))
            let hint = Samples.hint("object-1", receivedAt: ahead)
            try await store.keep(hint)
            var plan = Samples.plan(nextPollAt: ahead, deadline: ahead + .seconds(3600))
            plan.watch.createdAt = ahead
            try await store.follow(hint.hint, plan, shop: "nordic", now: ahead)
            try checkEqual(
                try await store.clampWatches(of: Samples.source, now: now, to: now + .seconds(90_000)),
                1
            )
            try checkEqual(try await store.waitingHints(of: Samples.source, limit: 9), [], "its watch is due as it is")
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: .close))
            try checkEqual(try await store.hints(nil, limit: 9).map(\.outcome), ["fetched"], "and settles it")
        },
        Case("datesNowWhatAFastClockHasDated") { store, _ in
            let (now, ahead) = (Samples.now, Samples.now + .seconds(86_400 * 400))
            let request = IdempotentRequest(caller: "shop", key: "k-1", digest: [1])
            let younger = IdempotentRequest(caller: "shop", key: "k-2", digest: [1])
            _ = try await store.claim(request, now: ahead)
            _ = try await store.claim(younger, now: now - .seconds(60))
            let ended = try await registered(Samples.plan(), in: store)
            try checkEqual(try await store.close(ended, now: ahead), .done)
            let evidence = Samples.refused(receivedAt: ahead)
            try await store.quarantine(evidence)
            try checkEqual(try await store.redate(to: now), 2)
            try checkEqual(try await store.redate(to: now), 0)
            try checkEqual(try await store.claim(request, now: now), .unanswered, "nothing that is known is forgotten")
            let later = now + IdempotentRequest.kept + .seconds(1)
            try checkEqual(try await store.claim(request, now: later), .new, "a day after the clock was right again")
            var horizon = RetentionHorizon(
                events: now - .seconds(3600),
                raw: now - .seconds(3600),
                quarantine: now - .seconds(3600),
                dedupe: now - .seconds(3600)
            )
            try checkEqual(try await store.prune(horizon), 0)
            horizon.events = now + .seconds(1)
            try checkEqual(try await store.prune(horizon), 1, "a watch that has ended goes in its time")
            let row = try unwrap(await store.quarantined(nil, limit: 1).first)
            try checkEqual(row.callback.receivedAt, ahead, "what is evidence keeps its date")
        },
        Case("anEventOvertakesAPollOfItsObject") { store, harness in
            let id = try await registered(Samples.plan(), in: store)
            // Events of before, and of other objects and sources, change nothing.
            _ = try await store.capture(Samples.capture(Samples.event(1, objectKey: "order:1")))
            var taken = try await claimed(in: store)
            let second = SourceID(provider: "cryptomus", id: "second")
            _ = try await store.capture(Samples.capture(Samples.event(2, source: second, objectKey: "order:1")))
            _ = try await store.capture(Samples.capture(Samples.event(3, objectKey: "order:2")))
            func poll(_ number: Int, relativeTo position: Int64?) -> PollRecord {
                let event = Samples.event(number, objectKey: "order:1", method: "fetched")
                let news = Samples.capture(event, deliveries: [Samples.delivery()])
                let next = PollRecord.Next.poll(at: Samples.now)
                return Samples.poll(taken, outcome: "paid", next: next, news: [news], relativeTo: position)
            }
            var outcome = try await store.record(poll(4, relativeTo: taken.position))
            try check(outcome.news.count == 1 && !outcome.isOvertaken, "nothing overtook it")

            taken = try await claimed(in: store)
            _ = try await store.capture(Samples.capture(Samples.event(5, objectKey: "order:1")))
            outcome = try await store.record(poll(6, relativeTo: taken.position))
            try checkEqual(outcome, PollOutcome(news: [], overdue: nil, state: .open, isOvertaken: true))
            try check(try await store.event(Samples.event(6).id) == nil, "its news are none")
            try checkEqual(try await store.deliveries(DeliveryQuery()).count, 1)
            let detail = try unwrap(await store.watch(id))
            try checkEqual(detail.polls.first?.outcome, StoredPoll.overtaken)
            try checkEqual(detail.polls.first?.events, [])
            try checkEqual(detail.stored.watch.memory, Array(#"{"last":"new"}"#.utf8), "what was remembered before")
            taken = try await claimed(in: store)
            try checkEqual(taken.watch.nextPollAt, Samples.now, "it is due at once")

            _ = try await store.capture(Samples.capture(Samples.event(7, objectKey: "order:1")))
            outcome = try await store.record(poll(8, relativeTo: nil))
            try checkEqual(outcome.news.count, 1, "news that hold by themselves stay news")

            taken = try await claimed(in: store)
            let final = Samples.event(9, finality: .final, object: "object-1", objectKey: "order:1")
            _ = try await store.capture(Samples.capture(final))
            outcome = try await store.record(poll(10, relativeTo: taken.position))
            try checkEqual(outcome, PollOutcome(news: [], overdue: nil, state: .closed, isOvertaken: true))
            try checkEqual(try unwrap(await store.watch(id)).stored.watch.state, .closed)
        },
        Case("aRefundThatTheEndOvertookIsKept") { store, _ in
            func event(_ number: Int, _ type: EventType, _ status: String, method: String = "signed") -> Event {
                Samples.event(
                    number,
                    type: type,
                    finality: type == .paymentRefundPending ? .provisional : .final,
                    status: status,
                    object: "object-1",
                    objectKey: "order:1",
                    method: method
                )
            }
            func polled(_ number: Int, _ type: EventType, _ status: String, by taken: ClaimedWatch) -> PollRecord {
                let news = Samples.capture(
                    event(number, type, status, method: "fetched"),
                    deliveries: [Samples.delivery()]
                )
                return Samples.poll(taken, outcome: "refunded", next: .close, news: [news], relativeTo: taken.position)
            }
            let id = try await registered(Samples.plan(), in: store)
            var taken = try await claimed(in: store)
            _ = try await store.capture(Samples.capture(event(1, .paymentPaid, "done")))
            var outcome = try await store.record(polled(2, .paymentRefunded, "returned", by: taken))
            try check(outcome.news.count == 1 && outcome.news.first != .duplicate, "nobody will ask for it again")
            try check(outcome.state == .closed && !outcome.isOvertaken, "it counts as any other")
            try checkEqual(try await store.deliveries(DeliveryQuery()).count, 1)
            try checkEqual(try unwrap(await store.watch(id)).polls.first?.outcome, "refunded")
            let late = try await store.capture(Samples.capture(event(3, .paymentRefunded, "returned")))
            try checkEqual(late, .withheld([.alreadyKnown]), "its notification comes after all")

            // What the refund's own notification overtakes is known, and what was before it is over.
            for (number, type, status) in [
                (10, EventType.paymentRefunded, "refund_paid"), (20, .paymentRefundPending, "refund_process"),
            ] {
                try checkEqual(try await store.resume(id, now: Samples.now), .done)
                taken = try await claimed(in: store)
                _ = try await store.capture(Samples.capture(event(number, .paymentRefunded, "refund_paid")))
                outcome = try await store.record(polled(number + 1, type, status, by: taken))
                try check(outcome.news.isEmpty && outcome.isOvertaken, "it is told already")
            }
            try checkEqual(try await store.resume(id, now: Samples.now), .done)
            taken = try await claimed(in: store)
            _ = try await store.capture(Samples.capture(event(30, .paymentRefundPending, "refund_process")))
            outcome = try await store.record(polled(31, .paymentRefundFailed, "refund_fail", by: taken))
            try checkEqual(outcome.news.count, 1, "what a refund came to is newer than its beginning")
        },
        Case("datesEndsByTheWallClock") { store, _ in
            // It has been set back by an hour since the gateway started.
            let due = Samples.now + .seconds(3600)
            _ = try await registered(Samples.plan("1"), in: store)
            var poll = Samples.poll(try await claimed(in: store), next: .close)
            poll.decidedAt = due
            _ = try await store.record(poll)
            let overdue = Samples.capture(Samples.event(9, type: .watchOverdue))
            _ = try await registered(Samples.plan("2"), in: store)
            poll = Samples.poll(try await claimed(in: store), next: .overdue(overdue))
            (poll.polledAt, poll.decidedAt) = (nil, due)
            _ = try await store.record(poll)
            try checkEqual(try await store.redate(to: Samples.now), 0)
        },
        Case("hastensAnOpenWatchOnceAMinute") { store, _ in
            let (now, minute) = (Samples.now, Duration.seconds(60))
            let far = now + .seconds(900)
            let id = try await registered(Samples.plan(nextPollAt: far), in: store)
            func hasten(_ subject: String = "object-1", at moment: Timestamp) async throws -> Bool {
                try await store.hasten(
                    subject,
                    of: Samples.source,
                    now: moment,
                    wall: moment,
                    pause: minute,
                    unlessAfter: ["timeout"]
                )
            }
            try check(try await !hasten("another", at: now), "nobody watches it")
            try check(try await hasten(at: now), "it is due now")
            try check(try await !hasten(at: now + .seconds(1)), "it is due as it is")
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: .poll(at: far)))
            try check(try await hasten(at: now + .seconds(2)), "sooner than the schedule says")
            try checkEqual(try unwrap(await store.watch(id)).stored.watch.nextPollAt, now + minute)
            try check(try await !hasten(at: now + .seconds(3)), "and no sooner")
            try checkEqual(try await store.pollNow(id, now: now), .done)
            let failed = Samples.poll(try await claimed(in: store), outcome: "timeout", next: .poll(at: far))
            _ = try await store.record(failed)
            try check(try await !hasten(at: now + .seconds(99)), "the pause after a failure stays")
            try checkEqual(try unwrap(await store.watch(id)).stored.watch.nextPollAt, far)
            try checkEqual(try await store.close(id, now: now), .done)
            try check(try await !hasten(at: now + .seconds(999)), "one that has ended is left alone")
        },
        Case("hastensByTheClockThatPollsAreDatedBy") { store, _ in
            // Since the gateway started, the wall clock has been set an hour ahead, or back.
            let minute = Duration.seconds(60)
            for (number, gap) in [Duration.seconds(-3600), .seconds(3600)].enumerated() {
                let now = Samples.now + gap
                let far = Samples.now + .seconds(7200)
                let id = try await registered(Samples.plan("\(number)", deadline: far + minute), in: store)
                _ = try await store.record(Samples.poll(try await claimed(in: store), next: .poll(at: far)))
                func hasten(after seconds: Int64, wall: Timestamp) async throws -> Bool {
                    try await store.hasten(
                        "\(number)",
                        of: Samples.source,
                        now: now + .seconds(seconds),
                        wall: wall,
                        pause: minute,
                        unlessAfter: []
                    )
                }
                try check(try await hasten(after: 2, wall: Samples.now - .seconds(9000)), "set back between the two")
                try checkEqual(
                    try unwrap(await store.watch(id)).stored.watch.nextPollAt,
                    now + .seconds(62),
                    "no later than a pause from now"
                )
                try check(try await hasten(after: 2, wall: Samples.now + .seconds(2)), "two seconds after the poll")
                try checkEqual(try unwrap(await store.watch(id)).stored.watch.nextPollAt, now + minute)
                try checkEqual(try await store.close(id, now: now), .done)
            }
        },
        Case("aSourceOnHoldWaitsForTheEarliestDeadline") { store, _ in
            for number in 1...40 {
                let deadline = Samples.now + .seconds(Int64(number * 7919 % 41 + 1))
                _ = try await registered(Samples.plan("\(number)", deadline: deadline), in: store)
            }
            let hold = PollRecord.Next.holdSource(reason: "the wallet is broken")
            _ = try await store.record(Samples.poll(try await claimed(in: store), next: hold))
            let idle = try await store.claimDueWatches(of: Samples.source, now: Samples.now, limit: 9)
            try checkEqual(idle, WatchBatch(nextDue: Samples.now + .seconds(2)))
            let late = try await store.claimDueWatches(of: Samples.source, now: Samples.now + .seconds(9), limit: 5)
            try checkEqual(late.watches.map { $0.watch.deadline - Samples.now }, (2...6).map { .seconds($0) })
            try checkEqual(late.nextDue, Samples.now + .seconds(7))
        },
    ]
}
