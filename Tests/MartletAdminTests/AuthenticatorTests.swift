// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletAdmin

struct AuthenticatorTests {
    private static let keys = [
        AdminKey(name: "ops", key: Secret(text: "key-of-ops"), role: .operator),
        AdminKey(name: "shop", key: Secret(text: "key-of-shop"), role: .viewer, shops: ["nordic"]),
    ]

    private func judge(_ values: [String], _ authenticator: Authenticator = Authenticator(keys))
        -> Authenticator.Verdict
    {
        let headers = HeaderFields(values.map { ("Authorization", $0) })
        return authenticator.judge(headers, from: .loopback, at: Samples.now)
    }

    @Test func recognisesEachKeyWithItsRoleAndShops() {
        #expect(judge(["Bearer key-of-ops"]) == .caller(Caller(name: "ops", role: .operator, shops: nil)))
        #expect(judge(["bearer  key-of-shop"]) == .caller(Caller(name: "shop", role: .viewer, shops: ["nordic"])))
    }

    @Test(arguments: [
        ["Bearer key-of-op"], ["Bearer key-of-opsx"], ["Bearer "], ["Bearer"], [""], ["Basic key-of-ops"],
        ["key-of-ops"], ["Bearer key-of-ops", "Bearer key-of-ops"], ["Bearer key-of-ops key-of-ops"],
        ["Bearer KEY-OF-OPS"],
    ])
    func refusesWhatIsNoKey(values: [String]) {
        #expect(judge(values) == .wrong)
    }

    @Test func tellsMissingFromWrong() {
        #expect(judge([]) == .missing)
        #expect(judge(["Bearer key-of-ops"], Authenticator([])) == .noKeys)
    }

    @Test func requestsWithoutAKeyAreNoGuesses() {
        let authenticator = Authenticator(Self.keys)
        for _ in 0..<100 { #expect(judge([], authenticator) == .missing) }
        for _ in 0..<FailureLimiter.burst { #expect(judge(["Bearer no"], authenticator) == .wrong) }
        #expect(judge(["Bearer no"], authenticator) == .tooMany(seconds: 3))
        #expect(judge(["Bearer key-of-ops"], authenticator) == .tooMany(seconds: 3), "or guessing would go on")
        #expect(judge([], authenticator) == .missing)
    }
}
