// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// How replays are steered, listed and ended.
extension EventStoreConformance {
    private static func list(_ store: any EventStore, _ query: ReplayQuery) async throws -> [ReplayID] {
        try await store.replays(query).map(\.id)
    }

    static let replayEndCases: [Case] = [
        Case("pausesResumesAndCancelsReplays") { store, _ in
            let now = Samples.now
            for number in 1...4 { _ = try await endedDelivery(store, number, .skipped) }
            let id = try await begun(store)
            try checkEqual(try await store.steer(id, to: .running, at: now), .refused(.running))
            try checkEqual(try await store.steer(id, to: .paused, at: now), .done)
            try checkEqual(try await store.advance(step(id)), nil, "a paused one makes nothing")
            try checkEqual(try await store.steer(id, to: .running, at: now), .done)
            try checkEqual(try await store.advance(step(id, limit: 3)), ReplayProgress(made: 3, left: 1))
            let held = try await store.claimDue(Samples.ledger, now: now, limit: 1).deliveries
            try checkEqual(try await store.steer(id, to: .cancelled, at: now), .done)
            try checkEqual(try await store.advance(step(id)), nil)
            for _ in 0..<2 {
                try checkEqual(try await store.cancelWaiting(of: id, now: now, limit: 1), [Samples.ledger: 1])
            }
            try checkEqual(try await store.cancelWaiting(of: id, now: now, limit: 1), [:])
            try checkEqual(try await store.settle(id, at: now), false, "one is being sent")
            try await store.record(Samples.record(held[0].id))
            try checkEqual(try await store.settle(id, at: now), true)
            let stored = try unwrap(await store.replay(id))
            try checkEqual(stored.state, .cancelled)
            try checkEqual(stored.finishedAt, now)
            try checkEqual(stored.counts, ReplayCounts(total: 4, made: 3, delivered: 1, cancelled: 2))
            for state in ReplayState.allCases {
                try checkEqual(try await store.steer(id, to: state, at: now), .refused(.cancelled))
            }
            try checkEqual(try await store.steer(ReplayID(number: 99), to: .paused, at: now), .unknown)
            let survey = try await store.survey(ReplaySelection(), for: [], sample: 0)
            try checkEqual(survey.total, 3, "what was taken back can be replayed by its old delivery")
        },
        Case("endsAReplayWithItsLastDelivery") { store, harness in
            let now = Samples.now
            _ = try await endedDelivery(store, 1, .dead)
            _ = try await endedDelivery(store, 2, .dead)
            let id = try await begun(store)
            try checkEqual(try await store.settle(id, at: now), false, "nothing is made yet")
            _ = try await store.advance(step(id))
            try checkEqual(try await store.settle(id, at: now), false, "two wait")
            let due = try await store.claimDue(Samples.ledger, now: now).deliveries
            try await store.record(Samples.record(due[0].id))
            try await store.record(Samples.record(due[1].id, outcome: .answered(status: 500), next: .dead))
            let end = now + .seconds(9)
            try checkEqual(try await store.settle(id, at: end), true)
            try checkEqual(try await store.settle(id, at: end), false, "it ends once")
            try checkEqual(try await store.replayCounts(), [.done: 1])
            // Somebody has the dead one retried: what is written of the replay stands.
            _ = try await store.retry(due[1].id, now: now)
            await store.close()
            let reopened = try await harness.open(Options())
            let stored = try await reopened.replay(id)
            let unfinished = try await reopened.replays(ReplayQuery(isUnfinished: true))
            let past = Timestamp(milliseconds: 0)
            let old = RetentionHorizon(events: end + .seconds(1), raw: past, quarantine: past, dedupe: past)
            _ = try await reopened.prune(old)
            let left = try await reopened.replays(ReplayQuery())
            await reopened.close()
            try checkEqual(stored?.state, .done)
            try checkEqual(stored?.finishedAt, end)
            try checkEqual(stored?.counts, ReplayCounts(total: 2, made: 2, delivered: 1, dead: 1))
            try checkEqual(unfinished, [])
            try checkEqual(left, [], "retention removes what has ended")
        },
        Case("listsReplaysByStateAndShops") { store, _ in
            _ = try await endedDelivery(store, 1, .dead)
            var ids: [ReplayID] = []
            for shops: Set<String>? in [nil, ["nordic"], ["nordic", "tashkent"]] {
                ids.append(try await begun(store, ReplaySelection(shops: shops)))
            }
            try checkEqual(try await list(store, ReplayQuery()), ids.reversed())
            try checkEqual(try await list(store, ReplayQuery(before: ids[2], limit: 1)), [ids[1]])
            try checkEqual(try await list(store, ReplayQuery(shops: ["nordic"])), [ids[1]])
            try checkEqual(try await list(store, ReplayQuery(shops: ["nordic", "tashkent"])), [ids[2], ids[1]])
            try checkEqual(try await list(store, ReplayQuery(shops: [])), [])
            _ = try await store.steer(ids[0], to: .paused, at: Samples.now)
            try checkEqual(try await list(store, ReplayQuery(state: .paused)), [ids[0]])
            try checkEqual(try await store.replayCounts(), [.running: 2, .paused: 1])
        },
        Case("boundsReplaysUnderWayAndMakesLongListsInBlocks") { store, _ in
            for number in 1...600 { _ = try await endedDelivery(store, number, .skipped) }
            let id = try await begun(store)
            var steps = 0
            while let progress = try await store.advance(step(id, limit: 500, maxWaiting: 1000)), progress.left > 0 {
                steps += 1
                try check(steps < 20, "it comes to its end")
            }
            try checkEqual(try unwrap(await store.replay(id)).counts, ReplayCounts(total: 600, made: 600, waiting: 600))
            let due = try await store.claimDue(Samples.ledger, now: Samples.now, limit: 1000).deliveries
            try checkEqual(due.map(\.eventID), (1...600).map(Samples.eventID), "each once, in order")
            _ = try await endedDelivery(store, 601, .skipped)
            var refused: ReplayBeginning?
            for _ in 0..<100 {
                refused = try await store.begin(replay(), for: [])
                guard case .begun = refused else { break }
            }
            guard case .tooManyUnderWay = refused else {
                throw ConformanceFailure(
                    description: "replays under way are bounded, not \(String(describing: refused))"
                )
            }
        },
    ]
}
