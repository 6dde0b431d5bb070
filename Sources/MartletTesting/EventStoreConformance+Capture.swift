// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

extension EventStoreConformance {
    static let captureCases: [Case] = [
        Case("storesEventRawAndDeliveriesTogether") { store, _ in
            let event = Samples.event(7, flags: [.test])
            let capture = Samples.capture(
                event,
                deliveries: ["a", "b", "c", "d", "e"].map { Samples.delivery(EndpointID($0), state: .inFlight) }
            )
            guard case .stored(let ids) = try await store.capture(capture) else {
                throw ConformanceFailure(description: "a new event is stored")
            }
            try checkEqual(Set(ids).count, 5, "every delivery has its own id")
            let detail = try unwrap(await store.event(event.id))
            try checkEqual(detail.event.envelope, capture.envelope, "the envelope is kept byte for byte")
            try checkEqual(detail.raw, capture.raw, "the raw callback is kept byte for byte")
            try checkEqual(detail.event.type, event.type.rawValue)
            try checkEqual(detail.event.source, event.source)
            try checkEqual(detail.event.shop, event.shop)
            try checkEqual(detail.event.merchantOrderID, event.merchantOrderID)
            try checkEqual(detail.event.providerObjectID, event.providerObjectID)
            try checkEqual(detail.event.providerStatus, event.providerStatus)
            try checkEqual(detail.event.flags, ["test"])
            try checkEqual(detail.event.receivedAt, event.receivedAt)
            try checkEqual(detail.deliveries.map(\.id), ids, "deliveries come in the order of the capture")
            try checkEqual(detail.deliveries.map(\.endpoint.rawValue), ["a", "b", "c", "d", "e"])
            try check(detail.deliveries.allSatisfy { $0.state == .inFlight && $0.dueAt == nil }, "in flight is not due")
            try check(detail.deliveries.allSatisfy { $0.attempts == 0 && $0.lastOutcome == nil }, "nothing was tried")
            try check(detail.deliveries.allSatisfy { $0.eventID == event.id }, "a delivery names its event")
        },
        Case("keepsAbsentMembersAbsent") { store, _ in
            var event = Samples.event(status: nil)
            event.merchantOrderID = nil
            event.providerObjectID = nil
            try checkEqual(try await store.capture(Samples.capture(event)), .stored([]))
            let stored = try unwrap(await store.event(event.id)).event
            try check(stored.merchantOrderID == nil && stored.providerObjectID == nil, "nil stays nil")
            try check(stored.providerStatus == nil && stored.flags.isEmpty, "nil stays nil")
        },
        Case("takesTheSameChangeOnce") { store, harness in
            let capture = Samples.capture(deliveries: [Samples.delivery()])
            _ = try await store.capture(capture)
            try checkEqual(try await store.capture(capture), .duplicate)
            await store.close()
            let reopened = try await harness.open(Options())
            let again = try await reopened.capture(capture)
            let deliveries = try await reopened.deliveries(DeliveryQuery())
            let events = try await reopened.events(EventQuery())
            await reopened.close()
            try checkEqual(again, .duplicate, "a duplicate is known after a restart")
            try checkEqual(deliveries.count, 1, "a duplicate makes no delivery")
            try checkEqual(events.count, 1, "a duplicate makes no event")
        },
        Case("withholdsNewsAfterTheFinalEvent") { store, _ in
            let deliveries = [Samples.delivery()]
            let final = Samples.event(1, type: .paymentPaid, finality: .final, status: "paid", objectKey: "o")
            let late = Samples.event(2, status: "check", objectKey: "o", flags: [.test])
            let refund = Samples.event(3, type: .paymentRefunded, finality: .final, status: "refund", objectKey: "o")
            _ = try await store.capture(Samples.capture(final, deliveries: deliveries))
            let outcome = try await store.capture(Samples.capture(late, deliveries: deliveries))
            try checkEqual(outcome, .withheld([.outOfOrder]))
            let kept = try unwrap(await store.event(late.id))
            try check(kept.deliveries.isEmpty, "a withheld event has no deliveries")
            try checkEqual(kept.event.flags, ["test", "out_of_order"])
            var flagged = late
            flagged.flags.append(.outOfOrder)
            try checkEqual(kept.event.envelope, EventEnvelope.render(flagged), "the envelope says why")
            guard case .stored(let ids) = try await store.capture(Samples.capture(refund, deliveries: deliveries))
            else { throw ConformanceFailure(description: "a refund may follow a final event") }
            try checkEqual(ids.count, 1)
        },
        Case("withholdsNewsOlderThanWhatIsKnown") { store, _ in
            let now = Samples.now
            let newer = Samples.event(1, objectKey: "o", occurredAt: now)
            let older = Samples.event(2, objectKey: "o", occurredAt: now + .milliseconds(-1))
            let other = Samples.event(
                3,
                source: SourceID(provider: "cryptomus", id: "second"),
                objectKey: "o",
                occurredAt: now + .seconds(-9)
            )
            _ = try await store.capture(Samples.capture(newer))
            try checkEqual(try await store.capture(Samples.capture(older)), .withheld([.outOfOrder]))
            try checkEqual(
                try await store.capture(Samples.capture(other)),
                .stored([]),
                "an object belongs to its source"
            )
        },
        Case("knowsWhatPollingLearnedBefore") { store, _ in
            let polled = Samples.event(1, status: "paid", objectKey: "o", method: "polled")
            let notified = Samples.event(2, status: "paid", objectKey: "o")
            let next = Samples.event(3, status: "paid", objectKey: "o")
            _ = try await store.capture(Samples.capture(polled))
            try checkEqual(try await store.capture(Samples.capture(notified)), .withheld([.alreadyKnown]))
            try checkEqual(try await store.capture(Samples.capture(next)), .stored([]), "the note is used up")
        },
        Case("waitsNoLongerForANotificationThatSaidTheSame") { store, _ in
            let polled = Samples.event(1, status: "partial", objectKey: "o", method: "polled")
            let same = Samples.event(1, status: "partial", objectKey: "o")
            let second = Samples.event(2, status: "partial", objectKey: "o")
            _ = try await store.capture(Samples.capture(polled))
            try checkEqual(try await store.capture(Samples.capture(same)), .duplicate)
            try checkEqual(try await store.capture(Samples.capture(second)), .stored([]), "a second instalment is news")
        },
        Case("remembersHistoryAcrossRestarts") { store, harness in
            let final = Samples.event(1, finality: .final, objectKey: "o", occurredAt: Samples.now)
            _ = try await store.capture(Samples.capture(final))
            await store.close()
            let reopened = try await harness.open(Options())
            let outcome = try await reopened.capture(Samples.capture(Samples.event(2, objectKey: "o")))
            await reopened.close()
            try checkEqual(outcome, .withheld([.outOfOrder]))
        },
    ]

