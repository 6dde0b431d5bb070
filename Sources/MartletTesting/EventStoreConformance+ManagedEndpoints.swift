// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore

extension EventStoreConformance {
    /// A key of its own for each case.
    private static func sealed() -> Options {
        var options = Options()
        options.sealing = SealerBox(try? SecretBox(SecretsKey(Secret(text: SecretsKey.generate()))))
        return options
    }

    private static func endpoint(_ id: String, version: Int64 = 1, secrets: String = "{}") -> ManagedEndpoint {
        ManagedEndpoint(
            id: EndpointID(id),
            version: version,
            settings: Array("{\"url\":\"https://\(id).example\"}".utf8),
            secrets: Secret(text: secrets),
            createdAt: Samples.now,
            changedAt: Samples.now + .seconds(Int(version))
        )
    }

    static let managedEndpointCases: [Case] = [
        Case("keepsEndpointsThatTheAPIMade", options: sealed()) { store, _ in
            try checkEqual(try await store.managedEndpoints(), [])
            let one = endpoint("one", secrets: "{\"secrets\":[\"whsec_1\"]}")
            try check(try await store.create(one), "a new id is taken")
            try check(try await store.create(endpoint("another")), "another as well")
            try check(try await !store.create(one), "an id is taken once")
            try checkEqual(try await store.managedEndpoints(), [endpoint("another"), one], "by id, as they were")
        },
        Case("anEndpointIsReplacedByItsNextVersionOnly", options: sealed()) { store, _ in
            _ = try await store.create(endpoint("one"))
            let second = endpoint("one", version: 2, secrets: "{\"auth\":{}}")
            try check(try await store.replace(second), "the second follows the first")
            try check(try await !store.replace(endpoint("one", version: 2)), "only one of two wins")
            try check(try await !store.replace(endpoint("other", version: 2)), "there is no such endpoint")
            var third = endpoint("one", version: 3)
            third.isRemoving = true
            try checkEqual(try await store.managedEndpoints(), [second])
            try check(try await store.replace(third), "the third follows the second")
            try checkEqual(try await store.managedEndpoints(), [third])
        },
        Case("anEndpointGoesWithItsHealth", options: sealed()) { store, _ in
            let id = EndpointID("one")
            _ = try await store.create(endpoint("one"))
            var health = EndpointHealth.Saved()
            health.disabled = Disablement(reason: .byOperator, at: Samples.now)
            try await store.save(health, of: id)
            try await store.removeManagedEndpoint(id)
            try checkEqual(try await store.managedEndpoints(), [])
            try checkEqual(try await store.endpointHealth()[id], nil)
            try check(try await store.create(endpoint("one")), "the id is free again")
        },
        Case("withoutAKeyNoEndpointIsStored") { store, _ in
            do {
                _ = try await store.create(endpoint("one"))
                throw ConformanceFailure(description: "it was stored unsealed")
            } catch let error as StoreError {
                try checkEqual(error.label, "secrets_key")
            }
        },
        Case("cancelsWhatIsPendingInPortions") { store, _ in
            let other = EndpointID("other")
            for number in 0..<5 {
                _ = try await stored(store, number, [Samples.delivery(), Samples.delivery(other)])
            }
            let claimed = try await store.claimDue(Samples.ledger, now: Samples.now, limit: 1)
            try checkEqual(claimed.deliveries.count, 1)
            try checkEqual(try await store.cancelPending(of: Samples.ledger, limit: 3), 3)
            try checkEqual(try await store.cancelPending(of: Samples.ledger, limit: 3), 1, "what is in flight stays")
            try checkEqual(try await store.cancelPending(of: Samples.ledger, limit: 3), 0)
            try checkEqual(try await store.deliveries(DeliveryQuery(state: .cancelled)).count, 4)
            let statistics = try await store.statistics(now: Samples.now)
            try checkEqual(statistics.deliveries[.cancelled], 4)
            try checkEqual(statistics.deliveries[.pending].map { $0 + (statistics.deliveries[.inFlight] ?? 0) }, 6)
        },
    ]

    static let sealingCases: [Case] = [
        Case("sealsSecretsAnewInPortionsAndOpensThemUnderEitherKey") { store, harness in
            let orders = (0..<3).map { number in
                KnownOrder(
                    objectID: "order-\(number)",
                    orderSecret: number == 1 ? nil : Secret(text: "order secret \(number)"),
                    ipnSecret: Secret(text: "ipn secret \(number)")
                )
            }
            for order in orders { try await store.save(order, of: Samples.source) }
            try await store.save(KnownOrder(objectID: "bare"), of: Samples.source)
            // Less than any id of a key: the walk over these must end all the same.
            let request = IdempotentRequest(caller: "shop", key: "0", digest: [1])
            let answer = StoredAnswer(status: 201, mediaType: "text/plain", body: Array("shown once".utf8))
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
                _ = box.keyID == first.id ? try await sealing.create(endpoint("one")) : false
                var counts: [Int] = []
                while let last = try? await sealing.resealSecrets(limit: 3), last > 0 { counts.append(last) }
                try checkEqual(counts.reduce(0, +), box.keyID == first.id ? 4 : 5, "all of them, once")
                try check(counts.allSatisfy { $0 <= 3 }, "in portions")
                try checkEqual(try await sealing.sealingKeys(), [box.keyID])
                for order in orders {
                    let stored = try await sealing.order(of: Samples.source, objectID: order.objectID)
                    try checkEqual(stored, order)
                }
                try checkEqual(try await sealing.claim(request, now: Samples.now), .answered(answer))
                try checkEqual(try await sealing.managedEndpoints(), [endpoint("one")])
                await sealing.close()
            }

            options.sealing = SealerBox(SecretBox(first))
            let wrong = try await harness.open(options)
            var label = ""
            do throws(StoreError) {
                _ = try await wrong.order(of: Samples.source, objectID: "order-0")
            } catch {
                label = error.label
            }
            await wrong.close()
            try checkEqual(label, "secrets_key", "the former key opens nothing any more")
        }
    ]
}
