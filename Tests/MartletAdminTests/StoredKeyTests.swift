// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore
import MartletTesting
import MartletWire
import Testing

@testable import MartletAdmin

/// Keys of the store beside those of the configuration.
struct StoredKeyTests {
    private static func stored(
        _ number: Int64,
        _ text: String,
        role: String = "operator",
        shops: Set<String>? = nil,
        expiresAt: Timestamp? = nil
    ) -> StoredKey {
        StoredKey(
            id: KeyID(number: number),
            key: NewKey(
                name: "k\(number)",
                role: role,
                shops: shops,
                digest: Digest.sha256(Array(text.utf8)),
                createdAt: Samples.now,
                createdBy: "ops",
                expiresAt: expiresAt
            )
        )
    }

    private static let configured = AdminKey(name: "ops", key: Secret(text: "key-of-ops"), role: .admin)

    private func judge(_ text: String, _ authenticator: Authenticator, at now: Timestamp = Samples.now)
        -> Authenticator.Verdict
    {
        let headers = HeaderFields([("Authorization", "Bearer \(text)")])
        return authenticator.judge(headers, from: .loopback, at: now)
    }

    private func admits(
        _ caller: Caller,
        _ text: String,
        _ authenticator: Authenticator,
        at now: Timestamp = Samples.now
    ) -> Bool {
        authenticator.admits(caller, byKeyWith: Digest.sha256(Array(text.utf8)), at: now)
    }

    /// The name, role and shops of the former key are not enough to be taken for its owner.
    @Test func anotherKeyOfTheSameNameAdmitsNobodyElse() {
        let authenticator = Authenticator([Self.configured])
        let caller = Caller(Self.configured)
        #expect(admits(caller, "key-of-ops", authenticator))
        authenticator.update([AdminKey(name: "ops", key: Secret(text: "another-key"), role: .admin)])
        #expect(!admits(caller, "key-of-ops", authenticator))
        authenticator.update([AdminKey(name: "ops", key: Secret(text: "key-of-ops"), role: .viewer)])
        #expect(!admits(caller, "key-of-ops", authenticator), "its role has changed")
    }

    @Test func aKeyOfTheStoreIsInForceUntilItIsRevoked() {
        let authenticator = Authenticator([])
        #expect(judge("one", authenticator) == .noKeys)
        authenticator.add([Self.stored(1, "one", shops: ["nordic"]), Self.stored(2, "two")])
        let one = Caller(name: "k1", role: .operator, shops: ["nordic"], key: KeyID(number: 1))
        #expect(judge("one", authenticator) == .caller(one))
        #expect(admits(one, "one", authenticator))
        authenticator.update([Self.configured])
        #expect(judge("one", authenticator) == .caller(one), "a reload leaves it")
        authenticator.remove(KeyID(number: 1))
        #expect(judge("one", authenticator) == .wrong)
        #expect(!admits(one, "one", authenticator))
        authenticator.add([Self.stored(1, "one")])
        #expect(judge("one", authenticator) == .wrong, "what was revoked never comes back")
        #expect(judge("key-of-ops", authenticator) == .caller(Caller(Self.configured)))
        authenticator.update([])
        #expect(judge("key-of-ops", authenticator) == .wrong)
    }

    @Test func aKeyIsWorthNothingFromItsExpiryOn() {
        let authenticator = Authenticator([Self.configured])
        let end = Samples.now + .seconds(60)
        authenticator.add([Self.stored(1, "one", expiresAt: end)])
        let caller = Caller(name: "k1", role: .operator, shops: nil, key: KeyID(number: 1), expiresAt: end)
        #expect(judge("one", authenticator, at: end - .milliseconds(1)) == .caller(caller))
        #expect(admits(caller, "one", authenticator, at: end - .milliseconds(1)))
        #expect(judge("one", authenticator, at: end) == .expired(caller, at: end))
        #expect(!admits(caller, "one", authenticator, at: end))
    }

    @Test func aRoleThatThisVersionDoesNotKnowLetsNobodyIn() {
        let authenticator = Authenticator([Self.configured])
        authenticator.add([Self.stored(1, "one", role: "emperor")])
        #expect(judge("one", authenticator) == .wrong)
    }

    /// The first, the last and no key at all, of the file and of the store, among a thousand: the same work.
    ///
    /// Measured side by side many times, so that whatever else the machine does hits all of them alike. A comparison that
    /// stopped at the right key would take a small part of the others' time for the first.
    @Test func rightAndWrongKeysTakeTheSameTime() {
        let configured = (0..<10).map { AdminKey(name: "c\($0)", key: Secret(text: "c-\($0)"), role: .viewer) }
        let authenticator = Authenticator(configured)
        authenticator.add((1...990).map { Self.stored($0, "s-\($0)") })
        let right = Digest.sha256(Array("c-0".utf8))
        #expect(!right.isEmpty)
        let tokens = ["c-0", "c-9", "s-1", "s-990", "wrong", "c-1x", "", String(repeating: "x", count: 64)]
            .map { Array($0.utf8) }
        var times: [[Duration]] = Array(repeating: [], count: tokens.count)
        let clock = ContinuousClock()
        for round in 0..<301 {
            for (index, token) in tokens.enumerated() {
                var isKnown = false
                let time = clock.measure { isKnown = authenticator.owner(of: token) != nil }
                #expect(isKnown == (index < 4))
                if round > 0 { times[index].append(time) }
            }
        }
        let medians = times.map { $0.sorted()[$0.count / 2] }
        let (least, most) = (medians.min() ?? .zero, medians.max() ?? .zero)
        #expect(most <= least * 3 / 2, "medians: \(medians)")
    }

    @Test func namesOfRequestsBelongToOneKeyOnly() {
        let old = Caller(name: "ci", role: .operator, shops: nil, key: KeyID(number: 1))
        let new = Caller(name: "ci", role: .operator, shops: nil, key: KeyID(number: 2))
        let ofFile = Caller(name: "ci", role: .operator, shops: nil)
        #expect(Set([old, new, ofFile].map(\.identity)).count == 3)
    }
}
