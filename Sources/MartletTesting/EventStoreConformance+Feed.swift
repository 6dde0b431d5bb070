// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    /// Reads on from a position until nothing newer is there.
    private static func follow(
        _ store: any EventStore,
        from start: Int64 = 0,
        _ query: EventFeedQuery = EventFeedQuery()
    ) async throws -> (ids: [EventID], position: Int64) {
        var ids: [EventID] = []
        var position = start
        while true {
            let part = try await store.events(after: position, query)
            ids += part.events.map(\.id)
            try check(part.events.allSatisfy { $0.sequence > position }, "nothing comes from before the position")
            try check(part.position >= position, "a position never goes back")
            position = part.position
            if position >= part.newest { return (ids, position) }
        }
    }

    static let feedCases: [Case] = [
        Case("tellsEventsInTheOrderOfTheirCommits") { store, _ in
            let none = try await store.events(after: 0, EventFeedQuery())
            try checkEqual(none, EventFeed(events: [], position: 0, newest: 0))
            for number in 0..<7 {
                let event = Samples.event(number, shop: number % 2 == 0 ? "nordic" : "tashkent")
                let endpoint = EndpointID(number < 5 ? "a" : "b")
                _ = try await store.capture(Samples.capture(event, deliveries: [Samples.delivery(endpoint)]))
            }
            let all = try await follow(store, EventFeedQuery(limit: 2))
            try checkEqual(all.ids, (0..<7).map(Samples.eventID))
            let nordic = try await follow(store, EventFeedQuery(shop: "nordic", limit: 3))
            try checkEqual(nordic.ids, [0, 2, 4, 6].map(Samples.eventID))
            try checkEqual(nordic.position, all.position, "what does not fit is passed over")
            try checkEqual(try await follow(store, EventFeedQuery(shops: ["tashkent"])).ids.count, 3)
            try checkEqual(
                try await follow(store, EventFeedQuery(endpoint: EndpointID("b"))).ids,
                [5, 6].map(Samples.eventID)
            )
            let rest = try await store.events(after: all.position, EventFeedQuery())
            try checkEqual(rest, EventFeed(events: [], position: all.position, newest: all.position))
            _ = try await store.capture(Samples.capture(Samples.event(9)))
            try checkEqual(try await follow(store, from: all.position).ids, [Samples.eventID(9)])
        },
        Case("tellsEachEventOnceWhileOthersAreStored") { store, _ in
            let count = 300
            async let stored: Void = withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    group.addTask { _ = try await store.capture(Samples.capture(Samples.event(number))) }
                }
                try await group.waitForAll()
            }
            var told: [EventID] = []
            var position: Int64 = 0
            while told.count < count {
                let part = try await store.events(after: position, EventFeedQuery(limit: 7))
                told += part.events.map(\.id)
                position = part.position
                await Task.yield()
            }
            try await stored
            try checkEqual(Set(told).count, count, "each once")
            try checkEqual(try await follow(store, from: position).ids, [])
        },
        Case("findsDeliveriesByTheirNumbers") { store, _ in
            var ids: [DeliveryID] = []
            for number in 0..<3 {
                let capture = Samples.capture(Samples.event(number), deliveries: [Samples.delivery()])
                if case .stored(let new) = try await store.capture(capture) { ids += new }
            }
            let found = try await store.deliveries(numbered: [ids[0], ids[2]])
            try checkEqual(Set(found.map(\.id)), [ids[0], ids[2]])
            try checkEqual(found.map(\.source), [Samples.source, Samples.source])
            try checkEqual(try await store.deliveries(numbered: []).count, 0)
        },
    ]
}
