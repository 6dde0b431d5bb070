// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletTesting
import Testing

@testable import MartletEngine

/// What was refused comes out of quarantine once it is proven, and in no other way.
@Suite(.timeLimit(.minutes(1))) struct ReleaseTests {
    private let source = SourceID(provider: "plain", id: "main")

    private func use(_ provider: any PushProvider, in harness: EngineHarness) {
        harness.topology.exchange(
            Topology(
                sources: [Topology.Source(provider: provider, shops: ["nordic"], shop: { _ in "nordic" })],
                subscribers: harness.topology.current.subscribers
            )
        )
    }

    private func run(
        _ provider: any PushProvider = MendedProvider(secret: "wrong"),
        _ body: (EngineHarness) async throws -> Void
    ) async throws {
        let harness = try await EngineHarness.start([EngineHarness.endpoint("ledger", maxInFlight: 1)])
        use(provider, in: harness)
        try await body(harness)
        try await harness.stop()
    }

    private func row(_ harness: EngineHarness) async throws -> QuarantinedCallback {
        try #require(try await harness.store.quarantined(source, limit: 1).first)
    }

    @Test func releasesInPortionsOldestFirstAndOnce() async throws {
        try await run { harness in
            for number in 1...130 {
                #expect(await harness.receive(order: "right:INV-\(number)").status == 403)
            }
            let arrived = harness.clock.now()
            try await harness.pass(.seconds(2 * 86_400))
            use(MendedProvider(secret: "right"), in: harness)
            var request = ReleaseRequest(source: source, limit: 60)
            var released: [Int] = []
            repeat {
                let report = await harness.service.release(request)
                #expect(report.failure == nil)
                released.append(report.released)
                request.cursor = report.next
            } while request.cursor != nil
            #expect(released == [60, 60, 10])
            try await harness.settle()
            #expect(harness.transport.sent.map(\.order) == (1...130).map { "INV-\($0)" })
            #expect(try await harness.store.quarantined(source, limit: 1).isEmpty)
            let event = try #require(try await harness.store.events(EventQuery(limit: 1)).first)
            #expect(event.receivedAt == arrived, "it is judged and dated as of its arrival")
            let again = await harness.service.release(ReleaseRequest())
            #expect(again == ReleaseReport())
        }
    }

    @Test func leavesWhatIsStillRefusedAndRemovesDuplicates() async throws {
        try await run { harness in
            for body in ["right:INV-1", "other:INV-2", "right:INV-1", "right:INV-3"] {
                await harness.receive(order: body)
            }
            use(MendedProvider(secret: "right"), in: harness)
            let report = await harness.service.release(ReleaseRequest())
            #expect(report.released == 2)
            #expect(report.duplicates == 1)
            #expect(report.stillRefused == [.badSignature: 1])
            #expect(report.next == nil)
            let left = try await harness.store.quarantined(source, limit: 5)
            #expect(left.map { String(decoding: $0.callback.body, as: UTF8.self) } == ["other:INV-2"])
            let one = try await harness.service.release(left[0].id, forcing: nil)
            #expect(one == .stillRefused(Refusal(.badSignature, "the test says so")))
            harness.topology.exchange(Topology(sources: [], subscribers: harness.topology.current.subscribers))
            #expect(try await harness.service.release(left[0].id, forcing: nil) == .unknownSource)
            #expect(await harness.service.release(ReleaseRequest()).ofUnknownSources == 1)
            #expect(try await harness.service.release(QuarantineID(number: 99), forcing: nil) == .gone)
        }
    }

    @Test func goesOnAfterTheStoreWasInTrouble() async throws {
        try await run { harness in
            for number in 1...3 { await harness.receive(order: "right:INV-\(number)") }
            use(MendedProvider(secret: "right"), in: harness)
            harness.faults.set(.capture, to: true)
            let failed = await harness.service.release(ReleaseRequest())
            #expect(failed.failure?.label == "full")
            #expect(failed.released == 0)
            #expect(harness.topology.current.subscribers.allSatisfy { $0.gate.places == 0 })
            harness.faults.set(.capture, to: false)
            #expect(await harness.service.release(ReleaseRequest()).released == 3)
            try await harness.settle()
            #expect(harness.transport.sent.map(\.order) == ["INV-1", "INV-2", "INV-3"])
        }
    }

    @Test func forcesOnlyWhatCanBeReadAndSaysSo() async throws {
        try await run { harness in
            let forcing = Forcing(by: "ops", reason: "the provider confirmed it by mail", at: harness.clock.now())
            await harness.receive(order: "forged:INV-1")
            let first = try await row(harness)
            guard case .released(let id, withheld: []) = try await harness.service.release(first.id, forcing: forcing)
            else {
                Issue.record("not released")
                return
            }
            let detail = try #require(try await harness.store.event(id))
            #expect(String(decoding: detail.event.envelope, as: UTF8.self).contains(#""method":"forced""#))
            let raw = String(decoding: detail.raw ?? [], as: UTF8.self)
            #expect(raw.contains(#""forced":{"by":"ops","reason":"the provider confirmed it by mail""#))
            try await harness.settle()
            #expect(harness.transport.sent.count == 1)

            await harness.receive(order: "junk:INV-2")
            let junk = try await row(harness)
            let refused = try await harness.service.release(junk.id, forcing: forcing)
            #expect(refused == .stillRefused(Refusal(.malformedBody, "the test says so")))
            // One that is genuine by today's settings keeps its real proof.
            use(MendedProvider(secret: "junk"), in: harness)
            guard case .released(let genuine, _) = try await harness.service.release(junk.id, forcing: forcing) else {
                Issue.record("not released")
                return
            }
            let proven = try #require(try await harness.store.event(genuine))
            #expect(String(decoding: proven.event.envelope, as: UTF8.self).contains(#""method":"hmac""#))
        }
        try await run(PlainProvider()) { harness in
            await harness.receive(order: "forged")
            let forcing = Forcing(by: "ops", reason: "why not", at: harness.clock.now())
            let id = try await row(harness).id
            #expect(try await harness.service.release(id, forcing: forcing) == .notForcible)
            #expect(try await harness.store.quarantined(source, limit: 5).count == 1)
        }
    }

    @Test func releasesWhatHasWaitedForItsOrder() async throws {
        try await run { harness in
            for body in ["order:A", "other:B", "order:C", "order:A"] { await harness.receive(order: body) }
            let order = KnownOrder(objectID: "A")
            try await harness.store.save(order, of: source)
            #expect(try await harness.service.releaseWaiting(for: order, of: source) == 1)
            let left = try await harness.store.quarantined(source, limit: 5)
            #expect(left.map { String(decoding: $0.callback.body, as: UTF8.self) } == ["order:C", "other:B"])
            harness.faults.set(.capture, to: true)
            await harness.receive(order: "order:D")
            let late = KnownOrder(objectID: "D")
            try await harness.store.save(late, of: source)
            await harness.service.orderRegistered(late, of: source)
            #expect(try await harness.store.quarantined(source, limit: 5).count == 3, "what fails stays")
            harness.faults.set(.capture, to: false)
            await harness.service.orderRegistered(late, of: source)
            try await harness.settle()
            #expect(harness.transport.sent.map(\.order) == ["A", "D"])
        }
    }

    @Test(arguments: [("order:A", 404), ("own:A", 403)])
    func findsAnOrderThatWasRegisteredWhileItsCallbackWasRefused(_ body: String, _ status: Int) async throws {
        try await run(MendedProvider(secret: "the source's")) { harness in
            let order = KnownOrder(objectID: "A", ipnSecret: Secret(text: "its own"))
            try await harness.store.save(order, of: source)
            // The look-up comes before the order is stored, and the row after what waited for it was released.
            harness.faults.set(.findOrder, times: 1)
            #expect(await harness.receive(order: body).status == status)
            try await harness.eventually { try await harness.store.quarantined(source, limit: 1).isEmpty }
            try await harness.eventually { harness.transport.sent.count == 1 }
        }
    }

    @Test func findsASecretThatWasRegisteredWhileItsCallbackWasRefused() async throws {
        try await run(MendedProvider(secret: "the source's")) { harness in
            let order = KnownOrder(objectID: "A", ipnSecret: Secret(text: "its own"))
            try await harness.store.save(order, of: source)
            // The order was known before, and got its secret after the look-up.
            harness.faults.set(.findOwnSecret, times: 1)
            #expect(await harness.receive(order: "own:A").status == 403)
            try await harness.eventually { try await harness.store.quarantined(source, limit: 1).isEmpty }
            try await harness.eventually { harness.transport.sent.count == 1 }
        }
    }

    @Test func releasesAtTheNextStartWhatACrashHasLeft() async throws {
        try await run(MendedProvider(secret: "the source's")) { harness in
            for body in ["order:A", "own:B", "own:C", "order:D", "forged:E"] { await harness.receive(order: body) }
            // Stored, and then the gateway was killed.
            try await harness.store.save(KnownOrder(objectID: "A"), of: source)
            try await harness.store.save(KnownOrder(objectID: "B", ipnSecret: Secret(text: "its own")), of: source)
            try await harness.store.save(KnownOrder(objectID: "C"), of: source)
            await harness.service.releaseLeftOver()
            try await harness.settle()
            #expect(harness.transport.sent.map(\.order).sorted() == ["A", "B"])
            let left = try await harness.store.quarantined(source, limit: 5)
            let bodies = left.map { String(decoding: $0.callback.body, as: UTF8.self) }
            #expect(bodies == ["forged:E", "order:D", "own:C"])
            await harness.service.releaseLeftOver()
            #expect(try await harness.store.quarantined(source, limit: 5).count == 3)
        }
    }

    @Test func aForgedCallbackOfAKnownOrderReleasesNothing() async throws {
        try await run(MendedProvider(secret: "the source's")) { harness in
            try await harness.store.save(KnownOrder(objectID: "A"), of: source)
            harness.faults.set(.findOrder, times: 1)
            #expect(await harness.receive(order: "own:A").status == 403)
            #expect(await harness.receive(order: "own:A").status == 403)
            try await harness.settle()
            #expect(
                try await harness.store.quarantined(source, limit: 5).count == 2,
                "the order has no secret of its own"
            )
            // It gets one: what had come before is looked at again.
            let order = KnownOrder(objectID: "A", ipnSecret: Secret(text: "its own"))
            try await harness.store.save(order, of: source)
            #expect(try await harness.service.releaseWaiting(for: order, of: source) == 1)
            #expect(try await harness.store.quarantined(source, limit: 5).isEmpty, "the other is a duplicate")
        }
    }
}
