// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Long lists against a model: whatever is asked, every page has what it must, while rows arrive.
extension EventStoreConformance {
    /// What a case has stored, as the lists should find it.
    private struct Model {
        struct Row {
            var event: Event
            var deliveries: [(id: DeliveryID, endpoint: EndpointID, state: DeliveryState)]
        }

        private(set) var rows: [Row] = []
        private var random: SplitMix64
        private static let states: [DeliveryState] = [.pending, .delivered, .delivered, .delivered, .dead, .skipped]

        init(seed: UInt64) { random = SplitMix64(seed: seed) }

        /// Stores one more event; some shops, sources, types and endpoints are rare.
        mutating func add(to store: any EventStore) async throws {
            let number = rows.count
            let isRare = number % 97 == 0
            let source = SourceID(
                provider: pick(["cryptomus", "spectrocoin"]),
                id: isRare ? pick(["eu", "asia"]) : "main"
            )
            let event = Samples.event(
                number,
                type: isRare ? .paymentRefunded : pick([.paymentPaid, .paymentPending]),
                source: source,
                shop: number % 89 == 0 ? "rare" : pick(["nordic", "tashkent"]),
                order: "order-\(number / 5)",
                // The clock goes back now and then.
                receivedAt: Samples.now + .seconds(number * 7 - Int(random.next() % 200))
            )
            var deliveries = [Samples.delivery(EndpointID(pick(["ledger", "mail"])), state: pick(Self.states))]
            if number % 83 == 0 { deliveries.append(Samples.delivery(EndpointID("archive"), state: pick(Self.states))) }
            let outcome = try await store.capture(Samples.capture(event, deliveries: deliveries))
            guard case .stored(let ids) = outcome else {
                throw ConformanceFailure(description: "\(event.id) was not stored: \(outcome)")
            }
            let made = zip(ids, deliveries).map { (id: $0, endpoint: $1.endpoint, state: $1.state) }
            rows.append(Row(event: event, deliveries: made))
        }

        func events(_ query: EventQuery) -> [EventID] {
            rows.reversed().map(\.event).filter { event in
                (query.shop.map { $0 == event.shop } ?? true) && (query.shops?.contains(event.shop) ?? true)
                    && (query.provider.map { $0 == event.source.provider } ?? true)
                    && (query.source.map { $0 == event.source.id || $0 == event.source.description } ?? true)
                    && (query.type.map { $0 == event.type.rawValue } ?? true)
                    && (query.order.map { $0 == event.merchantOrderID } ?? true)
                    && (query.since.map { event.receivedAt >= $0 } ?? true)
                    && (query.until.map { event.receivedAt < $0 } ?? true)
            }
            .map(\.id)
        }

        func deliveries(_ query: DeliveryQuery) -> [DeliveryID] {
            rows.reversed().flatMap { row in
                row.deliveries.reversed().filter { delivery in
                    (query.state.map { $0 == delivery.state } ?? true)
                        && (query.endpoint.map { $0 == delivery.endpoint } ?? true)
                        && (query.shops?.contains(row.event.shop) ?? true)
                        && (query.since.map { row.event.receivedAt >= $0 } ?? true)
                        && (query.until.map { row.event.receivedAt < $0 } ?? true)
                }
            }
            .map(\.id)
        }

        mutating func eventQuery() -> EventQuery {
            let (since, until) = span()
            return EventQuery(
                shop: maybe(["nordic", "rare", "none"]),
                shops: maybe([["rare", "tashkent"], ["nordic"], []]),
                provider: maybe(["cryptomus", "spectrocoin"]),
                source: maybe(["eu", "cryptomus/asia", "main"]),
                type: maybe(["payment.paid", "payment.refunded"]),
                order: random.next() % 8 == 0 ? "order-\(random.next() % 100)" : nil,
                since: since,
                until: until,
                limit: Int(random.next() % 60) + 1
            )
        }

        mutating func deliveryQuery() -> DeliveryQuery {
            let (since, until) = span()
            return DeliveryQuery(
                state: maybe(Self.states),
                endpoint: maybe(["ledger", "archive", "none"]).map { EndpointID($0) },
                shops: maybe([["rare", "tashkent"], ["nordic"], ["rare"], []]),
                since: since,
                until: until,
                limit: Int(random.next() % 60) + 1
            )
        }

        private mutating func span() -> (Timestamp?, Timestamp?) {
            let moments = [0, 900, 2000, 3500, 9000].map { Samples.now + .seconds($0) }
            return (maybe(moments), maybe(moments))
        }

        private mutating func pick<Value>(_ values: [Value]) -> Value {
            values[Int(random.next() % UInt64(values.count))]
        }

        /// Two times in three nothing.
        private mutating func maybe<Value>(_ values: [Value]) -> Value? {
            random.next() % 3 == 0 ? pick(values) : nil
        }
    }

    static let listCases: [Case] = [
        Case("findsInLongListsWhatAModelFinds") { store, _ in
            var generator = SystemRandomNumberGenerator()
            let seed = generator.next()
            var model = Model(seed: seed)
            for _ in 0..<700 { try await model.add(to: store) }
            for number in 0..<120 {
                let query = model.eventQuery()
                let expected = model.events(query)
                var cursor = query
                var found: [EventID] = []
                repeat {
                    let page = try await store.events(cursor)
                    found += page.map(\.id)
                    // News that comes between two pages belongs before them.
                    if number % 8 == 0 { try await model.add(to: store) }
                    cursor.before = page.count < query.limit ? nil : page.last?.sequence
                } while cursor.before != nil
                try checkEqual(found, expected, "seed \(seed), \(query)")
            }
            for number in 0..<120 {
                let query = model.deliveryQuery()
                let expected = model.deliveries(query)
                var cursor = query
                var found: [DeliveryID] = []
                repeat {
                    let page = try await store.deliveries(cursor)
                    found += page.map(\.id)
                    if number % 8 == 0 { try await model.add(to: store) }
                    cursor.before = page.count < query.limit ? nil : page.last?.id
                } while cursor.before != nil
                try checkEqual(found, expected, "seed \(seed), \(query)")
            }
        },
        Case("findsTheRestOfLongListsAfterRetention") { store, _ in
            var model = Model(seed: 4711)
            for _ in 0..<600 { try await model.add(to: store) }
            let all = model.rows
            let horizon = Samples.now + .seconds(2000)
            let distant = Timestamp(milliseconds: 0)
            while true {
                let removed = try await store.prune(
                    RetentionHorizon(events: horizon, raw: distant, quarantine: distant, dedupe: distant, batch: 50)
                )
                if removed == 0 { break }
            }
            let left = all.filter { row in
                row.event.receivedAt >= horizon || row.deliveries.contains { $0.state == .pending }
            }
            let shop = left.filter { $0.event.shop == "rare" }.reversed().map(\.event.id)
            try checkEqual(try await store.events(EventQuery(shop: "rare", limit: 500)).map(\.id), shop)
            let archived = left.flatMap(\.deliveries).filter { $0.endpoint == EndpointID("archive") }.map(\.id)
            let query = DeliveryQuery(endpoint: EndpointID("archive"), limit: 500)
            try checkEqual(try await store.deliveries(query).map(\.id), archived.reversed())
        },
    ]
}
