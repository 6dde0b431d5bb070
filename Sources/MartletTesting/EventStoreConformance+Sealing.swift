// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore

extension EventStoreConformance {
    private static func keyless() -> Options {
        var options = Options()
        options.sealing = SealerBox()
        return options
    }

    private static func label(_ body: () async throws(StoreError) -> Void) async -> String {
        do throws(StoreError) {
            try await body()
            return "done"
        } catch {
            return error.label
        }
    }

    private static let endpoint = ManagedEndpoint(
        id: EndpointID("one"),
        version: 1,
        settings: Array("{}".utf8),
        secrets: Secret(text: "{}"),
        createdAt: Samples.now,
        changedAt: Samples.now
    )

    static let sealingCases: [Case] = [
        Case("storesNoSecretWithoutAKey", options: keyless()) { store, _ in
            try checkEqual(await label { () throws(StoreError) in try store.checkSealing() }, "no_secrets_key")
            let secret = KnownOrder(objectID: "object-1", orderSecret: Secret(text: "order"))
            try checkEqual(
                await label { () throws(StoreError) in try await store.save(secret, of: Samples.source) },
                "no_secrets_key"
            )
            var plan = Samples.plan()
            plan.order = KnownOrder(objectID: "object-2", ipnSecret: Secret(text: "ipn"))
            let refused = plan
            try checkEqual(
                await label { () throws(StoreError) in
                    _ = try await store.register(refused, shop: "nordic", now: Samples.now)
                },
                "no_secrets_key"
            )
            try checkEqual(
                await label { () throws(StoreError) in _ = try await store.create(endpoint) },
                "no_secrets_key"
            )
            try check(try await store.watches(WatchQuery()).isEmpty, "nothing of it is there")
            try checkEqual(try await store.order(of: Samples.source, objectID: "object-1"), nil)
            try checkEqual(try await store.order(of: Samples.source, objectID: "object-2"), nil)

            let bare = KnownOrder(objectID: "object-3", merchantOrderID: "INV-3")
            plan.order = bare
            _ = try await store.register(plan, shop: "nordic", now: Samples.now)
            try checkEqual(
                try await store.order(of: Samples.source, objectID: "object-3"),
                bare,
                "an order without secrets needs no key"
            )
        },
        Case("keepsOfAnOrderWhatANewerOneLeavesOpen") { store, harness in
            let order = KnownOrder(
                objectID: "object-1",
                uid: "1409",
                orderSecret: Secret(text: "order"),
                ipnSecret: Secret(text: "ipn"),
                merchantOrderID: "INV-1",
                expectedDue: DecimalText("0.10").map { Amount($0, "BTC") }
            )
            try await store.save(order, of: Samples.source)
            try await store.save(KnownOrder(objectID: "object-1"), of: Samples.source)
            try checkEqual(try await store.order(of: Samples.source, objectID: "object-1"), order)
            await store.close()

            // Under a new key a secret that comes must not make one that stays unreadable.
            let other = try SecretsKey(Secret(text: SecretsKey.generate()))
            guard let key = Samples.secretsKey else { throw ConformanceFailure(description: "there is no key") }
            var options = Options()
            options.sealing = SealerBox(SecretBox(other, previous: [key]))
            let again = try await harness.open(options)
            let newer = KnownOrder(objectID: "object-1", ipnSecret: Secret(text: "new ipn"), merchantOrderID: "INV-2")
            try await again.save(newer, of: Samples.source)
            let keys = try await again.sealingKeys()
            await again.close()
            options.sealing = SealerBox(SecretBox(other))
            let last = try await harness.open(options)
            let found = try await last.order(of: Samples.source, objectID: "object-1")
            await last.close()
            var wanted = order
            wanted.ipnSecret = newer.ipnSecret
            wanted.merchantOrderID = "INV-2"
            try checkEqual(found, wanted)
            try checkEqual(keys, [other.id])
        },
        Case("sealsSecretsAnewInPortionsAndOpensThemUnderEitherKey", options: keyless()) { store, harness in
            let orders = (0..<3).map { number in
                KnownOrder(
                    objectID: "order-\(number)",
                    orderSecret: number == 1 ? nil : Secret(text: "order secret \(number)"),
                    ipnSecret: Secret(text: "ipn secret \(number)")
                )
            }
            try await store.save(KnownOrder(objectID: "bare"), of: Samples.source)
            // Sorts before every key's name, as a UUID may: its name is no key's.
            let request = IdempotentRequest(caller: "shop", key: "-", digest: [1])
            let answer = StoredAnswer(status: 201, mediaType: "text/plain", body: Array("it is done".utf8))
            _ = try await store.claim(request, now: Samples.now)
            try await store.keep(answer, of: request)
            try checkEqual(try await store.sealingKeys(), [], "nothing is sealed without a key")
            await store.close()

            let first = try SecretsKey(Secret(text: SecretsKey.generate()))
            let second = try SecretsKey(Secret(text: SecretsKey.generate()))
            var options = Options()
            for box in [SecretBox(first), SecretBox(second, previous: [first])] {
                options.sealing = SealerBox(box)
                let sealing = try await harness.open(options)
                let isFirst = box.keyID == first.id
                if isFirst {
                    _ = try await sealing.create(endpoint)
                    for order in orders { try await sealing.save(order, of: Samples.source) }
                }
                var counts: [Int] = []
                while let last = try? await sealing.resealSecrets(limit: 3), last > 0 { counts.append(last) }
                try checkEqual(counts.reduce(0, +), isFirst ? 1 : 5, "all of them, once")
                try check(counts.allSatisfy { $0 <= 3 }, "in portions")
                try checkEqual(try await sealing.sealingKeys(), [box.keyID])
                for order in orders {
                    let stored = try await sealing.order(of: Samples.source, objectID: order.objectID)
                    try checkEqual(stored, order)
                }
                try checkEqual(try await sealing.claim(request, now: Samples.now), .answered(answer))
                try checkEqual(try await sealing.managedEndpoints(), [endpoint])
                await sealing.close()
            }

            options.sealing = SealerBox(SecretBox(first))
            let wrong = try await harness.open(options)
            let opened = await label { () throws(StoreError) in
                _ = try await wrong.order(of: Samples.source, objectID: "order-0")
            }
            await wrong.close()
            try checkEqual(opened, "secrets_key", "the former key opens nothing any more")
        },
    ]
}
