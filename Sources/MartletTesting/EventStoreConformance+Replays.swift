// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What a replay selects, and how it is made step by step.
extension EventStoreConformance {
    /// A delivery of an event of its own that has ended in this state, for `endpoint`.
    static func endedDelivery(
        _ store: any EventStore,
        _ number: Int,
        _ state: DeliveryState,
        _ endpoint: EndpointID = Samples.ledger,
        event: Event? = nil,
        body: [UInt8]? = nil
    ) async throws -> DeliveryID {
        var new = Samples.delivery(endpoint, state: state == .skipped ? .skipped : .inFlight)
        if state == .cancelled { new.state = .pending }
        new.body = body
        let capture = Samples.capture(event ?? Samples.event(number), deliveries: [new])
        guard case .stored(let ids) = try await store.capture(capture), let id = ids.first else {
            throw ConformanceFailure(description: "event \(number) was not stored")
        }
        switch state {
        case .cancelled: _ = try await store.cancel(id, now: Samples.now)
        case .dead:
            try await store.record(
                Samples.record(id, endpoint: endpoint, outcome: .answered(status: 500), next: .dead)
            )
        case .delivered: try await store.record(Samples.record(id, endpoint: endpoint))
        case .skipped, .pending, .inFlight: break
        }
        return id
    }

    static func replay(_ selection: ReplaySelection = ReplaySelection(), at now: Timestamp = Samples.now) -> NewReplay {
        NewReplay(selection: selection, ratePerSecond: 500, reason: "outage", createdBy: "ops", createdAt: now)
    }

    static func begun(
        _ store: any EventStore,
        _ selection: ReplaySelection = ReplaySelection(),
        for endpoints: [Endpoint] = []
    ) async throws -> ReplayID {
        let beginning = try await store.begin(replay(selection), for: endpoints)
        guard case .begun(let id) = beginning else { throw ConformanceFailure(description: "\(beginning)") }
        return id
    }

    static func step(
        _ id: ReplayID,
        _ endpoint: EndpointID = Samples.ledger,
        isOrdered: Bool = false,
        limit: Int = 100,
        maxWaiting: Int = 500,
        now: Timestamp = Samples.now,
        shops: Set<String> = ["*"],
        shape: EventShape? = nil
    ) -> ReplayStep {
        ReplayStep(
            replay: id,
            endpoint: endpoint,
            shops: shops,
            isOrdered: isOrdered,
            shape: shape,
            limit: limit,
            maxWaiting: maxWaiting,
            now: now,
            createdAt: now
        )
    }

    private static func total(_ store: any EventStore, _ selection: ReplaySelection) async throws -> Int {
        try await store.survey(selection, for: [], sample: 0).total
    }

    private static let backup = EndpointID("backup")

