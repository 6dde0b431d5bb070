// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletDelivery
import MartletRuntime
import MartletWire

/// Sends events to a program on a developer's machine, as the gateway would (contract section 4).
struct EventForwarder {
    enum Outcome: Sendable {
        case answered(AttemptResult)
        /// No subscriber gets it, by this flag.
        case withheld(flag: String)
    }

    private let url: String
    private let secret: WebhookSecret
    private let timeout: Duration
    private let loop: EventLoop
    private let transport: CurlTransport

    init(url: String, secret: WebhookSecret, timeout: Duration) throws {
        self.url = url
        self.secret = secret
        self.timeout = timeout
        loop = try EventLoop(label: "martlet.listen.loop")
        transport = CurlTransport(loop: loop)
    }

    /// Sends the event once.
    func forward(_ item: EventStreamReader.Item) async -> Outcome {
        let event = item.object
        let withholding = EventFlag.allCases.filter(\.withholdsDelivery).map(\.rawValue)
        if case .array(let flags) = event["flags"],
            let flag = flags.compactMap(\.string).first(where: withholding.contains)
        {
            return .withheld(flag: flag)
        }
        var json = JSONWriter(capacity: item.data.count)
        json.value(event["body"] ?? .null)
        let id = event["id"]?.string ?? "-"
        let seconds = SystemClock().now().seconds
        let request = OutboundRequest(
            url: url,
            headers: HeaderFields([
                ("content-type", "application/json"),
                ("webhook-id", id),
                ("webhook-timestamp", String(seconds)),
                (
                    "webhook-signature",
                    StandardWebhooks.signatures(id: id, timestamp: seconds, body: json.bytes, secrets: [secret])
                ),
                ("martlet-attempt", "1"),
            ]),
            body: json.bytes,
            timeout: timeout,
            // The developer names his own program himself.
            egress: EgressPolicy(allowed: ["0.0.0.0/0", "::/0"].compactMap(AddressBlock.init))
        )
        return await withCheckedContinuation { continuation in
            transport.send(request) { continuation.resume(returning: .answered($0)) }
        }
    }

    func shutDown() async {
        await transport.shutDown()
        await loop.shutDown()
    }
}
