// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

extension Kryptoswap {
    /// What the provider's answer to `public/exchanger/order/get` comes to.
    package enum PollOutcome: Sendable, Equatable {
        /// The status differs from the last one known.
        case emit(Event)
        case unchanged
        /// The answer is about another order.
        case orderMismatch
        /// The answer cannot be used; the reason, for the log.
        case retry(String)
    }

    /// Reads one answer; the caller asks and keeps the last status (providers.md section 6.6).
    package static func readPoll(
        source: SourceID,
        order: KnownOrder,
        lastKnownStatus: String?,
        status: Int,
        answer: [UInt8],
        receivedAt: Timestamp
    ) -> PollOutcome {
        guard status == 200 else { return .retry("the answer's status is \(status)") }
        guard let root = try? JSONReader.readObject(answer).object else {
            return .retry("the answer is not a JSON object")
        }
        guard root["success"] == .bool(true), let polled = root["data"]?.object?["order"]?.object else {
            return .retry("the answer does not report success")
        }
        guard let id = polled["_id"]?.string, let newStatus = polled["status"]?.string, !newStatus.isEmpty else {
            return .retry("the answer lacks _id or status")
        }
        let uid = polled["uid"]?.textOrDigits
        if id != order.objectID { return .orderMismatch }
        if let uid, let known = order.uid, uid != known { return .orderMismatch }
        if newStatus == lastKnownStatus { return .unchanged }
        let route = polled["route"]?.object
        for name in ["inAmount", "outAmount"] {
            // An order may not have an amount yet; one that cannot be read is no answer.
            if let value = polled[name], value != .null, value.decimal == nil {
                return .retry("the answer's \(name) is not a decimal number")
            }
        }
        let money = Money(
            due: Amount(polled["inAmount"]?.decimal, code: route?["from"]?.object?["xml"]?.string),
            settled: Amount(polled["outAmount"]?.decimal, code: route?["to"]?.object?["xml"]?.string)
        )
        let meaning = meaning(of: newStatus)
        let dedupeKey = "order:\(id):\(newStatus):after:\(lastKnownStatus ?? "none")"
        var event = Event(
            id: .make(source: source, dedupeKey: dedupeKey),
            type: meaning.type,
            detail: meaning.detail,
            source: source,
            finality: meaning.finality,
            providerStatus: newStatus,
            merchantOrderID: order.merchantOrderID,
            providerObjectID: id,
            providerRefs: (order.uid ?? uid).map { [ProviderRef("orderUID", $0)] } ?? [],
            money: money,
            receivedAt: receivedAt,
            verification: Verification(method: "fetched"),
            dedupeKey: dedupeKey,
            objectKey: "order:\(id)"
        )
        event.compareAmount(with: order)
        return .emit(event)
    }
}
