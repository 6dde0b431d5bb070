// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletNet
import MartletRuntime
import MartletWire
import Synchronization

/// What `martlet receive` does with a delivery: verify, print, answer.
final class Subscriber: Sendable {
    /// One element for each delivery that verified.
    let verifications: AsyncStream<Void>

    private let continuation: AsyncStream<Void>.Continuation
    private let count = Atomic<Int>(0)
    /// Deliveries that verified so far.
    var verified: Int { count.load(ordering: .relaxed) }
    private let verifiers: [WebhookVerifier]
    private let json: Bool

    init(verifiers: [WebhookVerifier], json: Bool) {
        (verifications, continuation) = AsyncStream.makeStream(of: Void.self)
        self.verifiers = verifiers
        self.json = json
    }

    /// Called on the listener's queue.
    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        guard request.method == "POST" else { return reply.send(.text(405, "use POST", headers: [("Allow", "POST")])) }
        let headers = request.headers
        let failure = StandardWebhooks.failure(
            id: headers[first: "webhook-id"] ?? "",
            timestamp: headers[first: "webhook-timestamp"] ?? "",
            signatures: headers[first: "webhook-signature"] ?? "",
            body: request.body,
            verifiers: verifiers,
            now: SystemClock().now()
        )
        report(request, failure)
        reply.send(failure == nil ? .text(200, "ok") : .text(400, failure ?? ""))
        if failure == nil {
            count.add(1, ordering: .relaxed)
            continuation.yield()
        }
    }

    private func report(_ request: HTTPRequest, _ failure: String?) {
        let body = (try? JSONReader.read(request.body))?.object
        let data = body?["data"]?.object
        func text(_ name: String) -> String? { data?[name]?.string }
        let attempt = request.headers[first: "martlet-attempt"]
        if json {
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("event_id", text("event_id"))
            writer.member("type", body?["type"]?.string)
            writer.member("provider", text("provider"))
            writer.member("source", text("source"))
            writer.member("shop", text("shop"))
            writer.member("order", text("merchant_order_id"))
            writer.member("attempt", attempt)
            writer.name("verified")
            writer.bool(failure == nil)
            writer.member("failure", failure)
            writer.endObject()
            return Console.output(String(decoding: writer.bytes, as: UTF8.self) + "\n")
        }
        let source = "\(text("provider") ?? "?")/\(text("source") ?? "?")"
        let order = text("merchant_order_id") ?? "-"
        let verdict = failure.map { "REFUSED: \($0)" } ?? "verified"
        let line = [
            SystemClock().now().rfc3339, verdict, body?["type"]?.string ?? "?", source, "order \(order)",
            text("event_id") ?? "?", "attempt \(attempt ?? "?")",
        ].joined(separator: "  ")
        Console.output(Table.printable(line) + "\n")
    }
}