    static let replayCases: [Case] = [
        Case("surveysWhatAReplayWouldMake") { store, _ in
            let states: [DeliveryState] = [.dead, .skipped, .cancelled, .delivered, .pending, .inFlight]
            var ids: [DeliveryState: DeliveryID] = [:]
            for (number, state) in states.enumerated() {
                ids[state] = try await endedDelivery(store, number + 1, state)
            }
            _ = try await endedDelivery(store, 10, .dead, backup, event: Samples.event(10, shop: "tashkent"))
            let survey = try await store.survey(ReplaySelection(), for: [], sample: 2)
            try checkEqual(survey.counts, [Samples.ledger: 2, backup: 1], "dead and skipped ones by default")
            try checkEqual(survey.sample.map(\.id), [ids[.dead], ids[.skipped]].compactMap { $0 }, "the oldest first")
            try checkEqual(try await total(store, ReplaySelection(states: [.cancelled])), 1)
            try checkEqual(try await total(store, ReplaySelection(states: ReplaySelection.allStates)), 5)
            try checkEqual(
                try await total(store, ReplaySelection(states: [.pending])),
                0,
                "what waits is not made again"
            )
            try checkEqual(try await total(store, ReplaySelection(endpoint: backup)), 1)
            try checkEqual(try await total(store, ReplaySelection(shop: "tashkent")), 1)
            try checkEqual(try await total(store, ReplaySelection(shops: ["nordic"])), 2)
            try checkEqual(try await total(store, ReplaySelection(shops: [])), 0)
            try checkEqual(try await total(store, ReplaySelection(order: "NO-1")), 1)
            try checkEqual(try await total(store, ReplaySelection(provider: "cryptomus")), 3)
            try checkEqual(try await total(store, ReplaySelection(source: "cryptomus/main")), 3)
            try checkEqual(try await total(store, ReplaySelection(source: "main")), 3)
            try checkEqual(try await total(store, ReplaySelection(source: "other")), 0)
            try checkEqual(try await total(store, ReplaySelection(type: "payment.pending")), 3)
            try checkEqual(try await total(store, ReplaySelection(since: Samples.now)), 3)
            try checkEqual(try await total(store, ReplaySelection(until: Samples.now)), 0)
            let delivered = ReplaySelection(event: Samples.eventID(4))
            try checkEqual(try await total(store, delivered), 1, "it was asked for by name")
            try checkEqual(try await total(store, ReplaySelection(event: Samples.eventID(5))), 0, "it is on its way")
            try checkEqual(
                try await total(store, ReplaySelection(event: Samples.eventID(4), targets: [backup, Samples.ledger])),
                2,
                "what it never had goes to a named endpoint"
            )
            try checkEqual(try await store.begin(replay(ReplaySelection(shop: "x")), for: []), .nothing)
            try checkEqual(try await store.replays(ReplayQuery()), [], "nothing was written")
        },
        Case("makesDeliveriesAgainStepByStep") { store, harness in
            var old: [DeliveryID] = []
            for number in 1...5 {
                old.append(try await endedDelivery(store, number, .dead, body: number == 2 ? Array("{}".utf8) : nil))
            }
            let id = try await begun(store)
            _ = try await endedDelivery(store, 6, .dead)
            let now = Samples.now + .seconds(60)
            try checkEqual(
                try await store.advance(step(id, limit: 3, now: now)),
                ReplayProgress(made: 3, left: 2)
            )
            try checkEqual(
                try await store.advance(step(id, maxWaiting: 3, now: now)),
                ReplayProgress(left: 2),
                "no more while so many wait"
            )
            try checkEqual(try await store.advance(step(id, backup)), nil, "nothing is for that endpoint")
            let replays = try await store.replays(ReplayQuery(isUnfinished: true))
            let counts = ReplayCounts(total: 5, made: 3, waiting: 3)
            try checkEqual(replays.map(\.counts), [counts], "what came later is not part of it")
            await store.close()
            let reopened = try await harness.open(Options())
            try checkEqual(try await reopened.advance(step(id, now: now)), ReplayProgress(made: 2, left: 0))
            try checkEqual(try await reopened.advance(step(id, now: now)), ReplayProgress(left: 0))
            let due = try await reopened.claimDue(Samples.ledger, now: now)
            try checkEqual(due.deliveries.map(\.eventID), (1...5).map(Samples.eventID), "oldest event first")
            try checkEqual(due.deliveries.map(\.attempts), [0, 0, 0, 0, 0], "with a schedule of their own")
            try checkEqual(
                due.deliveries.map(\.isShaped),
                [false, true, false, false, false],
                "in the old one's shape"
            )
            let rows = try await reopened.deliveries(DeliveryQuery(replay: id)).reversed().map { $0 }
            try checkEqual(rows.map(\.replayOf), old.map(Optional.some), "each is linked to the old one")
            try checkEqual(rows.map(\.replay), Array(repeating: id, count: 5))
            let gauge = try await reopened.statistics(now: now).deliveries
            await reopened.close()
            try checkEqual((gauge[.pending] ?? 0) + (gauge[.inFlight] ?? 0), 5)
            try checkEqual(gauge[.dead], 6)
        },
        Case("leavesOutWhatHasBeenMendedMeanwhileAndWhatIsGone") { store, _ in
            for number in 1...4 {
                let received = number == 4 ? Samples.now - .seconds(86_400) : Samples.now
                _ = try await endedDelivery(
                    store,
                    number,
                    .dead,
                    event: Samples.event(number, receivedAt: received)
                )
            }
            let id = try await begun(store)
            _ = try await store.retry(DeliveryID(number: 1), now: Samples.now)
            let horizon = Samples.now - .seconds(3600)
            let past = Timestamp(milliseconds: 0)
            _ = try await store.prune(RetentionHorizon(events: horizon, raw: past, quarantine: past, dedupe: past))
            let progress = try await store.advance(step(id))
            try checkEqual(progress, ReplayProgress(made: 2, gone: 1, unneeded: 1, left: 0))
            let again = try await store.survey(ReplaySelection(), for: [], sample: 0)
            try checkEqual(again.total, 0, "what is on its way is not found again")
        },
        Case("replaysTheNewestDeliveryOfAnEventOnce") { store, _ in
            _ = try await endedDelivery(store, 1, .dead)
            let first = try await begun(store)
            _ = try await store.advance(step(first))
            let made = try unwrap(await store.claimDue(Samples.ledger, now: Samples.now).deliveries.first)
            try await store.record(Samples.record(made.id, outcome: .answered(status: 500), next: .dead))
            let second = try await begun(store)
            try checkEqual(try await store.replay(second)?.counts.total, 1, "of two dead ones the newest")
            _ = try await store.advance(step(second))
            let row = try unwrap(await store.deliveries(DeliveryQuery(replay: second)).first)
            try checkEqual(row.replayOf, made.id)
            _ = try await store.claimDue(Samples.ledger, now: Samples.now)
            try await store.record(Samples.record(row.id))
            try checkEqual(try await store.survey(ReplaySelection(), for: [], sample: 0).total, 0, "it has arrived")
            let asked = ReplaySelection(states: [.delivered])
            try checkEqual(try await store.survey(asked, for: [], sample: 0).total, 1, "unless that is asked for")
        },
        Case("replaysToOtherEndpointsOnceForEachEvent") { store, _ in
            let event = Samples.event(1)
            let deliveries = [Samples.delivery(state: .skipped), Samples.delivery(EndpointID("x"), state: .skipped)]
            _ = try await store.capture(Samples.capture(event, deliveries: deliveries))
            _ = try await endedDelivery(store, 2, .dead, body: Array("{}".utf8))
            let selection = ReplaySelection(targets: [backup, EndpointID("third")])
            try checkEqual(
                try await store.survey(selection, for: [], sample: 0).counts,
                [backup: 2, EndpointID("third"): 2]
            )
            let id = try await begun(store, selection)
            try checkEqual(try await store.replay(id)?.replay.selection, selection, "it is kept as it was")
            _ = try await store.advance(step(id, backup))
            let due = try await store.claimDue(backup, now: Samples.now).deliveries
            try checkEqual(due.map(\.eventID), [Samples.eventID(1), Samples.eventID(2)])
            try checkEqual(due.map(\.isShaped), [false, false], "another endpoint's shape is not taken over")
            try checkEqual(try await store.survey(selection, for: [], sample: 0).counts, [EndpointID("third"): 2])
        },
        Case("keepsTheOrderOfAPayment") { store, _ in
            for number in 1...3 {
                _ = try await endedDelivery(
                    store,
                    number,
                    .dead,
                    event: Samples.event(number, objectKey: "order:a:b")
                )
            }
            let lane = "\(Samples.source)/order:a:b"
            let event = Samples.event(4, objectKey: "order:a:b")
            let next = NewDelivery(endpoint: Samples.ledger, state: .pending, dueAt: Samples.now, lane: lane)
            _ = try await store.capture(Samples.capture(event, deliveries: [next]))
            let id = try await begun(store)
            _ = try await store.advance(step(id, isOrdered: true))
            // The newest was there before and is due; then the replayed ones in the order of their events.
            for number in [4, 1, 2, 3] {
                let due = try await store.claimDue(Samples.ledger, now: Samples.now).deliveries
                try checkEqual(due.map(\.eventID), [Samples.eventID(number)])
                try checkEqual(due.map(\.lane), [lane])
                try await store.record(Samples.record(due[0].id, lane: lane))
            }
        },
    ]
}
