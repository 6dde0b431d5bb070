// SPDX-License-Identifier: Apache-2.0
import Dispatch
import GRDB
import MartletCore
import MartletCrypto
import MartletStore
import MartletTesting
import Testing

@testable import MartletStoreSQLite

/// Secrets that former versions stored as they came, and the key that is in force when something is written.
struct SealingTests {
    private static let order = KnownOrder(
        objectID: "order-1",
        orderSecret: Secret(text: "order"),
        ipnSecret: Secret(text: "ipn")
    )

    private static func storeUnsealed(_ temporary: TemporaryStore) async throws {
        let store = try SQLiteEventStore(path: temporary.path)
        await store.close()
        try temporary.tamper { database in
            try database.execute(
                sql: """
                    INSERT INTO orders (source, object_id, order_secret, ipn_secret, sealed_by)
                    VALUES (?, 'order-1', CAST('order' AS BLOB), CAST('ipn' AS BLOB), '')
                    """,
                arguments: [Samples.source.description]
            )
        }
    }

    @Test func whatWasStoredUnsealedIsReadAndSealedAnew() async throws {
        try await TemporaryStore.with { temporary in
            try await Self.storeUnsealed(temporary)
            let store = try SQLiteEventStore(path: temporary.path, sealing: Samples.sealing)
            #expect(try await store.order(of: Samples.source, objectID: "order-1") == Self.order)
            #expect(try await store.resealSecrets(limit: 10) == 1)
            #expect(try await store.resealSecrets(limit: 10) == 0)
            #expect(try await store.order(of: Samples.source, objectID: "order-1") == Self.order)
            await store.close()
        }
    }

    /// A secret that stays beside a new one is sealed along with it.
    @Test func whatWasStoredUnsealedIsSealedWithWhatComes() async throws {
        try await TemporaryStore.with { temporary in
            try await Self.storeUnsealed(temporary)
            let store = try SQLiteEventStore(path: temporary.path, sealing: Samples.sealing)
            try await store.save(KnownOrder(objectID: "order-1", ipnSecret: Secret(text: "new")), of: Samples.source)
            var wanted = Self.order
            wanted.ipnSecret = Secret(text: "new")
            #expect(try await store.order(of: Samples.source, objectID: "order-1") == wanted)
            #expect(try await store.resealSecrets(limit: 10) == 0)
            await store.close()
        }
    }

    /// To register an order again is the way out when the key of its secrets is lost.
    @Test func whatIsReplacedIsNotOpened() async throws {
        try await TemporaryStore.with { temporary in
            let (lost, present) = (
                SecretBox(try SecretsKey(Secret(text: SecretsKey.generate()))),
                SecretBox(try SecretsKey(Secret(text: SecretsKey.generate())))
            )
            let sealing = SealerBox(lost)
            let store = try SQLiteEventStore(path: temporary.path, sealing: sealing)
            try await store.save(Self.order, of: Samples.source)
            sealing.exchange(present)
            await #expect(throws: StoreError.self, "what stays must be opened") {
                try await store.save(
                    KnownOrder(objectID: "order-1", ipnSecret: Secret(text: "new")),
                    of: Samples.source
                )
            }
            var wanted = Self.order
            wanted.ipnSecret = Secret(text: "new")
            try await store.save(wanted, of: Samples.source)
            #expect(try await store.order(of: Samples.source, objectID: "order-1") == wanted)
            await store.close()
        }
    }

    /// Whatever waits for the disk while a key is exchanged is sealed with the new one.
    @Test func theKeyOfTheMomentOfWritingSeals() async throws {
        try await TemporaryStore.with { temporary in
            let (former, present) = (
                SecretBox(try SecretsKey(Secret(text: SecretsKey.generate()))),
                SecretBox(try SecretsKey(Secret(text: SecretsKey.generate())))
            )
            let sealing = SealerBox(former)
            let store = try SQLiteEventStore(path: temporary.path, sealing: sealing)
            let (isHeld, goOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
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
            let endpoint = ManagedEndpoint(
                id: EndpointID("crm"),
                version: 1,
                settings: Array("{}".utf8),
                secrets: Secret(text: "{}"),
                createdAt: Samples.now,
                changedAt: Samples.now
            )
            async let created = store.create(endpoint)
            async let saved: Void = store.save(Self.order, of: Samples.source)
            while store.commits?.waitingCount ?? 2 < 2 { await Task.yield() }
            sealing.exchange(present)
            goOn.signal()
            try await hold.value
            #expect(try await created)
            try await saved
            #expect(try await store.sealingKeys() == [present.keyID])
            await store.close()
        }
    }
}
