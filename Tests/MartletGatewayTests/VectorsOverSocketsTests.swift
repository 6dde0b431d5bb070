// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletGateway
import MartletRuntime
import MartletStore
import MartletTesting
import MartletWire
import Testing

/// Every vector that is a request, through the real listener, engine and store.
@Suite(.serialized, .timeLimit(.minutes(2))) struct VectorsOverSocketsTests {
    @Test func spectrocoin() async throws {
        let (file, cases) = try VectorCase.all("spectrocoin")
        let secrets = try #require(file["secrets"] as? [String: String])
        let source = """
            { "provider": "spectrocoin", "id": "shop-eu", "shop": "nordic", "testMode": true,
              "merchantId": "\(secrets["merchantId"] ?? "")", "apiId": "\(secrets["apiId"] ?? "")",
              "userId": "\(secrets["userId"] ?? "")", "merchantApiId": "\(secrets["merchantApiId"] ?? "")",
              "publicKeys": ["file:provider.pem"],
              "clientId": "plain:\(secrets["client_id"] ?? "")",
              "clientSecret": "plain:\(secrets["client_secret"] ?? "")" }
            """
        let files = ["provider.pem": secrets["provider_public_key_pem"] ?? ""]
        for vector in cases {
            try await GatewayHarness.run(sources: source, files: files) { harness in
                try await check(vector, among: cases, harness)
            }
        }
    }

    @Test func cryptomus() async throws {
        let (file, cases) = try VectorCase.all("cryptomus")
        let secrets = try #require(file["secrets"] as? [String: String])
        for vector in cases {
            let allowed = vector.settings["allowed_source_ips"] as? [String] ?? []
            let payout = vector.settings["payout_key"] as? String ?? secrets["payout_key"] ?? ""
            let payoutKey = payout.isEmpty ? "null" : "\"plain:\(payout)\""
            let source = """
                { "provider": "cryptomus", "id": "main", "shop": "nordic",
                  "paymentKey": "plain:\(secrets["payment_key"] ?? "")", "payoutKey": \(payoutKey),
                  "allowedSources": [\(allowed.map { "\"\($0)\"" }.joined(separator: ","))] }
                """
            try await GatewayHarness.run(sources: source) { harness in
                try await check(vector, among: cases, harness)
            }
        }
    }

    @Test func kryptoswapWithASecretForEachOrder() async throws {
        let (file, cases) = try VectorCase.all("kryptoswap")
        let defaults = try #require(file["settings"] as? [String: Any])
        for vector in cases {
            let names = (vector.settings["hash_field_names"] ?? defaults["hash_field_names"]) as? [String] ?? []
            let source = """
                { "provider": "kryptoswap", "id": "main", "shop": "nordic",
                  "hashFields": [\(names.map { "\"\($0)\"" }.joined(separator: ","))] }
                """
            let clock = FixedClock(moment: try #require(vector.clock))
            try await GatewayHarness.run(sources: source, clock: clock) { harness in
                try await Self.saveOrders(of: file, harness)
                try await check(vector, among: cases, harness)
            }
        }
    }

    @Test func kryptoswapWithASecretForTheSource() async throws {
        let (file, cases) = try VectorCase.all("kryptoswap")
        let vector = try #require(cases.first { $0.id == "ks-001" })
        let source = """
            { "provider": "kryptoswap", "id": "main", "shop": "nordic", "ipnSecret": "plain:SECRET123" }
            """
        let clock = FixedClock(moment: try #require(vector.clock))
        try await GatewayHarness.run(sources: source, clock: clock) { harness in
            let answer = try await harness.send(vector.method, vector.path, headers: vector.headers, body: vector.body)
            #expect(answer.status == 200)
            #expect(answer.body == "ok")
            let id = EventID(rawValue: try #require(vector.eventID))
            let event = try #require(try await harness.gateway.store.event(id))
            // No order is registered, so the merchant's number is not known.
            #expect(event.event.merchantOrderID == nil)
            #expect(file["cases"] != nil)
        }
    }

    // MARK: one case

    private func check(_ vector: VectorCase, among cases: [VectorCase], _ harness: GatewayHarness) async throws {
        for id in vector.earlier {
            let earlier = try #require(cases.first { $0.id == id })
            let answer = try await harness.send(
                earlier.method,
                earlier.path,
                headers: earlier.headers,
                body: earlier.body
            )
            #expect(answer.status == 200, "\(id), before \(vector.id)")
        }
        let answer = try await harness.send(vector.method, vector.path, headers: vector.headers, body: vector.body)
        #expect(answer.status == vector.response.status, "\(vector.id)")
        #expect(answer.headers[first: "content-type"] == vector.response.contentType, "\(vector.id)")
        #expect(answer.body == vector.response.body, "\(vector.id)")
        let store = harness.gateway.store
        let events = try await store.events(EventQuery())
        let quarantined = try await store.quarantined(nil, limit: 10)
        if vector.isAccepted, vector.hasFetches {
            #expect(events.isEmpty, "\(vector.id): a hint proves nothing by itself")
            #expect(try await store.hints(nil, limit: 10).count == 1, "\(vector.id): the hint is kept once")
        } else if vector.isAccepted {
            let id = EventID(rawValue: try #require(vector.eventID, "\(vector.id)"))
            #expect(events.map(\.id) == [id], "\(vector.id)")
            let envelope = try #require(events.first?.envelope, "\(vector.id)")
            let differences = try vector.differences(from: envelope)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(quarantined.isEmpty, "\(vector.id)")
        } else {
            #expect(events.isEmpty, "\(vector.id)")
            let kept = vector.reason == "method_not_allowed" ? [] : [vector.reason]
            #expect(quarantined.map(\.refusal.reason.rawValue) == kept.compactMap { $0 }, "\(vector.id)")
            #expect(quarantined.allSatisfy { $0.callback.body == vector.body }, "\(vector.id): kept byte for byte")
        }
    }

    static func saveOrders(of file: [String: Any], _ harness: GatewayHarness) async throws {
        let secrets = try #require(file["secrets"] as? [String: Any])
        let orders = try #require(secrets["orders"] as? [String: [String: String]])
        for (id, order) in orders {
            let known = KnownOrder(
                objectID: id,
                uid: order["orderUID"],
                orderSecret: order["order_secret"].map(Secret.init(text:)),
                ipnSecret: order["ipn_secret"].map(Secret.init(text:)),
                merchantOrderID: order["merchant_order_id"]
            )
            try await harness.gateway.store.save(known, of: SourceID(provider: "kryptoswap", id: "main"))
        }
    }
}

/// A clock that stands still at a vector's moment; its timers are the system's.
struct FixedClock: WallClock {
    let moment: Timestamp

    func now() -> Timestamp { moment }

    func schedule(at deadline: Timestamp, on queue: DispatchQueue, fire: @escaping @Sendable () -> Void)
        -> any ScheduledTimer
    {
        let system = SystemClock()
        return system.schedule(at: system.now() + (deadline - moment), on: queue, fire: fire)
    }
}
