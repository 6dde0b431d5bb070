// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Synchronization

/// A provider whose callbacks are a secret and an order number, `secret:INV-1`; the secret `order` means the order's own.
struct MendedProvider: ForcibleProvider {
    let secret: String
    /// Order look-ups that come too early to find the order.
    var early: Counter?

    /// Counts down across calls.
    final class Counter: Sendable {
        private let left: Mutex<Int>
        init(_ count: Int) { left = Mutex(count) }

        func take() -> Bool {
            left.withLock { left in
                guard left > 0 else { return false }
                left -= 1
                return true
            }
        }
    }

    let source = SourceID(provider: "plain", id: "main")
    let acknowledgement = Acknowledgement(body: "ok")

    func judge(_ callback: Callback, order: OrderLookup) -> Judgement {
        let (given, number) = parts(callback)
        if given == "order" {
            switch order {
            case .notAsked: return .needsOrder(id: number)
            case .unknown: return .refused(Refusal(.unknownOrder, "the test says so"))
            case .known:
                if early?.take() == true { return .refused(Refusal(.unknownOrder, "asked too early")) }
            }
        } else if given != secret {
            return .refused(Refusal(.badSignature, "the test says so"))
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
