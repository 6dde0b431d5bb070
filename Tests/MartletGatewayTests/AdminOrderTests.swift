// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto
import MartletGateway
import MartletNet
import MartletStore
import MartletTesting
import MartletWire
import Synchronization
import Testing

/// Creating orders over the admin API: a real gateway, a stand-in for the provider on a real socket.
@Suite(.serialized, .timeLimit(.minutes(1))) struct AdminOrderTests {
    private static let orderID = "5d8e6002b80b7b4cd75a6424"
    private static let path = "/v1/sources/kryptoswap/main/orders"
    private static let body = #"{"order":{"routeId":"r-1","amount":0.10},"merchantOrderId":"NO-1"}"#

    private static func answer(_ number: Int = 0) -> ScriptedServer.Behaviour {
        let id = orderID.dropLast(4) + String(1000 + number)
        return .answer(
            status: 200,
            body: Array(#"{"success":true,"data":{"_id":"\#(id)","uid":1409,"secret":"order-secret","rid":"7Q"}}"#.utf8)
        )
    }

    /// An order of its own for each request.
    private static func countingUp() -> @Sendable (ScriptedServer.Request) -> ScriptedServer.Behaviour {
        let count = Atomic(0)
        return { _ in answer(count.add(1, ordering: .relaxed).newValue) }
    }

    private static func source(_ base: String, _ more: String = "") -> String {
        """
        { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(base)",
          "shopRules": [{ "orderPrefix": "UZ-", "shop": "tashkent" }]\(more) }
        """
    }

    /// A gateway that knows its public address, and the provider's stand-in.
    private func run(
        endpoints: String = "",
        _ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Behaviour,
        _ body: (GatewayHarness, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try ScriptedServer(script: script)
        defer { server.stop() }
        try await GatewayHarness.run(
            sources: Self.source(server.url("")),
            endpoints: endpoints,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) { harness in
            try await Self.publish(harness)
            try await body(harness, server)
        }
    }

    private static func publish(_ harness: GatewayHarness) async throws {
        var configuration = harness.configuration
        configuration.ingest.publicURL = "https://pay.example/in"
        try await harness.gateway.reload(configuration)
    }

    /// The `ipnSecret` of a request that reached the provider.
    private static func ipnSecret(_ request: ScriptedServer.Request) throws -> String {
        try #require(try JSONReader.readObject(request.body).object["ipnSecret"]?.string)
    }

    private static func notification(_ id: String, _ secret: String, at moment: Date = Date()) -> [UInt8] {
        let values = [
            id, "done", "0.10", "600.5", "BTC", "USDTTRC20", String(Int64(moment.timeIntervalSince1970 * 1000)),
        ]
        let hash = Hex.encode(Digest.sha256(Array((values + [secret]).joined(separator: ":").utf8)))
        let names = ["orderId", "newStatus", "inAmount", "outAmount", "xml_from", "xml_to", "timestamp", "hash"]
        return Array(zip(names, values + [hash]).map { "\($0)=\($1)" }.joined(separator: "&").utf8)
    }

    private static let formHeaders = [("Content-Type", "application/x-www-form-urlencoded")]

    @Test func anOrderIsCreatedWatchedAndItsNotificationDelivered() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await run(endpoints: AdminClient.endpoint("ledger", subscriber.url)) { _ in
            Self.answer()
        } _: { harness, server in
            let client = AdminClient(harness: harness, key: "operator-key-0123456789")
            let created = try await client.post(Self.path, Self.body)
            #expect(created.status == 201, "\(created.detail)")
            #expect(created.text("id") == "wch_1")
            #expect(created.text("source") == "kryptoswap/main")
            #expect(created.text("orderUID") == "1409")
            #expect(created.text("merchantOrderId") == "NO-1")
            #expect(created.text("order", "secret") == "order-secret")
            #expect(created.text("order", "rid") == "7Q")
            #expect(created.text("watch", "state") == "open")
            #expect(created.headers[first: "Cache-Control"] == "no-store")

            let sent = try #require(server.requests.first)
            #expect(sent.target == "/public/exchanger/order/create")
            let secret = try Self.ipnSecret(sent)
            #expect(secret.utf8.count == 64 && Hex.decode(secret) != nil)
            #expect(
                String(decoding: sent.body, as: UTF8.self)
                    == #"{"routeId":"r-1","amount":0.10,"ipnUrl":"https://pay.example/in/hooks/kryptoswap/main","ipnSecret":"\#(secret)"}"#
            )
            #expect(!"\(created.object)".contains(secret))

            let id = try #require(created.text("orderId"))
            let taken = try await harness.send(
                "POST",
                "/hooks/kryptoswap/main",
                headers: Self.formHeaders,
                body: Self.notification(id, secret)
            )
            #expect(taken.status == 200)
            await subscriber.wait(for: 1)
            let watch = try await client.get("/v1/watches/wch_1")
            #expect(watch.text("state") == "closed")
            let events = try await client.get("/v1/events?order=NO-1")
            #expect(events.data.count == 1)
        }
        await subscriber.stop()
    }

    /// The provider may be quicker than the store.
    @Test func aNotificationThatOvertakesTheAnswerIsReleased() async throws {
        let port = Mutex<UInt16>(0)
        try await run { request in
            let id = String(Self.orderID.dropLast(4)) + "1000"
            guard let secret = try? Self.ipnSecret(request),
                let client = try? RawClient(port: port.withLock { $0 })
            else { return .answer(status: 500) }
            defer { client.close() }
            let answer = try? GatewayHarness.send(
                on: client,
                "POST",
                "/hooks/kryptoswap/main",
                headers: Self.formHeaders,
                body: Self.notification(id, secret)
            )
            return answer?.status == 404 ? Self.answer() : .answer(status: 500)
        } _: { harness, _ in
            port.withLock { $0 = harness.gateway.ingestAddress.port }
            let client = AdminClient(harness: harness)
            let created = try await client.post(Self.path, Self.body)
            #expect(created.status == 201, "\(created.detail)")
            #expect(try await client.get("/v1/quarantine").data.isEmpty)
            let events = try await client.get("/v1/events?order=NO-1").data
            #expect(events.map { $0["type"]?.string } == ["payment.paid"])
        }
    }

    @Test func refusalsSayWhatIsKnown() async throws {
        let answers = Mutex<[ScriptedServer.Behaviour]>([
            .answer(status: 200, body: Array(#"{"success":false,"error":{"message":"amount is too small"}}"#.utf8)),
            .redirect(to: "http://127.0.0.1:1/"), .answer(status: 200, body: Array("{}".utf8)),
            .answer(status: 429, headers: [("Retry-After", "7")]),
        ])
        try await run { _ in
            answers.withLock { $0.removeFirst() }
        } _: { harness, server in
            let client = AdminClient(harness: harness)
            let refused = try await client.post(Self.path, Self.body)
            #expect(refused.status == 502 && refused.text("code") == "provider_refused")
            #expect(refused.detail.contains("kryptoswap/main's provider refused the order: amount is too small"))
            let redirected = try await client.post(Self.path, Self.body)
            #expect(redirected.status == 502 && redirected.detail.contains("redirect, which is not followed"))
            let nonsense = try await client.post(Self.path, Self.body)
            #expect(nonsense.status == 504 && nonsense.text("code") == "outcome_unknown")
            #expect(nonsense.detail.contains("it may have an order"))
            let limited = try await client.post(Self.path, Self.body)
            #expect(limited.status == 502 && limited.headers[first: "Retry-After"] == "7")
            let paused = try await client.post(Self.path, Self.body)
            #expect(paused.status == 429 && paused.headers[first: "Retry-After"] != nil)
            #expect(server.requests.count == 4)

            let wrong = try await client.post(Self.path, #"{"order":{"ipnSecret":"mine"}}"#)
            #expect(wrong.status == 400 && wrong.text("field") == "order.ipnSecret")
            #expect(try await client.post(Self.path).text("field") == "body")
            let elsewhere = try await client.post("/v1/sources/kryptoswap/mian/orders", Self.body)
            #expect(elsewhere.status == 404 && elsewhere.object["near"] == .array([.string("kryptoswap/main")]))
            #expect(try await client.get("/v1/watches").data.isEmpty)
            #expect(server.requests.count == 4)
        }
        let refusing = try RefusingPort()
        try await GatewayHarness.run(
            sources: Self.source(refusing.url("")),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        ) {
            let client = AdminClient(harness: $0)
            let closed = try await client.post(Self.path, Self.body)
            #expect(closed.status == 409 && closed.detail.contains("ingest.publicURL is not set"))
            try await Self.publish($0)
            let away = try await client.post(Self.path, Self.body)
            #expect(away.status == 502 && away.text("code") == "provider_unreachable")
        }
    }

    @Test func aKeyOfOneShopCreatesOrdersOfThatShopOnly() async throws {
        try await run(Self.countingUp()) { harness, server in
            let nordic = AdminClient(harness: harness, key: "nordic-key-0123456789")
            #expect(try await nordic.post(Self.path, Self.body).status == 201)
            let other = try await nordic.post(Self.path, Self.body.replacing("NO-1", with: "UZ-1"))
            #expect(other.status == 403 && other.detail.contains("a shop that the key \"n\" does not reach"))
            #expect(server.requests.count == 1, "nothing is asked for in vain")
            let all = AdminClient(harness: harness)
            let created = try await all.post(Self.path, Self.body.replacing("NO-1", with: "UZ-1"))
            #expect(created.text("watch", "shop") == "tashkent")
            #expect(try await nordic.get("/v1/watches").data.count == 1)
            let viewer = AdminClient(harness: harness, key: "viewer-key-0123456789")
            #expect(try await viewer.post(Self.path, Self.body).status == 403)
        }
    }

    @Test func theSameKeyCreatesOneOrder() async throws {
        let server = try ScriptedServer(script: Self.countingUp())
        defer { server.stop() }
        let first = try await GatewayHarness.start(
            sources: Self.source(server.url("")),
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        )
        try await Self.publish(first)
        func create(
            _ key: String,
            on harness: GatewayHarness,
            _ body: String = Self.body
        ) async throws -> AdminClient.Answer {
            try await AdminClient(harness: harness).ask("POST", Self.path, body, headers: [("Idempotency-Key", key)])
        }
        let created = try await create("k-1", on: first)
        #expect(created.status == 201)
        #expect(created.headers[first: "Idempotent-Replayed"] == nil)
        let again = try await create("k-1", on: first)
        #expect(again.status == 201 && again.object == created.object)
        #expect(again.headers[first: "Idempotent-Replayed"] == "true")
        let other = try await create("k-1", on: first, Self.body + " ")
        #expect(other.status == 422 && other.text("field") == "Idempotency-Key")
        #expect(try await create("a b", on: first).status == 400)
        // What came to nothing does not use up its key.
        #expect(try await create("k-2", on: first, "{}").status == 400)
        #expect(try await create("k-2", on: first).status == 201)
        #expect(server.requests.count == 2)
        // What a crash cut off is not done again.
        let digest = Digest.sha256(Array("POST \(Self.path)\n\(Self.body)".utf8))
        let cutOff = IdempotentRequest(caller: "a", key: "k-3", digest: digest)
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        #expect(try await first.gateway.store.claim(cutOff, now: now) == .new)
        await first.stop(keepingFolder: true)

        let second = try await GatewayHarness.start(
            sources: Self.source(server.url("")),
            folder: first.folder,
            shops: ["nordic", "tashkent"],
            keys: AdminClient.keys
        )
        let restarted = try await create("k-1", on: second)
        #expect(restarted.status == 201 && restarted.object == created.object)
        let unknown = try await create("k-3", on: second)
        #expect(unknown.status == 504 && unknown.text("code") == "outcome_unknown")
        #expect(server.requests.count == 2)
        await second.stop()
    }

    @Test func requestsAtOnceWithOneKeyCreateOneOrder() async throws {
        let goOn = DispatchSemaphore(value: 0)
        try await run { _ in
            goOn.wait(for: "the test to let the provider answer")
            return Self.answer()
        } _: { harness, server in
            let client = AdminClient(harness: harness)
            let headers = [("Idempotency-Key", "k-1")]
            async let created = client.ask("POST", Self.path, Self.body, headers: headers)
            await server.waitForRequests(1)
            let meanwhile = try await client.ask("POST", Self.path, Self.body, headers: headers)
            #expect(meanwhile.status == 409 && meanwhile.headers[first: "Retry-After"] == "5")
            #expect(meanwhile.text("code") == "request_under_way")
            let other = try await client.ask("POST", Self.path, Self.body + " ", headers: headers)
            #expect(other.status == 422)
            goOn.signal()
            #expect(try await created.status == 201)
            #expect(try await client.ask("POST", Self.path, Self.body, headers: headers).status == 201)
            #expect(server.requests.count == 1)
        }
    }
}
