// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import MartletConfig
import MartletCore
import MartletCrypto
import MartletProviders
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway
@testable import MartletStoreSQLite

/// What comes through the API is stored sealed or not at all, and stays readable when keys change.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SecretsKeyTests {
    private static let orderID = "5d8e6002b80b7b4cd75a6424"
    private static let watch = """
        {"source":"kryptoswap/main","orderId":"\(orderID)","orderUID":"1409","orderSecret":"very-secret-order",
         "ipnSecret":"very-secret-ipn"}
        """
    private static let source = SourceID(provider: "asked", id: "main")

    private static func sources(_ base: String) -> String {
        """
        { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(base)" }, \(WatchableKind.source)
        """
    }

    private static func published(_ configuration: Configuration) -> Configuration {
        var configuration = configuration
        configuration.ingest.publicURL = "https://pay.example/in"
        return configuration
    }

    @Test func withoutAKeyNoSecretIsTakenAndTheAnswerSaysWhatToDo() async throws {
        let provider = try ScriptedServer(script: { _ in .answer(status: 500) })
        defer { provider.stop() }
        let kinds = ProviderRegistry.kinds + [WatchableKind.kind]
        let harness = try await GatewayHarness.start(
            sources: Self.sources(provider.url("")),
            keys: AdminClient.keys,
            secretsKey: nil,
            providers: kinds
        )
        try await harness.gateway.reload(Self.published(harness.configuration))
        let client = AdminClient(harness: harness)
        let requests = [
            ("/v1/watches", Self.watch),
            ("/v1/watches", #"{"source":"asked/main","orderId":"A-1","ipnSecret":"very-secret-ipn"}"#),
            ("/v1/sources/kryptoswap/main/orders", #"{"order":{"routeId":"r-1","amount":0.10}}"#),
            ("/v1/endpoints", #"{"id":"crm","url":"https://crm.example/"}"#),
        ]
        for (path, body) in requests {
            let answer = try await client.ask("POST", path, body, headers: [("Idempotency-Key", path)])
            #expect(answer.status == 409 && answer.text("code") == "secrets_key_missing", "\(path): \(answer.detail)")
            #expect(answer.text("field") == "secretsKey")
            #expect(answer.text("rule")?.contains("is not in the configuration") == true)
            #expect(answer.text("remedy")?.contains("martlet keygen --secrets-key") == true)
        }
        #expect(provider.requests.isEmpty, "no order is created whose secrets could not be stored")
        #expect(try await client.get("/v1/watches").data.isEmpty)
        #expect(try await client.get("/v1/endpoints").data.isEmpty)
        #expect(try await harness.gateway.store.order(of: Self.source, objectID: "A-1") == nil)
        let bare = try await client.post("/v1/watches", #"{"source":"asked/main","orderId":"A-2"}"#)
        #expect(bare.status == 201, "what holds no secret needs no key")

        let (withKey, _) = try GatewayHarness.load(
            sources: Self.sources(provider.url("")),
            folder: harness.folder,
            keys: AdminClient.keys,
            providers: kinds
        )
        try await harness.gateway.reload(withKey)
        let taken = try await client.ask(
            "POST",
            "/v1/watches",
            Self.watch,
            headers: [("Idempotency-Key", "/v1/watches")]
        )
        #expect(taken.status == 201, "nothing had come of it, so its name is free: \(taken.detail)")
        await harness.stop(keepingFolder: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: harness.folder.path) {
            let contents = try Data(contentsOf: harness.folder.appendingPathComponent(name))
            #expect(contents.range(of: Data("very-secret".utf8)) == nil, "\(name)")
        }
        try FileManager.default.removeItem(at: harness.folder)
    }

    @Test func aKnownOrderKeepsItsSecretsUntilNewOnesAreGiven() async throws {
        try await GatewayHarness.run(
            sources: WatchableKind.source,
            keys: AdminClient.keys,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        ) { harness in
            let client = AdminClient(harness: harness)
            func register(_ more: String) async throws -> Secret? {
                let answer = try await client.post("/v1/watches", #"{"source":"asked/main","orderId":"held"\#(more)}"#)
                #expect([200, 201].contains(answer.status), "\(answer.detail)")
                return try await harness.gateway.store.order(of: Self.source, objectID: "held")?.ipnSecret
            }
            var kept: [Secret?] = []
            for more in [#","ipnSecret":"one""#, "", #","ipnSecret":"two""#] { kept.append(try await register(more)) }
            #expect(kept == [Secret(text: "one"), Secret(text: "one"), Secret(text: "two")])
        }
    }

    /// An order comes in while the configuration is read again, before or after the look at what the store's secrets are
    /// sealed with: the writer is held until both wait for it.
    @Test(arguments: [true, false])
    func whatIsStoredDuringAReloadIsReadableAfterIt(isOrderFirst: Bool) async throws {
        let (former, present) = (SecretsKey.generate(), SecretsKey.generate())
        let harness = try await GatewayHarness.start(
            sources: WatchableKind.source,
            endpoints: AdminClient.endpoint("ledger", "http://127.0.0.1:9/hook", "\"enabled\": false"),
            keys: AdminClient.keys,
            secretsKey: former,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        )
        let (changed, _) = try GatewayHarness.load(
            sources: WatchableKind.source,
            endpoints: AdminClient.endpoint("ledger", "http://127.0.0.1:9/hook", "\"enabled\": false"),
            folder: harness.folder,
            keys: AdminClient.keys,
            secretsKey: present,
            providers: ProviderRegistry.kinds + [WatchableKind.kind]
        )
        let store = try harness.sqlite()
        let order = KnownOrder(objectID: "A-1", ipnSecret: Secret(text: "ipn"))
        let isHeld = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let hold = Task {
            try await store.write("hold") { _ in
                isHeld.signal()
                goOn.wait()
            }
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue.global().async {
                isHeld.wait()
                continuation.resume()
            }
        }
        let save = { @Sendable () async throws in try await store.save(order, of: Self.source) }
        let reload = { @Sendable () async throws in try await harness.gateway.reload(changed) }
        async let first = Result(isOrderFirst ? save : reload)
        while store.commits?.waitingCount ?? 1 < 1 { await Task.yield() }
        async let second = Result(isOrderFirst ? reload : save)
        while store.commits?.waitingCount ?? 2 < 2 { await Task.yield() }
        goOn.signal()
        try await hold.value
        let outcome = await [first, second]
        let found = try await store.order(of: Self.source, objectID: "A-1")
        #expect(found == order, "whether it was taken over or not: \(outcome)")
        #expect(try await store.sealingKeys().count == 1)
        await harness.stop()
    }

    /// An order comes in while a configuration with the first key of all is read, which then cannot come into force.
    @Test func whatTheFirstKeySealedStaysReadableWhenTheReloadFails() async throws {
        let kinds = ProviderRegistry.kinds + [WatchableKind.kind]
        let endpoint = AdminClient.endpoint("ledger", "http://127.0.0.1:9/hook", "\"enabled\": false")
        let harness = try await GatewayHarness.start(
            sources: WatchableKind.source,
            endpoints: endpoint,
            secretsKey: nil,
            providers: kinds
        )
        let (changed, _) = try GatewayHarness.load(
            sources: WatchableKind.source,
            endpoints: endpoint,
            folder: harness.folder,
            providers: kinds
        )
        let store = try harness.sqlite()
        let order = KnownOrder(objectID: "A-1", ipnSecret: Secret(text: "ipn"))
        // Endpoints cannot come into force without it.
        try await harness.execute("ALTER TABLE deliveries RENAME TO away")
        let reload = Task { try await harness.gateway.reload(changed) }
        var isSaved = false
        while !isSaved {
            do throws(StoreError) {
                try await store.save(order, of: Self.source)
                isSaved = true
            } catch {
                #expect(error == .noSecretsKey)
                try Task.checkCancellation()
            }
        }
        await #expect(throws: StoreError.self) { try await reload.value }
        #expect(try await store.order(of: Self.source, objectID: "A-1") == order)
        try await harness.execute("ALTER TABLE away RENAME TO deliveries")
        try await harness.gateway.reload(changed)
        #expect(try await store.order(of: Self.source, objectID: "A-1") == order)
        await harness.stop()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: @Sendable () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
