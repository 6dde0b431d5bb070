// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletTesting
import MartletWire
import Testing

@testable import MartletSimulator

@Suite("Kryptoswap's stand-in", .timeLimit(.minutes(1))) struct KryptoswapStandInTests {
    static let source = SourceID(provider: "kryptoswap", id: "main")
    static let hooks = "http://127.0.0.1:9/hooks/kryptoswap/main"
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// Every step of every order: its notification proves itself, and a poll tells the same.
    @Test func theGatewayAcceptsEachNotificationAndPollsTheSameTruth() async throws {
        let seed = SplitMix64().seed
        print("kryptoswap stand-in: seed \(seed)")
        let standIn = KryptoswapStandIn(seed: seed, paid: 0.5, hooks: Self.hooks)
        var ends: Set<String> = []
        try await withServed(standIn) { served in
            let provider = Kryptoswap(source: Self.source, apiBase: served.base)
            for number in 0..<60 {
                let order = standIn.makeOrder(at: Self.now)
                let plan = try provider.plan(order.registration.bytes, now: Self.now)
                let known = try #require(plan.order)
                #expect(plan.watch.subject == order.id)
                var watch = plan.watch
                var clock = Self.now
                while let change = standIn.advance(order.id, at: clock) {
                    let notification = try #require(change.notification)
                    #expect(notification.url == Self.hooks)
                    let judgement = provider.judge(notification.callback(at: clock), order: .known(known))
                    guard case .accepted(let event) = judgement else {
                        Issue.record("\(change.status): \(judgement)")
                        return
                    }
                    #expect(event.providerStatus == change.status)
                    #expect(event.flags == [])
                    // The source's limit of questions would make a full walk of each order slow.
                    if number < 2 {
                        let answer = await provider.poll(watch, order: known, at: clock, with: served.tools)
                        let polled = try #require(answer.news.first?.event, "\(answer)")
                        #expect(polled.providerStatus == change.status)
                        #expect(polled.money == event.money)
                        #expect(polled.finality == event.finality)
                        #expect(polled.merchantOrderID == order.merchantOrderID)
                        #expect((answer.next == .close) == change.isLast)
                        watch = answer.applied(to: watch)
                    }
                    if change.isLast {
                        #expect(event.finality == .final)
                        ends.insert(change.status)
                    }
                    clock = clock + .seconds(1)
                }
                #expect(standIn.advance(order.id, at: clock) == nil)
            }
        }
        #expect(ends == ["done", "returned", "deleted"])
    }

    @Test func anOrderMadeThroughTheInterfaceIsToldWithItsOwnSecret() async throws {
        let standIn = KryptoswapStandIn(seed: 1, hooks: nil)
        let form = FormText.encode([
            ("routeId", "5"), ("amount", "2.50"), ("fromValues[0][key]", "address"), ("fromValues[0][value]", "0x1"),
            ("ipnUrl", Self.hooks), ("ipnSecret", "s:ecret & ü"),
        ])
        try await withServed(standIn) { served in
            let created = try await served.ask("POST", "/public/exchanger/order/create", body: form)
            #expect(created.status == 200)
            #expect(created.object["success"] == .bool(true))
            let order = try #require(created.object["data"]?.at("order")?.object)
            let id = try #require(order["_id"]?.string)
            #expect(id.utf8.count == 24)
            #expect(order["status"] == .string("new"))
            #expect(order["inAmount"] == .number("2.50"))
            #expect(order["rid"] != nil)
            #expect(order["ipnSecret"] == nil)
            let change = try #require(standIn.advance(id, at: Self.now))
            let provider = Kryptoswap(source: Self.source, ipnSecret: Secret(text: "s:ecret & ü"))
            let callback = try #require(change.notification).callback(at: Self.now)
            guard case .accepted = provider.judge(callback, order: .unknown) else {
                Issue.record("the notification is not accepted")
                return
            }
            let uid = try #require(
                order["uid"].flatMap { value in
                    if case .number(let digits) = value { digits } else { nil }
                }
            )
            let secret = try #require(order["secret"]?.string)
            let path = "/public/exchanger/order/get?orderUID=\(uid)&type=order&orderSecret="
            let shown = try await served.ask("GET", path + secret)
            #expect(shown.object["data"]?.at("order", "_id") == .string(id))
            let refused = try await served.ask("GET", path + "wrong")
            #expect(refused.object["success"] == .bool(false))
        }
    }

    @Test(arguments: [
        ("amount=0", "amount must be"), ("amount=-5", "amount must be"), ("x", "the body is neither"),
        ("amount=1&ipnSecret=" + String(repeating: "s", count: 201), "200 characters"),
    ])
    func saysWhatIsWrongWithAnOrder(_ body: String, _ reason: String) async throws {
        try await withServed(KryptoswapStandIn(seed: 1, hooks: nil)) { served in
            let answer = try await served.ask("POST", "/public/exchanger/order/create", body: Array(body.utf8))
            #expect(answer.object["success"] == .bool(false))
            #expect(answer.object["error"]?.string?.contains(reason) == true)
        }
    }

    @Test func nobodyIsToldOfAnOrderWithoutAnAddress() {
        let standIn = KryptoswapStandIn(seed: 1, hooks: nil)
        let order = standIn.makeOrder(at: Self.now)
        #expect(standIn.advance(order.id, at: Self.now)?.notification == nil)
        #expect(standIn.advance("unknown", at: Self.now) == nil)
    }
}
