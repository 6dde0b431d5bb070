// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletProviders
import MartletTesting
import MartletWire
import Testing

@testable import MartletSimulator

@Suite("Cryptomus's stand-in", .timeLimit(.minutes(1))) struct CryptomusStandInTests {
    static let source = SourceID(provider: "cryptomus", id: "main")
    static let hooks = "http://127.0.0.1:9/hooks/cryptomus/main"
    static let now = Timestamp(milliseconds: 1_800_000_000_000)
    static let paymentKey = Secret(text: "payment-key-1")
    static let payoutKey = Secret(text: "payout-key-1")

    static func standIn(seed: UInt64) -> CryptomusStandIn {
        CryptomusStandIn(
            seed: seed,
            paid: 0.5,
            hooks: hooks,
            account: .init(merchant: "m-1", paymentKey: paymentKey, payoutKey: payoutKey)
        )
    }

    @Test func theGatewayAcceptsEachWebhookAndPollsTheSameTruth() async throws {
        let seed = SplitMix64().seed
        print("cryptomus stand-in: seed \(seed)")
        let standIn = Self.standIn(seed: seed)
        var seen: Set<String> = []
        try await withServed(standIn) { served in
            let provider = Cryptomus(
                source: Self.source,
                paymentKey: Self.paymentKey,
                payoutKey: Self.payoutKey,
                apiBase: served.base,
                merchant: "m-1"
            )
            for number in 1...120 {
                let order = standIn.makeOrder(at: Self.now)
                var watch = try provider.plan(order.registration.bytes, now: Self.now).watch
                while let change = standIn.advance(order.id, at: Self.now) {
                    let isTold = order.registration["kind"] == .string("payout") || change.status != "check"
                    #expect((change.notification != nil) == isTold)
                    guard let webhook = change.notification else { continue }
                    let judgement = provider.judge(webhook.callback(at: Self.now), order: .notAsked)
                    guard case .accepted(let event) = judgement else {
                        Issue.record("\(change.status): \(judgement)")
                        return
                    }
                    #expect(event.providerStatus == change.status)
                    #expect((event.finality == .final) == change.isLast)
                    seen.insert("\(event.object.rawValue):\(change.status)")
                    // The source's limit of questions would make a full walk of each order slow.
                    if number > 2, number != 4 { continue }
                    let answer = await provider.poll(watch, order: nil, at: Self.now, with: served.tools)
                    let polled = try #require(answer.news.first?.event, "\(answer)")
                    #expect(polled.id == event.id)
                    #expect(polled.money.ordered == event.money.ordered)
                    #expect((answer.next == .close) == change.isLast)
                    watch = answer.applied(to: watch)
                }
            }
        }
        let payments = ["confirm_check", "paid", "cancel"].map { "payment:\($0)" }
        #expect(seen == Set(payments + ["process", "check", "paid", "fail"].map { "payout:\($0)" }))
    }

    @Test func onlyCallsWithMerchantAndSignAreLetIn() async throws {
        let standIn = Self.standIn(seed: 1)
        let order = standIn.makeOrder(at: Self.now)
        let body = Array(#"{"uuid":"\#(order.id)"}"#.utf8)
        let right = CryptomusStandIn.sign(body, key: Self.paymentKey)
        try await withServed(standIn) { served in
            let cases = [
                ("m-1", right, 200), ("m-2", right, 401), ("m-1", right.uppercased(), 401),
                ("m-1", CryptomusStandIn.sign(body, key: Self.payoutKey), 401),
            ]
            for (merchant, sign, status) in cases {
                let headers = [("merchant", merchant), ("sign", sign)]
                let answer = try await served.ask("POST", "/v1/payment/info", headers: headers, body: body)
                #expect(answer.status == status)
            }
            #expect(try await served.ask("POST", "/v1/payment/pay", body: body).status == 404)
            #expect(try await served.ask("GET", "/v1/payment/info").status == 405)
        }
    }

    @Test func listsByTheProvidersClockInPages() async throws {
        let standIn = Self.standIn(seed: 2)
        let moment = try #require(Timestamp(rfc3339: "2026-11-21T06:05:00Z"))
        // Of these 40 a quarter are payouts.
        let orders = (0..<40).map { standIn.makeOrder(at: moment + .seconds($0)) }
        let payments = orders.enumerated().filter { ($0.offset + 1) % 4 != 0 }.map(\.element.id)
        try await withServed(standIn) { served in
            func list(_ body: String, cursor: String? = nil) async throws -> (uuids: [String], next: String?) {
                let bytes = Array(body.utf8)
                let answer = try await served.ask(
                    "POST",
                    "/v1/payment/list" + (cursor.map { "?cursor=\($0)" } ?? ""),
                    headers: [("merchant", "m-1"), ("sign", CryptomusStandIn.sign(bytes, key: Self.paymentKey))],
                    body: bytes
                )
                guard case .array(let rows) = answer.object["result"]?.at("items") else {
                    return (["HTTP \(answer.status)"], nil)
                }
                let next = answer.object["result"]?.at("paginate", "nextCursor")?.string
                return (rows.compactMap { $0.object?["uuid"]?.string }, next)
            }
            let first = try await list("")
            let second = try await list("", cursor: first.next)
            #expect(first.uuids + second.uuids == payments.reversed())
            #expect(second.next == nil)
            // 6:05 UTC is 9:05 there, which the provider writes with one digit.
            let window = #"{"date_from":"2026-11-21 9:05:00","date_to":"2026-11-21 9:05:01"}"#
            #expect(try await list(window).uuids == [orders[1].id, orders[0].id])
            #expect(try await list(#"{"date_from":"2026-11-21 09:05:39"}"#).uuids == [])
            #expect(try await list(#"{"date_from":"2026-11-21"}"#).uuids == ["HTTP 422"])
        }
    }

    @Test func aPaidPaymentIsToldAgainOnRequest() throws {
        let standIn = Self.standIn(seed: 4)
        func resend(_ order: SimulatedOrder) -> StandInAnswer {
            let body = Array(#"{"order_id":"\#(order.merchantOrderID)"}"#.utf8)
            let headers = [("merchant", "m-1"), ("sign", CryptomusStandIn.sign(body, key: Self.paymentKey))]
            return standIn.answer(
                .init(method: "POST", target: "/v1/payment/resend", headers: HeaderFields(headers), body: body),
                at: Self.now
            )
        }
        var paid: (order: SimulatedOrder, change: OrderChange)?
        while paid == nil {
            let order = standIn.makeOrder(at: Self.now)
            #expect(resend(order).resent == [])
            while let change = standIn.advance(order.id, at: Self.now) {
                if change.status == "paid", order.registration["kind"] == .string("payment") { paid = (order, change) }
            }
        }
        let (order, change) = try #require(paid)
        for _ in 0..<10 { #expect(resend(order).resent == [try #require(change.notification)]) }
        #expect(resend(order).resent == [])
        #expect(resend(order).response.status == 422)
    }
}
