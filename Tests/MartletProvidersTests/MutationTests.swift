// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import MartletWire
import Testing

@testable import MartletProviders

/// A changed body is refused, or says the same: no byte under a signature can be changed unnoticed.
struct MutationTests {
    @Test(arguments: ["cryptomus", "kryptoswap", "spectrocoin", "hmac", "standard"])
    func neverBelievesAChange(_ kind: String) throws {
        let seed = UInt64.random(in: .min ... .max)
        print("MutationTests \(kind) seed \(seed)")
        var random = SplitMix64(seed: seed)
        let provider = try SampleTests.provider(kind)
        let key = kind == "spectrocoin" ? try SpectroCoinTests.privateKey() : nil
        let status = ["cryptomus": "payout:paid", "kryptoswap": "done", "spectrocoin": "3"][kind] ?? "charge.paid"
        let sample = try provider.sample(SampleTests.request(status, key: key))
        var callback = Callback(
            method: "POST",
            headers: sample.headers,
            body: sample.body,
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
        let original = try #require(Self.event(provider, callback))
        for _ in 0..<3000 {
            callback.body = Self.mutate(sample.body, using: &random)
            guard var event = Self.event(provider, callback) else { continue }
            event.verification.uncoveredFields = original.verification.uncoveredFields
            #expect(event == original, "\(String(decoding: callback.body, as: UTF8.self))")
        }
    }

    private static func event(_ provider: any PushProvider, _ callback: Callback) -> Event? {
        let judgement = provider.judge(callback, order: .notAsked)
        if case .needsOrder = judgement { return provider.judge(callback, order: .unknown).event }
        return judgement.event
    }

    private static func mutate(_ body: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var body = body
        let index = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: body[index] = UInt8.random(in: .min ... .max, using: &random)
        case 1: body[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: body.remove(at: index)
        case 3: body.insert(body[index], at: index)
        default: body.swapAt(index, Int.random(in: 0..<body.count, using: &random))
        }
        return body
    }
}
