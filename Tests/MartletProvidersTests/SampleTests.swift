// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire
import Testing

@testable import MartletProviders

/// A sample is judged as the real callback would be.
struct SampleTests {
    static func request(_ status: String, nonce: UInt64 = 1, key: Secret? = nil) -> SampleRequest {
        SampleRequest(status: status, privateKeyPEM: key, nonce: nonce, now: Vectors.sampleTime)
    }

    static func judge(_ provider: any PushProvider, _ request: SampleRequest) throws -> Judgement {
        let sample = try provider.sample(request)
        let callback = Callback(
            method: "POST",
            headers: sample.headers,
            body: sample.body,
            sourceAddress: .loopback,
            receivedAt: Vectors.sampleTime
        )
        let judgement = provider.judge(callback, order: .notAsked)
        if case .needsOrder = judgement { return provider.judge(callback, order: .unknown) }
        return judgement
    }

    @Test(arguments: [
        (
            "cryptomus",
            Cryptomus.paymentStatuses.names + Cryptomus.payoutStatuses.names.map { "payout:" + $0 } + ["wallet:paid"]
        ),
        ("kryptoswap", Kryptoswap.statuses.names), ("spectrocoin", SpectroCoin.statuses.names + ["3", "paid"]),
        ("hmac", ["charge.paid", "sent"]), ("standard", ["charge.paid", "sent"]),
    ])
    func isAcceptedForEveryStatus(_ kind: String, _ statuses: [String]) throws {
        let provider = try Self.provider(kind)
        let key = kind == "spectrocoin" ? try SpectroCoinTests.privateKey() : nil
        var seen: Set<EventID> = []
        for (index, status) in statuses.enumerated() {
            for nonce in [UInt64(index) * 2, UInt64(index) * 2 + 1] {
                let judgement = try Self.judge(provider, Self.request(status, nonce: nonce, key: key))
                let event = try #require(judgement.event, "\(kind) \(status): \(judgement)")
                #expect(event.type != .paymentUnrecognised)
                #expect(seen.insert(event.id).inserted, "\(kind) \(status)")
            }
        }
    }

    static func provider(_ kind: String) throws -> any PushProvider {
        switch kind {
        case "cryptomus": try CryptomusTests.provider()
        case "kryptoswap": try KryptoswapTests.provider(ipnSecret: Secret(text: "SHARED"))
        case "spectrocoin": try SpectroCoinTests.provider()
        case "hmac": try MappedSenderTests.hmac("\"timestampHeader\":\"X-Time\",\(plainMapping)")
        case "standard":
            try MappedSenderTests.make(
                "standard",
                "{\"secrets\":[\"plain:\(MappedSenderTests.secret)\"],\(plainMapping)}"
            )
        default: throw SampleError("the tests make no provider named \(kind); add it to this switch")
        }
    }

    static let plainMapping = """
        "paths":{"type":"event","object":"data.id","amount":"data.sum","currency":"data.cur"},\
        "typeMap":{"charge.paid":"payment.paid","sent":"payout.paid"}
        """

    @Test func pointsAtAnOrderWithoutAPrivateKey() throws {
        let judgement = try Self.judge(try SpectroCoinTests.provider(), Self.request("PAID"))
        guard case .hint = judgement else {
            Issue.record("not a hint: \(judgement)")
            return
        }
    }

    @Test func takesWhatIsAskedFor() throws {
        var request = Self.request("paid")
        request.orderID = "o-9"
        request.amount = "3.20"
        request.currency = "BTC"
        let event = try #require(try Self.judge(try CryptomusTests.provider(), request).event)
        #expect(event.merchantOrderID == "o-9")
        #expect(event.money.ordered == Amount(try #require(DecimalText("3.2")), "BTC"))
    }

    @Test(arguments: [
        ("cryptomus", "odd", "paid_over"), ("kryptoswap", "odd", "inProgressPayout"),
        ("spectrocoin", "odd", "LATE_CRYPTO"),
        ("hmac", "odd", "charge.paid"), ("standard", "odd", "sent"), ("cryptomus", "payout:locked", "system_fail"),
    ])
    func listsTheStatuses(_ kind: String, _ status: String, _ expected: String) throws {
        let provider = try Self.provider(kind)
        let error = #expect(throws: SampleError.self) { try provider.sample(Self.request(status)) }
        #expect(error?.description.contains(expected) == true)
    }

    @Test func saysWhatIsMissing() throws {
        let source = SourceID(provider: "x", id: "y")
        let providers: [(any PushProvider, String, String)] = [
            (SpectroCoin(source: source, account: SpectroCoin.Account()), "PAID", "martlet keygen --rsa PREFIX"),
            (Kryptoswap(source: source), "done", "ipnSecret"),
            (Cryptomus(source: source, paymentKey: nil, payoutKey: nil), "paid", "paymentKey"),
        ]
        for (provider, status, expected) in providers {
            let error = #expect(throws: SampleError.self) { try provider.sample(Self.request(status)) }
            #expect(error?.description.contains(expected) == true)
        }
    }
}
