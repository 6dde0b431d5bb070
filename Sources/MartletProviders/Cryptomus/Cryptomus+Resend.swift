// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// The webhook of a closed invoice once more; there is no such call for payouts (providers.md section 4.6).
extension Cryptomus: ResendingProvider {
    package func resend(
        _ wanted: ResendRequest,
        at now: Timestamp,
        with tools: PollTools
    ) async -> ResendOutcome {
        if cannotBeAsked(.payment) != nil {
            return .notPossible("\(source) needs merchant and paymentKey for it; configure both and reload")
        }
        if let moment = gate.enter(at: now) { return .deferred(moment - now) }
        var json = JSONWriter(capacity: 64)
        json.beginObject()
        if let uuid = wanted.uuid { json.member("uuid", uuid) } else { json.member("order_id", wanted.orderID) }
        json.endObject()
        let sign = String(
            decoding: CryptomusSignature.digest(of: json.bytes, key: paymentKey ?? Secret([])),
            as: UTF8.self
        )
        let answer = await ProviderInterface(base: apiBase).ask(
            "POST",
            "/v1/payment/resend",
            headers: [("content-type", "application/json"), ("merchant", merchant ?? ""), ("sign", sign)],
            body: json.bytes,
            through: tools.transport
        )
        if let pause = answer.retryAfter { gate.pause(until: now + pause) }
        guard let status = answer.status else { return .failed(answer.problem?.rawValue ?? "nonsense") }
        let root = (try? JSONReader.readObject(answer.body))?.object
        if status == 200, root?["state"]?.textOrDigits == "0" { return .accepted }
        guard root != nil || status != 200 else { return .failed("nonsense") }
        return .refused(status: status, message: root.flatMap { Self.message($0) })
    }

    /// The provider's own words: `message`, or the first of `errors`.
    private static func message(_ root: JSONObject) -> String? {
        var text = root["message"]?.string
        if text == nil, let error = root["errors"]?.object?.members.first, case .array(let messages) = error.value {
            text = messages.first?.string.map { "\(error.name): \($0)" }
        }
        guard let text, !text.isEmpty else { return nil }
        let printable = text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return printable.prefix(200).joined()
    }
}
