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
}
