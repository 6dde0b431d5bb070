// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire
import Testing

@testable import MartletProviders

/// Finding the member that carries the digest, whose name is not documented (providers.md section 6.2).
struct KryptoswapLearningTests {
    private static let secret = "SECRET123"
    private static let learning = Kryptoswap(
        source: KryptoswapTests.source,
        ipnSecret: Secret(text: secret),
        isLearning: true
    )

    /// A notification of now; `more` are members beside the seven, where `DIGEST` stands for the right one.
    private static func callback(_ more: [(String, String)], secret: String = secret, age: Duration = .zero) -> Callback
    {
        let time = Vectors.sampleTime - age
        let values = [
            KryptoswapTests.orderID, "inProgress", "2", "317.42", "ETH", "WMZ", String(time.milliseconds),
        ]
        let digest = Hex.encode(Digest.sha256(Array((values + [secret]).joined(separator: ":").utf8)))
        let members =
            zip(Kryptoswap.signedMembers, values).map { ($0, $1) }
            + more.map { ($0.0, $0.1.replacing("DIGEST", with: digest)) }
        return Callback(
            method: "POST",
            headers: HeaderFields([("Content-Type", "application/x-www-form-urlencoded")]),
            body: FormText.encode(members),
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
    }

    private static func refusal(
        _ callback: Callback,
        _ provider: Kryptoswap = learning,
        order: OrderLookup = .unknown
    ) -> Refusal? {
        guard case .refused(let refusal) = provider.judge(callback, order: order) else { return nil }
        return refusal
    }

    @Test(arguments: ["sig", "hash", "x-check", "toValues[0][hash]"])
    func namesTheMemberAndDeliversNothing(_ name: String) throws {
        let callback = Self.callback([("orderUID", "1409"), (name, "DIGEST"), ("other", "abc")])
        #expect(Self.learning.judge(callback, order: .notAsked) == .needsOrder(id: KryptoswapTests.orderID))
        let refusal = try #require(Self.refusal(callback))
        #expect(refusal.reason == .learning)
        #expect(
            refusal.detail
                == "the member \"\(name)\" equals the digest: set hashFields to [\"\(name)\"], reload with SIGHUP, then "
                + "martlet quarantine release --all --source kryptoswap/main"
        )
        let fixed = Kryptoswap(
            source: KryptoswapTests.source,
            ipnSecret: Secret(text: Self.secret),
            hashFields: [name]
        )
        guard case .accepted(let event) = fixed.judge(callback, order: .unknown) else {
            Issue.record("what was learned does not verify")
            return
        }
        #expect(event.providerStatus == "inProgress")
    }

    @Test func namesEveryMemberThatHoldsIt() throws {
        let refusal = try #require(Self.refusal(Self.callback([("a", "DIGEST"), ("b", "DIGEST")])))
        #expect(refusal.reason == .learning)
        #expect(refusal.detail.hasPrefix("the members \"a\", \"b\" equal the digest: set hashFields to [\"a\"]"))
    }

    @Test func anOrdersOwnSecretCounts() {
        let callback = Self.callback([("sig", "DIGEST")], secret: "the order's own")
        #expect(Self.refusal(callback)?.reason == .badSignature)
        let order = KnownOrder(objectID: KryptoswapTests.orderID, ipnSecret: Secret(text: "the order's own"))
        #expect(Self.refusal(callback, order: .known(order))?.reason == .learning)
        let none = Kryptoswap(source: KryptoswapTests.source, isLearning: true)
        #expect(Self.refusal(callback, none)?.reason == .unknownOrder)
    }

    @Test func whatIsNotProvenIsRefusedAsEver() throws {
        let cases: [(Callback, RefusalReason)] = [
            (Self.callback([("sig", "DIGEST")], secret: "another"), .badSignature), (Self.callback([]), .badSignature),
            (Self.callback([("sig", "xDIGEST")]), .badSignature),
            (Self.callback([("sig", "DIGEST")], age: .seconds(90_000)), .staleTimestamp),
        ]
        for (callback, reason) in cases { #expect(Self.refusal(callback)?.reason == reason) }
        let detail = try #require(Self.refusal(Self.callback([]))?.detail)
        #expect(detail == "learning: no member equals the digest of the others; is ipnSecret the right one?")
        let order = KnownOrder(objectID: KryptoswapTests.orderID, uid: "1")
        let other = Self.callback([("sig", "DIGEST"), ("orderUID", "2")])
        #expect(Self.refusal(other, order: .known(order))?.reason == .orderMismatch)
    }
}
