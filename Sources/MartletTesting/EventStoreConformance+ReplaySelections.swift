// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What a replay leaves out, and what it finds that was never made, by the endpoints as they are now.
extension EventStoreConformance {
    private static func endpoint(
        _ id: EndpointID = Samples.ledger,
        shops: Set<String> = ["*"],
        events: [String] = ["*"],
        filter: EventFilter? = nil
    ) -> Endpoint {
        Endpoint(
            id: id,
            url: "https://\(id).test/hooks",
            shops: shops,
            events: events.compactMap { EventPattern($0) },
            secrets: [],
            filter: filter
        )
    }

    private static func missing(_ endpoint: EndpointID, since: Timestamp = Samples.now) -> ReplaySelection {
        ReplaySelection(states: [], includesMissing: true, endpoint: endpoint, since: since)
    }

    private static func survey(
        _ store: any EventStore,
        _ selection: ReplaySelection,
        _ endpoint: Endpoint
    ) async throws -> ReplaySurvey.Part {
        try await store.survey(selection, for: [endpoint], sample: 0).parts[endpoint.id] ?? ReplaySurvey.Part()
    }

    static let replaySelectionCases: [Case] = [
        Case("leavesOutEventsOfAShopThatTheEndpointNoLongerGets") { store, _ in
            for (number, shop) in ["nordic", "tashkent", "nordic"].enumerated() {
                _ = try await endedDelivery(store, number + 1, .dead, event: Samples.event(number + 1, shop: shop))
            }
            let nordic = endpoint(shops: ["nordic"])
            let part = ReplaySurvey.Part(total: 2, otherShop: 1)
            try checkEqual(try await survey(store, ReplaySelection(), nordic), part)
            try checkEqual(
                try await survey(store, ReplaySelection(event: Samples.eventID(2)), nordic),
                ReplaySurvey.Part(otherShop: 1)
            )
            try checkEqual(try await survey(store, ReplaySelection(targets: [Samples.ledger]), nordic), part)
            let other = ReplaySelection(shop: "tashkent")
            try checkEqual(try await store.begin(replay(other), for: [nordic]), .nothing)
            let id = try await begun(store, for: [nordic])
            try checkEqual(try unwrap(await store.replay(id)).counts.total, 2)

            // It gets fewer shops' events while the replay is under way.
            try checkEqual(
                try await store.advance(step(id, limit: 1, shops: ["nordic"])),
                ReplayProgress(made: 1, left: 1)
            )
            try checkEqual(
                try await store.advance(step(id, shops: ["tashkent"])),
                ReplayProgress(otherShop: 1, left: 0)
            )
            let due = try await store.claimDue(Samples.ledger, now: Samples.now).deliveries
            try checkEqual(due.map(\.eventID), [Samples.eventID(1)])
            try await store.record(Samples.record(due[0].id))
            try checkEqual(try await store.settle(id, at: Samples.now), true)
            let counts = try unwrap(await store.replay(id)).counts
            try checkEqual(counts, ReplayCounts(total: 2, made: 1, otherShop: 1, delivered: 1))
            try checkEqual(counts.left, 0)
        },
        Case("countsEventsWhoseRawCallbackIsGone") { store, _ in
            for number in 1...3 {
                let event = Samples.event(number, receivedAt: Samples.now + .seconds(number))
                _ = try await endedDelivery(store, number, .dead, event: event)
            }
            let past = Timestamp(milliseconds: 0)
            let raw = Samples.now + .seconds(3)
            _ = try await store.prune(RetentionHorizon(events: past, raw: raw, quarantine: past, dedupe: past))
            var ledger = endpoint()
            try checkEqual(try await survey(store, ReplaySelection(), ledger), ReplaySurvey.Part(total: 3))
            ledger.includeRaw = true
            try checkEqual(
                try await survey(store, ReplaySelection(), ledger),
                ReplaySurvey.Part(total: 3, withoutRaw: 2)
            )
            let backup = EndpointID("backup")
            var late = endpoint(backup)
            late.includeRaw = true
            try checkEqual(
                try await survey(store, missing(backup), late),
                ReplaySurvey.Part(total: 3, missing: 3, withoutRaw: 2)
            )
        },
        Case("findsWhatAnEndpointNeverHad") { store, _ in
            let backup = EndpointID("backup")
            _ = try await endedDelivery(store, 1, .delivered, backup)
            _ = try await endedDelivery(store, 2, .dead, backup)
            _ = try await endedDelivery(store, 3, .delivered)
            _ = try await store.capture(Samples.capture(Samples.event(4, type: .paymentPaid)))
            _ = try await store.capture(Samples.capture(Samples.event(5, shop: "tashkent")))
            _ = try await store.capture(Samples.capture(Samples.event(6, flags: [.alreadyKnown])))
            let old = Samples.event(7, receivedAt: Samples.now - .seconds(1))
            _ = try await store.capture(Samples.capture(old))
            let news = Samples.event(8, type: .watchOverdue, source: .gateway)
            _ = try await store.capture(Samples.capture(news))

            func events(_ endpoint: Endpoint, _ selection: ReplaySelection) async throws -> [EventID] {
                try await store.survey(selection, for: [endpoint], sample: 20).missingSample.map(\.id)
            }
            let all = missing(backup)
            let ids = { (numbers: [Int]) in numbers.map(Samples.eventID) }
            try checkEqual(
                try await events(endpoint(backup), all),
                ids([3, 4, 5]),
                "neither withheld nor news nor old"
            )
            try checkEqual(try await events(endpoint(backup, shops: ["nordic"]), all), ids([3, 4]))
            try checkEqual(try await events(endpoint(backup, events: ["payment.paid"]), all), ids([4]))
            try checkEqual(try await events(endpoint(backup, events: ["watch.overdue"]), all), ids([8]))
            let member = try unwrap(EventMember.named("merchant_order_id"))
            let filter = EventFilter.condition(member, .equals(.text("NO-5")))
            try checkEqual(try await events(endpoint(backup, filter: filter), all), ids([5]), "its filter holds")
            try checkEqual(try await events(endpoint(backup, filter: .not(filter)), all), ids([3, 4]))
            var some = all
            some.shops = ["tashkent"]
            try checkEqual(try await events(endpoint(backup), some), ids([5]), "a key's shops hold")
            try checkEqual(try await events(endpoint(), all), [], "of an endpoint that there is not nothing is known")

            var both = all
            both.states = [.dead]
            let part = ReplaySurvey.Part(total: 4, missing: 3)
            try checkEqual(try await survey(store, both, endpoint(backup)), part)
            let id = try await begun(store, both, for: [endpoint(backup)])
            try checkEqual(try unwrap(await store.replay(id)).replay.selection, both)
            try checkEqual(try await store.advance(step(id, backup)), ReplayProgress(made: 4, left: 0))
            let due = try await store.claimDue(backup, now: Samples.now).deliveries
            try checkEqual(due.map(\.eventID), ids([2, 3, 4, 5]), "oldest event first, whatever it was")
            let rows = try await store.deliveries(DeliveryQuery(replay: id)).reversed().map { $0 }
            try checkEqual(rows.map { $0.replayOf != nil }, [true, false, false, false])
            try checkEqual(try await survey(store, both, endpoint(backup)).total, 0, "it is on its way")
        },
        Case("givesWhatAnEndpointNeverHadTheShapeThatItHasNow") { store, _ in
            let backup = EndpointID("backup")
            _ = try await endedDelivery(store, 1, .dead, backup)
            _ = try await endedDelivery(store, 2, .dead)
            let member = try unwrap(EventMember.named("merchant_order_id"))
            let shape = EventShape(fields: [.init("order", .pick(member))])
            var selection = missing(backup)
            selection.states = [.dead]
            let id = try await begun(store, selection, for: [endpoint(backup)])
            _ = try await store.advance(step(id, backup, shape: shape))
            let due = try await store.claimDue(backup, now: Samples.now).deliveries
            try checkEqual(
                due.map(\.isShaped),
                [false, true],
                "what it was sent under the event's id stays what it was"
            )
            try checkEqual(due.last?.envelope, Array(#"{"order":"NO-2"}"#.utf8))
        },
    ]
}