    static let concurrencyCases: [Case] = [
        Case("commitsConcurrentCapturesOnceEach") { store, harness in
            let stored = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<40 {
                    group.addTask {
                        var stored = 0
                        for step in 0..<50 {
                            // Tasks 0 and 1, 2 and 3, … bring the same events.
                            let event = Samples.event((task / 2) * 50 + step)
                            let deliveries = [Samples.delivery(state: .inFlight), Samples.delivery()]
                            let outcome = try await store.capture(Samples.capture(event, deliveries: deliveries))
                            if outcome != .duplicate { stored += 1 }
                        }
                        return stored
                    }
                }
                return try await group.reduce(0, +)
            }
            try checkEqual(stored, 1000, "each change is stored once")
            await store.close()
            let reopened = try await harness.open(Options())
            let events = try await reopened.events(EventQuery(limit: 5000))
            let deliveries = try await reopened.deliveries(DeliveryQuery(limit: 5000))
            let counts = try await reopened.statistics(now: Samples.now).deliveries
            await reopened.close()
            try checkEqual(Set(events.map(\.id)).count, 1000)
            try checkEqual(events.count, 1000)
            try checkEqual(deliveries.count, 2000)
            try checkEqual(counts[.pending], 2000)
        },
        Case("answersOverloadedAtOnce", options: Options(maxWaitingWrites: 4)) { store, _ in
            let outcomes = await withTaskGroup(of: StoreError?.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        do throws(StoreError) {
                            _ = try await store.capture(Samples.capture(Samples.event(number)))
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            try check(outcomes.contains(.overloaded), "2000 writes at once do not fit a queue of 4")
            try check(outcomes.allSatisfy { $0 == nil || $0 == .overloaded }, "nothing else goes wrong")
            let stored = try await store.events(EventQuery(limit: 5000)).count
            try checkEqual(stored, outcomes.count { $0 == nil }, "what was refused is not stored")
        },
        Case("answersClosedAfterClose") { store, _ in
            async let last = store.capture(Samples.capture())
            _ = try await last
            await store.close()
            await store.close()
            for attempt in 0..<2 {
                do throws(StoreError) {
                    if attempt == 0 {
                        _ = try await store.capture(Samples.capture(Samples.event(2)))
                    } else {
                        _ = try await store.events(EventQuery())
                    }
                    throw StoreError.failed(code: 0, operation: "close", message: "a closed store answered")
                } catch {
                    try checkEqual(error, .closed)
                }
            }
        },
    ]
}
