// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// What is left of an event whose personal data was removed, and the trace that an event belongs to.
extension EventStoreConformance {
    private static let note = Expungement(by: "ops", reason: "asked by the payer", at: Samples.now)

    private static func personal(_ number: Int = 1) -> Event {
        var event = Samples.event(number)
        event.addressFrom = "payer-address"
        event.txid = "payer-transaction"
        return event
    }

    private static func expunge(
        _ store: any EventStore,
        _ number: Int = 1,
        cancellingPending: Bool = false
    ) async throws -> ExpungeOutcome {
        try await store.expunge(
            Samples.eventID(number),
            note,
            cancellingPending: cancellingPending,
            now: Samples.now
        )
    }

    static let expungingCases: [Case] = [
        Case("expungesToASkeleton") { store, harness in
            let event = personal()
            let deliveries = [
                Samples.delivery(state: .inFlight), Samples.delivery(EndpointID("other"), state: .skipped),
            ]
            guard case .stored(let ids) = try await store.capture(Samples.capture(event, deliveries: deliveries)) else {
                throw ConformanceFailure(description: "the event is new")
            }
            try await store.record(Samples.record(ids[0]))
            guard case .expunged(1, [], _) = try await expunge(store) else {
                throw ConformanceFailure(description: "the skipped delivery ends by it, and no lane has to be told")
            }
            await store.close()
            let reopened = try await harness.open(Options())
            let left = try unwrap(await reopened.event(event.id))
            let deliverable = try await reopened.offerSkipped(
                of: EndpointID("other"),
                shops: ["*"],
                after: nil,
                now: Samples.now,
                limit: 9
            )
            .offered
            let attempts = try unwrap(await reopened.delivery(ids[0])).attempts
            let again = try await expunge(reopened)
            let retried = try await reopened.retry(ids[1], now: Samples.now)
            let duplicate = try await reopened.capture(Samples.capture(event))
            await reopened.close()
            try checkEqual(left.event.expungement, note)
            try checkEqual(left.raw, nil)
            try checkEqual(left.event.envelope, EventEnvelope.withoutPersonalData(EventEnvelope.render(event)))
            try checkEqual(left.event.merchantOrderID, event.merchantOrderID)
            try checkEqual(left.deliveries.map(\.state), [.delivered, .cancelled])
            try checkEqual(attempts.map(\.result.body), [[]], "what a subscriber answered is gone")
            try check(attempts.allSatisfy { $0.result.headers.isEmpty }, "so are its headers")
            try checkEqual(attempts.map(\.result.outcome), [.answered(status: 200)])
            try checkEqual(deliverable, 0, "what is expunged is not offered")
            try checkEqual(again, .already(note))
            try checkEqual(retried, .expunged)
            try checkEqual(duplicate, .duplicate, "the change stays known")
        },
        Case("expungesNothingThatIsStillToBeDelivered") { store, _ in
            let ids = try await stored(store, 1, [Samples.delivery(), Samples.delivery(EndpointID("other"))])
            try checkEqual(try await expunge(store), .pending(2))
            let claimed = try await store.claimDue(Samples.ledger, now: Samples.now)
            try checkEqual(claimed.deliveries.map(\.id), [ids[0]])
            try checkEqual(try await expunge(store, cancellingPending: true), .inFlight(1))
            try check(try unwrap(await store.event(Samples.eventID(1))).raw != nil, "nothing has changed")
            try await store.record(Samples.record(ids[0], outcome: .answered(status: 500), next: .dead))
            try checkEqual(try await expunge(store), .pending(1))
            guard case .expunged(1, [EndpointID("other")], _) = try await expunge(store, cancellingPending: true) else {
                throw ConformanceFailure(description: "what waited is cancelled by it")
            }
            let states = try unwrap(await store.event(Samples.eventID(1))).deliveries.map(\.state)
            try checkEqual(states, [.dead, .cancelled])
            let counts = try await store.statistics(now: Samples.now).deliveries.filter { $0.value != 0 }
            try checkEqual(counts, [.dead: 1, .cancelled: 1])
            try checkEqual(try await expunge(store, 4711), .unknown)
        },
        Case("expungingLetsTheNextOfALaneGo") { store, _ in
            func inLane(_ number: Int) async throws -> DeliveryID {
                let delivery = NewDelivery(
                    endpoint: Samples.ledger,
                    state: .pending,
                    dueAt: Samples.now,
                    lane: "payment",
                    body: Array("shaped".utf8)
                )
                return try await stored(store, number, [delivery])[0]
            }
            _ = try await inLane(1)
            let second = try await inLane(2)
            guard case .expunged(1, [Samples.ledger], _) = try await expunge(store, cancellingPending: true) else {
                throw ConformanceFailure(description: "its lane must be told")
            }
            let claimed = try await store.claimDue(Samples.ledger, now: Samples.now)
            try checkEqual(claimed.deliveries.map(\.id), [second])
        },
        Case("keepsTheTraceOfACallback") { store, harness in
            let trace = try unwrap(
                TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
            )
            for (number, trace) in [(1, trace), (2, nil)] {
                let plain = Samples.capture(Samples.event(number), deliveries: [Samples.delivery()])
                let capture = Capture(
                    event: plain.event,
                    envelope: plain.envelope,
                    raw: plain.raw,
                    deliveries: plain.deliveries,
                    trace: trace
                )
                _ = try await store.capture(capture)
            }
            await store.close()
            let reopened = try await harness.open(Options())
            let claimed = try await reopened.claimDue(Samples.ledger, now: Samples.now).deliveries
            let listed = try await reopened.events(EventQuery())
            let shown = try unwrap(await reopened.event(Samples.eventID(1))).event
            await reopened.close()
            try checkEqual(claimed.map(\.trace), [trace, nil])
            try checkEqual(listed.map(\.trace), [nil, trace])
            try checkEqual(shown.trace, trace)
        },
    ]
}
