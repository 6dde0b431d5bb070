// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletEngine
import MartletRuntime
import MartletStore
import MartletTesting
import MartletWire
import Synchronization
import Testing

/// Orders that the gateway has its provider create, from the draft to the watch.
@Suite(.timeLimit(.minutes(1))) struct OrderTests {
    /// Places what it is told to; keeps the drafts.
    private final class Shop: OrderingProvider {
        let source = SourceID(provider: "plain", id: "main")
        let placement: OrderPlacement?
        let cannotOrder: String?
        let drafts = Mutex<[(hook: String, secret: Secret)]>([])

        init(_ placement: OrderPlacement? = nil, cannotOrder: String? = nil) {
            self.placement = placement
            self.cannotOrder = cannotOrder
        }

        func plan(_ registration: [UInt8], now: Timestamp) throws(RegistrationRefusal) -> WatchPlan {
            throw RegistrationRefusal([])
        }

        func poll(_ watch: Watch, order: KnownOrder?, at now: Timestamp, with tools: PollTools) async -> PollAnswer {
            ScriptedWatch.unchanged(watch, now)
        }

        func draft(_ request: [UInt8], hook: String, ipnSecret: Secret) throws(RegistrationRefusal) -> OrderDraft {
            drafts.withLock { $0.append((hook, ipnSecret)) }
            let order = String(decoding: request, as: UTF8.self)
            return OrderDraft(body: Secret(request), ipnSecret: ipnSecret, merchantOrderID: order, expectedDue: nil)
        }

        func place(_ draft: OrderDraft, at now: Timestamp, with tools: PollTools) async -> OrderPlacement {
            if let placement { return placement }
            let order = KnownOrder(objectID: "A", ipnSecret: draft.ipnSecret, merchantOrderID: draft.merchantOrderID)
            let watch = Watch(
                source: source,
                subject: "A",
                details: [],
                nextPollAt: now + .seconds(60),
                deadline: now + .seconds(3600),
                createdAt: now
            )
            return .placed(WatchPlan(watch: watch, order: order), answer: JSONObject([("uid", .number("7"))]))
        }
    }

    /// The orders that were told of once they were stored.
    private final class Registered: Sendable {
        let orders = Mutex<[KnownOrder]>([])
    }

    private func run(
        _ shop: Shop,
        hook: String? = "https://pay.example/hooks/plain/main",
        _ body: (EngineHarness, Watcher, Registered) async throws -> Void
    ) async throws {
        let faults = Faults()
        let harness = try await EngineHarness.start([], faults: faults)
        let registered = Registered()
        let watcher = Watcher(
            executor: QueueExecutor(label: "martlet.test.watch"),
            store: harness.store,
            dispatcher: harness.dispatcher,
            topology: harness.topology,
            tools: PollTools(transport: harness.transport, programs: NoPrograms()),
            clock: harness.clock,
            metrics: EngineMetrics(Metrics()),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            keyBytes: { Array(repeating: 0xAB, count: $0) },
            registered: { order, _ in registered.orders.withLock { $0.append(order) } }
        )
        let source = WatchedSource(provider: shop, hook: hook) { ($0 ?? "").hasPrefix("T-") ? "tashkent" : "nordic" }
        try await watcher.update([source])
        try await body(harness, watcher, registered)
        await watcher.stop(within: .zero)
        try await harness.stop()
    }

    @Test func storesSecretAndWatchBeforeItAnswers() async throws {
        let shop = Shop()
        try await run(shop) { harness, watcher, registered in
            guard case .created(let created) = await watcher.createOrder(Array("T-1".utf8), at: shop.source, shops: nil)
            else {
                Issue.record("no order")
                return
            }
            #expect(created.answer["uid"] == .number("7"))
            let secret = Secret(text: String(repeating: "ab", count: 32))
            let draft = try #require(shop.drafts.withLock { $0.first })
            #expect(draft.hook == "https://pay.example/hooks/plain/main" && draft.secret == secret)
            let known = try await harness.store.order(of: shop.source, objectID: "A")
            #expect(known?.ipnSecret == secret)
            let watch = try #require(try await harness.store.watch(created.watch)?.stored)
            #expect(watch.shop == "tashkent" && watch.watch.state == .open)
            #expect(registered.orders.withLock { $0.map(\.objectID) } == ["A"], "what waited for it is looked at")
        }
    }

    @Test func saysWhatCannotBe() async throws {
        func outcome(
            _ shop: Shop,
            hook: String? = "https://pay.example/hooks/plain/main",
            shops: Set<String>? = nil,
            at source: SourceID? = nil
        ) async throws -> String {
            var text = ""
            try await run(shop, hook: hook) { _, watcher, _ in
                let creation = await watcher.createOrder(Array("T-1".utf8), at: source ?? shop.source, shops: shops)
                text = "\(creation)"
            }
            return text
        }
        #expect(try await outcome(Shop(), hook: nil).contains("ingest.publicURL is not set"))
        #expect(try await outcome(Shop(cannotOrder: "no apiBase")).contains("no apiBase"))
        #expect(try await outcome(Shop(), shops: ["nordic"]).contains("otherShop(\"tashkent\")"))
        let elsewhere = SourceID(provider: "plain", id: "other")
        #expect(try await outcome(Shop(), at: elsewhere).contains("unknownSource"))
        #expect(try await outcome(Shop(.notSent(cause: "dns"))).contains("notSent"))
        #expect(try await outcome(Shop(.unknown(cause: "timeout", message: nil))).contains("unknown"))
    }

    @Test func anOrderThatCannotBeStoredIsNotHandedOut() async throws {
        let shop = Shop()
        try await run(shop) { harness, watcher, registered in
            harness.faults.set(.registerWatch, to: true)
            guard
                case .notStored("A", .full) = await watcher.createOrder(Array("T-1".utf8), at: shop.source, shops: nil)
            else {
                Issue.record("handed out")
                return
            }
            #expect(registered.orders.withLock { $0.isEmpty })
        }
    }
}
