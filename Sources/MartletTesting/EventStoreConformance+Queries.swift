// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    /// Twelve events: shops, sources, types and times vary by number.
    private static func fill(_ store: any EventStore) async throws {
        for number in 0..<12 {
            let event = Samples.event(
                number,
                type: number % 3 == 0 ? .paymentPaid : .paymentPending,
                source: SourceID(
                    provider: number % 2 == 0 ? "cryptomus" : "spectrocoin",
                    id: number < 6 ? "main" : "eu"
                ),
                shop: number < 4 ? "nordic" : "tashkent",
                order: "order-\(number / 2)",
                object: "object-\(number / 3)",
                receivedAt: Samples.now + .seconds(number)
            )
            _ = try await store.capture(Samples.capture(event))
        }
    }

    private static func checkEvents(
        _ store: any EventStore,
        _ query: EventQuery,
        _ expected: [Int],
        line: UInt = #line
    ) async throws {
        let found = try await store.events(query).map(\.id)
        try checkEqual(found, expected.map(Samples.eventID), "\(query)", line: line)
    }

    static let queryCases: [Case] = [
        Case("findsEventsByEveryFilter") { store, _ in
            try await fill(store)
            let now = Samples.now
            try await checkEvents(store, EventQuery(), Array((0..<12).reversed()))
            try await checkEvents(store, EventQuery(shop: "nordic"), [3, 2, 1, 0])
            try await checkEvents(store, EventQuery(provider: "spectrocoin"), [11, 9, 7, 5, 3, 1])
            try await checkEvents(store, EventQuery(source: "eu"), [11, 10, 9, 8, 7, 6])
            try await checkEvents(store, EventQuery(source: "cryptomus/eu"), [10, 8, 6])
            try await checkEvents(store, EventQuery(provider: "cryptomus", source: "main"), [4, 2, 0])
            try await checkEvents(store, EventQuery(type: "payment.paid"), [9, 6, 3, 0])
            try await checkEvents(store, EventQuery(order: "order-2"), [5, 4])
            try await checkEvents(store, EventQuery(object: "object-3"), [11, 10, 9])
            try await checkEvents(store, EventQuery(since: now + .seconds(9)), [11, 10, 9])
            try await checkEvents(store, EventQuery(until: now + .seconds(2)), [1, 0])
            try await checkEvents(store, EventQuery(since: now + .seconds(3), until: now + .seconds(5)), [4, 3])
            try await checkEvents(store, EventQuery(shop: "tashkent", type: "payment.paid", limit: 1), [9])
            try await checkEvents(store, EventQuery(order: "order-1", object: "object-1"), [3])
            try await checkEvents(store, EventQuery(shop: "nowhere' OR 1=1 --"), [])
            try await checkEvents(store, EventQuery(limit: 0), [])
            try check(try await store.event(Samples.eventID(99)) == nil, "an unknown id finds nothing")
        },
        Case("pagesEventsWithoutSkipOrRepeat") { store, _ in
            try await fill(store)
            var pages: [[EventID]] = []
            var cursor: Int64?
            while true {
                let page = try await store.events(EventQuery(before: cursor, limit: 5))
                if page.isEmpty { break }
                pages.append(page.map(\.id))
                cursor = page.last?.sequence
                // News that comes between two pages belongs before them.
                _ = try await store.capture(Samples.capture(Samples.event(100 + pages.count)))
            }
            try checkEqual(pages.map(\.count), [5, 5, 2])
            try checkEqual(pages.flatMap { $0 }, (0..<12).reversed().map(Samples.eventID))
        },
        Case("findsDeliveriesByEveryFilter") { store, _ in
            let now = Samples.now
            var ids: [DeliveryID] = []
            for (number, state) in DeliveryState.allCases.enumerated() {
                let event = Samples.event(number, receivedAt: now + .seconds(number))
                let deliveries = ["a", "b"].map { Samples.delivery(EndpointID($0), state: state) }
                if case .stored(let new) = try await store.capture(Samples.capture(event, deliveries: deliveries)) {
                    ids += new
                }
            }
            func find(_ query: DeliveryQuery) async throws -> [DeliveryID] {
                try await store.deliveries(query).map(\.id)
            }
            try checkEqual(try await find(DeliveryQuery()), ids.reversed())
            for (number, state) in DeliveryState.allCases.enumerated() {
                let both = [ids[2 * number + 1], ids[2 * number]]
                try checkEqual(try await find(DeliveryQuery(state: state)), both, "\(state)")
                try checkEqual(try await find(DeliveryQuery(event: Samples.eventID(number))), both)
                try checkEqual(try await find(DeliveryQuery(state: state, endpoint: EndpointID("a"))), [both[1]])
            }
            try checkEqual(try await find(DeliveryQuery(endpoint: EndpointID("b"))).count, 6)
            try checkEqual(try await find(DeliveryQuery(since: now + .seconds(5))), [ids[11], ids[10]])
            try checkEqual(try await find(DeliveryQuery(until: now + .seconds(1))), [ids[1], ids[0]])
            let page = try await find(DeliveryQuery(limit: 5))
            let rest = try await find(DeliveryQuery(before: page.last, limit: 50))
            try checkEqual(page + rest, ids.reversed(), "a cursor neither skips nor repeats")
            let pending = try unwrap(await store.deliveries(DeliveryQuery(state: .pending)).first)
            try checkEqual(pending.dueAt, now)
            try checkEqual(pending.createdAt, now, "created when its event came")
            try checkEqual(pending.eventType, Samples.event().type.rawValue)
        },
        Case("showsOnlyTheShopsThatAreAskedFor") { store, _ in
            try await fill(store)
            try await checkEvents(store, EventQuery(shops: ["nordic"]), [3, 2, 1, 0])
            try await checkEvents(store, EventQuery(shop: "tashkent", shops: ["nordic"]), [])
            try await checkEvents(store, EventQuery(shops: []), [])
            let shops = ["nordic", "tashkent", "nordic"]
            for (number, shop) in shops.enumerated() {
                let event = Samples.event(200 + number, shop: shop)
                _ = try await store.capture(Samples.capture(event, deliveries: [Samples.delivery()]))
            }
            let seen = try await store.deliveries(DeliveryQuery(shops: ["nordic"]))
            try checkEqual(seen.map(\.eventID), [202, 200].map(Samples.eventID))
            try checkEqual(seen.map(\.shop), ["nordic", "nordic"])
            try checkEqual(try await store.deliveries(DeliveryQuery(shops: [])).count, 0)
        },
        Case("countsBacklogsUpToABound") { store, _ in
            let other = EndpointID("other")
            let now = Samples.now
            for number in 0..<6 {
                let deliveries = [
                    Samples.delivery(dueAt: now + .seconds(number + 1)),
                    Samples.delivery(other, state: number < 2 ? .dead : .skipped),
                ]
                _ = try await store.capture(Samples.capture(Samples.event(number), deliveries: deliveries))
            }
            for number in 6..<9 {
                var delivery = Samples.delivery(dueAt: now + .seconds(number + 1))
                delivery.lane = "order:1"
                _ = try await store.capture(Samples.capture(Samples.event(number), deliveries: [delivery]))
            }
            let unknown = EndpointID("unknown")
            let all = try await store.backlogs(of: [Samples.ledger, other, unknown], limit: 100)
            try checkEqual(all[unknown], EndpointBacklog())
            try checkEqual(
                all[Samples.ledger],
                EndpointBacklog(pending: BoundedCount(count: 9), oldestDue: now + .seconds(1)),
                "those behind others of their lane wait as well"
            )
            try checkEqual(
                all[other],
                EndpointBacklog(dead: BoundedCount(count: 2), skipped: BoundedCount(count: 4))
            )
            let few = try await store.backlogs(of: [Samples.ledger], limit: 3)
            try checkEqual(few[Samples.ledger]?.pending, BoundedCount(count: 3, isAtLeast: true))
            let exact = try await store.backlogs(of: [Samples.ledger], limit: 10)
            try checkEqual(exact[Samples.ledger]?.pending, BoundedCount(count: 9))
            _ = try await store.claimDue(Samples.ledger, now: now + .seconds(2))
            let claimed = try await store.backlogs(of: [Samples.ledger], limit: 100)
            try checkEqual(claimed[Samples.ledger]?.pending, BoundedCount(count: 7), "without what is in hand")
            try checkEqual(claimed[Samples.ledger]?.oldestDue, now + .seconds(1))
        },
    ]
}
