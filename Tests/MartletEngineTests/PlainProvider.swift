// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// A provider whose callbacks are an order number and nothing else; `payment#3` is one of several events of a payment.
struct PlainProvider: PushProvider {
    let source = SourceID(provider: "plain", id: "main")
    let acknowledgement = Acknowledgement(body: "ok")

    func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        let number = String(decoding: callback.body, as: UTF8.self)
        if number == "forged" { return .refused(Refusal(.badSignature, "the test says so")) }
        let hex = String(
            number.utf8.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 },
            radix: 16
        )
        let payment = number.split(separator: "#", maxSplits: 1).first.map(String.init) ?? number
        let id = EventID(rawValue: "evt_" + String(repeating: "0", count: 32 - hex.count) + hex)
        return .accepted(
            Event(
                id: id,
                type: number.hasPrefix("during") || payment != number ? .paymentPending : .paymentPaid,
                source: source,
                finality: payment == number ? .final : .none,
                merchantOrderID: number,
                receivedAt: callback.receivedAt,
                verification: Verification(method: "hmac"),
                dedupeKey: number,
                objectKey: payment
            )
        )
    }

    func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        throw SampleError("the test's provider makes no samples")
    }
}
