// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletProviders
import MartletTesting
import MartletWire
import Testing

@testable import MartletSimulator

@Suite("SpectroCoin's stand-in", .timeLimit(.minutes(1))) struct SpectroCoinStandInTests {
    static let source = SourceID(provider: "spectrocoin", id: "eu")
    static let hooks = "http://127.0.0.1:9/hooks/spectrocoin/eu"
    static let project = "0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f"
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    static func provider(_ base: String, keys: [RSAPublicKey] = []) -> SpectroCoin {
        SpectroCoin(
            source: source,
            account: SpectroCoin.Account(
                merchantID: "4711",
                apiID: "2",
                merchantAPIID: project,
                clientID: "client",
                clientSecret: Secret(text: "client-secret"),
                apiBase: base
            ),
            publicKeys: keys
        )
    }

    @Test func aCallbackIsAHintAndThePollTellsTheTruth() async throws {
        let seed = SplitMix64().seed
        print("spectrocoin stand-in: seed \(seed)")
        let standIn = SpectroCoinStandIn(seed: seed, hooks: Self.hooks, project: Self.project)
        try await withServed(standIn) { served in
            // Tokens are dated by the machine's clock.
            let now = served.now
            let provider = Self.provider(served.base)
            for _ in 0..<3 {
                let order = standIn.makeOrder(at: now)
                var watch = try provider.plan(order.registration.bytes, now: now).watch
                #expect(watch.subject == order.id)
                while let change = standIn.advance(order.id, at: now) {
                    let judgement = change.notification.map { provider.judge($0.callback(at: now), order: .notAsked) }
                    if change.status == "NEW" {
                        #expect(judgement == nil)
                    } else {
                        let hint = Hint(source: Self.source, objectID: order.id, receivedAt: now)
                        #expect(judgement == .hint(hint))
                    }
                    let answer = await provider.poll(watch, order: nil, at: now, with: served.tools)
                    let event = try #require(answer.news.first?.event, "\(answer)")
                    #expect(event.providerStatus == change.status)
                    #expect(event.merchantOrderID == order.merchantOrderID)
                    #expect(event.money.due?.amount == DecimalText(change.amounts[0].value))
                    #expect((answer.next == .close) == change.isLast)
                    watch = answer.applied(to: watch)
                }
            }
        }
    }

    @Test func aSignedCallbackIsAcceptedForEveryStatus() throws {
        let pair = try RSAPrivateKey.generatePEM()
        let legacy = SpectroCoinStandIn.Legacy(
            merchantID: "4711",
            apiID: "2",
            key: try RSAPrivateKey(pem: pair.privateKey)
        )
        let standIn = SpectroCoinStandIn(
            seed: 5,
            paid: 0.5,
            hooks: Self.hooks,
            project: Self.project,
            legacy: legacy
        )
        let provider = Self.provider("http://127.0.0.1:9", keys: [try RSAPublicKey(pem: pair.publicKey)])
        var statuses: Set<String> = []
        for _ in 0..<40 {
            let order = standIn.makeOrder(at: Self.now)
            while let change = standIn.advance(order.id, at: Self.now) {
                guard let notification = change.notification else { continue }
                let judgement = provider.judge(notification.callback(at: Self.now), order: .notAsked)
                guard case .accepted(let event) = judgement else {
                    Issue.record("\(change.status): \(judgement)")
                    return
                }
                #expect(event.providerStatus == change.status)
                #expect(event.merchantOrderID == order.merchantOrderID)
                statuses.insert(change.status)
            }
        }
        #expect(statuses == ["PENDING", "PAID", "FAILED", "CANCELLED"])
    }

    @Test func listsByDayStatusAndPage() async throws {
        let standIn = SpectroCoinStandIn(seed: 3, hooks: nil, project: Self.project)
        let day = Timestamp(rfc3339: "2026-11-21T12:00:00Z") ?? Self.now
        let ids = (0..<5).map { standIn.makeOrder(at: day + .seconds(86_400 * $0)).id }
        for id in ids { _ = standIn.advance(id, at: day) }
        try await withServed(standIn) { served in
            let form = "grant_type=client_credentials&client_id=a&client_secret=b"
            let granted = try await served.ask("POST", "/api/public/oauth/token", body: Array(form.utf8))
            let token = try #require(granted.object["access_token"]?.string)
            let bearer = [("authorization", "Bearer \(token)")]
            func list(_ query: String) async throws -> [String] {
                let answer = try await served.ask("GET", "/api/public/merchants/orders" + query, headers: bearer)
                guard case .array(let rows) = answer.object["content"] else { return ["HTTP \(answer.status)"] }
                return rows.compactMap { $0.object?["id"]?.string }
            }
            #expect(try await list("") == ids)
            #expect(try await list("?dateFrom=2026-11-22&dateTo=2026-11-23") == Array(ids[1...2]))
            #expect(try await list("?page=1&size=2") == Array(ids[2...3]))
            #expect(try await list("?status=NEW").count == 5)
            #expect(try await list("?status=PAID") == [])
            #expect(try await list("?dateFrom=yesterday") == ["HTTP 400"])
            let unknown = "/api/public/merchants/orders/\(Self.project)"
            #expect(try await served.ask("GET", unknown, headers: bearer).status == 404)
            #expect(try await served.ask("GET", unknown).status == 401)
            #expect(try await served.ask("POST", "/api/public/oauth/token").status == 400)
        }
    }
}
