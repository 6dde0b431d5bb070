// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// A provider whose callbacks are a secret and an order number, `secret:INV-1`.
///
/// The secret `order` means that of an order that must be known; `own` is checked against the source's secret as long as
/// the order has none.
struct MendedProvider: ForcibleProvider {
    let secret: String
    let source = SourceID(provider: "plain", id: "main")
    let acknowledgement = Acknowledgement(body: "ok")

    func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        let (given, number) = parts(callback)
        switch (given, order) {
        case ("order", .notAsked), ("own", .notAsked): return .needsOrder(id: number)
        case ("order", .unknown): return .refused(Refusal(.unknownOrder, "the test says so"))
        case ("order", .known): break
        case ("own", .known(let known)) where known.ipnSecret != nil: break
        default: if given != secret { return .refused(Refusal(.badSignature, "the test says so")) }
        }
        return event(callback)
    }

    func normalise(_ callback: Callback, order: KnownOrder?) throws(Refusal) -> Event {
        let (given, _) = parts(callback)
        guard given != "junk", case .accepted(let event) = event(callback) else {
            throw Refusal(.malformedBody, "the test says so")
        }
        return event
    }

    func sample(_ request: SampleRequest) throws(SampleError) -> SampleCallback {
        throw SampleError("the test's provider makes no samples")
    }

    private func event(_ callback: Callback) -> Judgement {
        var plain = callback
        plain.body = Array(parts(callback).number.utf8)
        return PlainProvider().judge(plain, order: .notAsked)
    }

    private func parts(_ callback: Callback) -> (secret: String, number: String) {
        let text = String(decoding: callback.body, as: UTF8.self).split(separator: ":", maxSplits: 1)
        return (text.first.map(String.init) ?? "", text.last.map(String.init) ?? "")
    }
}
