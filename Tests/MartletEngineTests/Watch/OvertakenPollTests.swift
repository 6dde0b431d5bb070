// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletEngine
@testable import MartletProviders

/// Notifications that are stored while a poll of the same order is under way (providers.md sections 4.7 and 6.6).
@Suite(.timeLimit(.minutes(1))) struct OvertakenPollTests {
    private static let order = "5d8e6002b80b7b4cd75a6424"
    private static let uuid = "3a1f6c0e-77d2-4b53-9c1a-0e5d4f2b8a61"

    /// Another one for each test: in a moment that stands still, all that share one are turned away at the eleventh poll.
    private static var kryptoswap: Kryptoswap {
        Kryptoswap(
            source: SourceID(provider: "kryptoswap", id: "main"),
            ipnSecret: Secret(text: "ipn-secret-1"),
            apiBase: "https://api.example.com"
        )
    }

    private static let cryptomus = Cryptomus(
        source: SourceID(provider: "cryptomus", id: "main"),
        paymentKey: Secret(text: "payment-key-1"),
        payoutKey: nil,
        merchant: "m-1"
    )

    /// A provider with the harness; polls wait until they are told what the answer is.
    private struct Scene {
        let harness: EngineHarness
        let transport = ScriptedTransport(isHolding: true)
        let watcher: Watcher
        let provider: any WatchedProvider & PushProvider
        let id: WatchID

        init(_ provider: any WatchedProvider & PushProvider, _ registration: String) async throws {
            self.provider = provider
            harness = try await EngineHarness.start([EngineHarness.endpoint("ledger")])
            harness.topology.exchange(
                Topology(
                    sources: [Topology.Source(provider: provider, shops: ["nordic"], shop: { _ in "nordic" })],
                    subscribers: harness.topology.current.subscribers
                )
            )
            watcher = try await harness.watcher([provider], through: transport)
            id = try await harness.watch(registration, watcher, provider)
        }

        /// Has the provider asked now, and waits until it is.
        func ask() async throws {
            #expect(try await watcher.pollNow(id) == .done)
            try await harness.eventually { transport.heldCount == 1 }
        }

        func answer(_ body: String) async throws {
            let polls = try await harness.store.watch(id)?.stored.watch.polls ?? 0
            let request = try #require(transport.requests.last)
            transport.enqueue([ScriptedTransport.answered(200, body: body)], for: request.url)
            transport.release()
            try await harness.eventually { (try await harness.store.watch(id)?.stored.watch.polls ?? 0) > polls }
        }

        func notify(_ sample: SampleCallback) async throws {
            let callback = Callback(
                method: "POST",
                headers: sample.headers,
                body: sample.body,
                sourceAddress: .loopback,
                receivedAt: harness.clock.now()
            )
            let answer = await withCheckedContinuation { continuation in
                harness.service.receive(callback, at: "/hooks/\(provider.source)") {
                    continuation.resume(returning: $0)
                }
            }
            #expect(answer.status == 200)
        }

        /// The statuses of all events, oldest first.
        func told() async throws -> [String] {
            try await harness.store.events(EventQuery()).reversed().map { $0.providerStatus ?? "-" }
        }

        func outcomes() async throws -> [String] {
            try await harness.store.watch(id)?.polls.reversed().map(\.outcome) ?? []
        }

        func stop() async throws {
            transport.releaseAll()
            await watcher.stop(within: .zero)
            try await harness.stop()
        }
    }

    private static func kryptoswapScene() async throws -> Scene {
        try await Scene(
            kryptoswap,
            #"{"orderId":"\#(order)","orderUID":"1409","orderSecret":"s-1","merchantOrderId":"INV-1"}"#
        )
    }

    private static func says(_ status: String) -> String {
        #"{"success":true,"data":{"order":{"_id":"\#(order)","uid":1409,"status":"\#(status)","inAmount":2.5}}}"#
    }

    private func sample(_ status: String, at now: Timestamp) throws -> SampleCallback {
        try Self.kryptoswap.sample(SampleRequest(status: status, orderID: Self.order, nonce: 1, now: now))
    }

    @Test(arguments: ["inProgress", "hold"])
    func anAnswerThatANotificationOvertookIsAskedForAgain(_ status: String) async throws {
        let scene = try await Self.kryptoswapScene()
        try await scene.ask()
        try await scene.answer(Self.says("waitPayment"))
        #expect(try await scene.told() == ["waitPayment"])
        try await scene.ask()
        // The same status, or one that is newer than the answer.
        try await scene.notify(try sample(status, at: scene.harness.clock.now()))
        try await scene.answer(Self.says("inProgress"))
        try await scene.harness.eventually { scene.transport.heldCount == 1 }
        try await scene.answer(Self.says(status))
        #expect(try await scene.told() == ["waitPayment", status])
        #expect(try await scene.outcomes() == ["awaiting", "overtaken", "unchanged"])
        #expect(try await scene.harness.deliveries("ledger").count == 2)
        // The same status once more, after another, is news.
        try await scene.ask()
        try await scene.answer(Self.says("errorPayout"))
        #expect(try await scene.told() == ["waitPayment", status, "errorPayout"])
        try await scene.stop()
    }

    @Test func aRefundIsNotToldTwice() async throws {
        let scene = try await Self.kryptoswapScene()
        try await scene.ask()
        try await scene.notify(try sample("returned", at: scene.harness.clock.now()))
        try await scene.answer(Self.says("returned"))
        #expect(
            try await scene.told() == ["returned"],
            "the end of a payment, and a refund: both may follow a final event"
        )
        #expect(try await scene.harness.standing(scene.id) == .closed)
        try await scene.stop()
    }

    /// The end overtakes an answer that told of what came after it; no poll follows, and the notification may be lost.
    @Test func aRefundThatTheEndOvertookIsTold() async throws {
        let scene = try await Self.kryptoswapScene()
        try await scene.ask()
        try await scene.notify(try sample("done", at: scene.harness.clock.now()))
        try await scene.answer(Self.says("returned"))
        #expect(try await scene.told() == ["done", "returned"])
        #expect(try await scene.outcomes() == ["refunded"])
        #expect(try await scene.harness.deliveries("ledger").count == 2)
        #expect(try await scene.harness.standing(scene.id) == .closed)
        try await scene.notify(try sample("returned", at: scene.harness.clock.now()))
        #expect(try await scene.harness.deliveries("ledger").count == 2, "it is not told twice")
        try await scene.stop()
    }

    @Test(arguments: [#"{"kind":"payment","uuid":"\#(uuid)"}"#, #"{"kind":"payment","orderId":"PO-1"}"#])
    func anAnswerWithoutTheAmountIsNotASecondEvent(_ registration: String) async throws {
        let scene = try await Scene(Self.cryptomus, registration)
        func says(_ status: String) -> String {
            #"{"state":0,"result":{"uuid":"\#(Self.uuid)","order_id":"PO-1","amount":"12.50","currency":"USDT","payment_amount":null,"payment_status":"\#(status)","is_final":false}}"#
        }
        func callback(_ status: String) throws -> SampleCallback {
            let now = scene.harness.clock.now()
            let made = try Self.cryptomus.sample(SampleRequest(status: status, orderID: "PO-1", nonce: 1, now: now))
            // A sample draws its own numbers.
            let object = try JSONReader.readObject(made.body).object
            return SampleCallback(headers: made.headers, body: Signed.body(of: object, uuid: Self.uuid))
        }
        try await scene.ask()
        try await scene.notify(try callback("confirm_check"))
        try await scene.answer(says("confirm_check"))
        try await scene.harness.eventually { scene.transport.heldCount == 1 }
        try await scene.answer(says("confirm_check"))
        #expect(try await scene.told() == ["confirm_check"])
        #expect(try await scene.outcomes() == ["overtaken", "unchanged"])
        // Known from the notification, also where it came long before the poll.
        try await scene.notify(try callback("wrong_amount_waiting"))
        try await scene.ask()
        try await scene.answer(says("wrong_amount_waiting"))
        #expect(try await scene.told() == ["confirm_check", "wrong_amount_waiting"])
        try await scene.stop()
    }

    @Test func aRefusedNotificationOfAKnownOrderIsReasonToAsk() async throws {
        let scene = try await Self.kryptoswapScene()
        let service = IngestService(
            store: scene.harness.store,
            topology: scene.harness.topology,
            dispatcher: scene.harness.dispatcher,
            clock: scene.harness.clock,
            metrics: EngineMetrics(Metrics()),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            doubted: { scene.watcher.doubted($0, $1) }
        )
        // Sent once, and too old when it comes (providers.md section 6.4, step 7).
        let sample = try sample("hold", at: scene.harness.clock.now() - .seconds(90_000))
        func notify() async -> Int {
            let callback = Callback(
                method: "POST",
                headers: sample.headers,
                body: sample.body,
                sourceAddress: .loopback,
                receivedAt: scene.harness.clock.now()
            )
            return await withCheckedContinuation { continuation in
                service.receive(callback, at: "/hooks/kryptoswap/main") { continuation.resume(returning: $0.status) }
            }
        }
        #expect(await notify() == 403)
        try await scene.harness.eventually { scene.transport.heldCount == 1 }
        #expect(scene.harness.clock.now() == ManualClock().now(), "before the schedule's first poll")
        try await scene.answer(Self.says("hold"))
        // Anybody may send such: no more than one poll a minute comes of it.
        for _ in 0..<3 { #expect(await notify() == 403) }
        let due = try #require(try await scene.harness.store.watch(scene.id)?.stored.watch.nextPollAt)
        #expect(due == scene.harness.clock.now() + .seconds(60))
        #expect(scene.transport.requests.count == 1)
        #expect(try await scene.told() == ["hold"])
        try await scene.stop()
    }
}

/// Cryptomus bodies with a chosen number.
private enum Signed {
    static func body(of object: JSONObject, uuid: String) -> [UInt8] {
        let members = object.members.filter { $0.name != "sign" }.map { member in
            (member.name, member.name == "uuid" ? JSONValue.string(uuid) : member.value)
        }
        let unsigned = PHPJSON.write(JSONObject(members))
        let sign = CryptomusSignature.digest(of: unsigned, key: Secret(text: "payment-key-1"))
        return PHPJSON.write(JSONObject(members + [("sign", .string(String(decoding: sign, as: UTF8.self)))]))
    }
}
