// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// Registers orders as watches at a gateway's admin API (contract.md section 7).
package struct GatewayRegistrar: Sendable {
    /// The admin address, without a slash at its end.
    private let base: String
    private let key: Secret
    private let source: String

    /// `source`: `provider/id`, as the gateway names it.
    package init(base: String, key: Secret, source: String) {
        self.base = base.hasSuffix("/") ? String(base.dropLast()) : base
        self.key = key
        self.source = source
    }

    /// What one attempt came to.
    package enum Outcome: Sendable, Equatable {
        case registered
        /// The gateway is down, starting or busy.
        case tryAgain
        case refused(String)
    }

    package func register(_ order: SimulatedOrder, through transport: any Transport) async -> Outcome {
        let result = await transport.answer(to: request(for: order))
        guard case .answered(let status) = result.outcome else { return .tryAgain }
        switch status {
        case 200..<300: return .registered
        case 408, 429, 500..<600: return .tryAgain
        default:
            let detail = (try? JSONReader.readObject(result.body).object)?["detail"]?.string
            return .refused("HTTP \(status): \(detail ?? "not an answer of the admin API; is the address right?")")
        }
    }

    func request(for order: SimulatedOrder) -> OutboundRequest {
        var json = JSONWriter()
        json.beginObject()
        json.member("source", source)
        for member in order.registration.members { json.member(of: member.name, member.value.string) }
        json.endObject()
        let bearer = key.withExposedBytes { "Bearer " + String(decoding: $0, as: UTF8.self) }
        return OutboundRequest(
            url: base + "/v1/watches",
            headers: HeaderFields([("Authorization", bearer), ("Content-Type", "application/json")]),
            body: json.bytes,
            egress: .everywhere
        )
    }
}

extension EgressPolicy {
    /// The operator names the addresses himself; they usually are on this very machine.
    static var everywhere: EgressPolicy {
        EgressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap { AddressBlock($0) })
    }
}

extension Transport {
    func answer(to request: OutboundRequest) async -> AttemptResult {
        await withCheckedContinuation { continuation in
            send(request) { continuation.resume(returning: $0) }
        }
    }
}
