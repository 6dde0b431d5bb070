// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletWire
import Testing

@testable import MartletProviders

/// What a callback says can be read without its proof, for an operator who vouches for it; it is the same event.
struct ForcedTests {
    private static func callback(_ kind: String, provider: any PushProvider) throws -> Callback {
        let status = ["cryptomus": "paid", "kryptoswap": "done"][kind] ?? "charge.paid"
        let sample = try provider.sample(SampleTests.request(status))
        return Callback(
            method: "POST",
            headers: sample.headers,
            body: sample.body,
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
    }

    @Test(arguments: ["cryptomus", "kryptoswap", "hmac", "standard"])
    func saysTheSameWithoutProof(_ kind: String) throws {
        let provider = try SampleTests.provider(kind)
        let forcible = try #require(provider as? any ForcibleProvider)
        var callback = try Self.callback(kind, provider: provider)
        var judgement = provider.judge(callback, order: .notAsked)
        if case .needsOrder = judgement { judgement = provider.judge(callback, order: .unknown) }
        var proven = try #require(judgement.event)
        // Too old, from anywhere, and with a signature that proves nothing.
        callback.receivedAt = callback.receivedAt + .seconds(900_000)
        let text = String(decoding: callback.body, as: UTF8.self)
        let mark = kind == "cryptomus" ? "\"sign\":\"" : "hash="
        let parts = text.components(separatedBy: mark)
        if parts.count == 2 {
            callback.body = Array((parts[0] + mark + (parts[1].hasPrefix("0") ? "1" : "0") + parts[1].dropFirst()).utf8)
        }
        let kept = callback.headers.fields.filter { !$0.name.lowercased().hasSuffix("signature") }
        callback.headers = HeaderFields(kept.map { ($0.name, $0.value) })
        var forced = try forcible.normalise(callback, order: nil)
        #expect(forced.receivedAt == callback.receivedAt)
        forced.receivedAt = proven.receivedAt
        proven.verification = forced.verification
        #expect(forced == proven)
    }

    @Test func readsANotificationThatHasNoDigestAtAll() throws {
        let provider = try KryptoswapTests.provider(ipnSecret: Secret(text: "SHARED"))
        var callback = try Self.callback("kryptoswap", provider: provider)
        let text = String(decoding: callback.body, as: UTF8.self)
        callback.body = Array(text.split(separator: "&").filter { !$0.hasPrefix("hash=") }.joined(separator: "&").utf8)
        guard case .refused(let refusal) = provider.judge(callback, order: .notAsked) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.reason == .missingSignature)
        let order = KnownOrder(objectID: "", uid: "AB12", merchantOrderID: "NO-1")
        let event = try provider.normalise(callback, order: order)
        #expect(event.merchantOrderID == "NO-1")
        #expect(event.type == .paymentPaid)
    }

    @Test func refusesWhatCannotBeRead() throws {
        for kind in ["cryptomus", "kryptoswap", "hmac", "standard"] {
            let provider = try SampleTests.provider(kind)
            let forcible = try #require(provider as? any ForcibleProvider)
            var callback = try Self.callback(kind, provider: provider)
            callback.body = Array("{\"a\":".utf8)
            #expect(throws: Refusal.self, "\(kind)") { try forcible.normalise(callback, order: nil) }
        }
        let spectrocoin = try SampleTests.provider("spectrocoin")
        #expect(!(spectrocoin is any ForcibleProvider))
    }
}
