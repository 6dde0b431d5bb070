// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletEngine
import MartletNet
import MartletRuntime
import MartletWire
import Synchronization

/// Between the listener and the engine: HTTP in, callback out; answer in, HTTP out.
final class IngestHandler: Sendable {
    let service: IngestService
    let trustedProxies: [AddressBlock]
    let clock: any WallClock
    /// False while the gateway starts: it listens, but takes nothing in before it can deliver.
    let isReady = Atomic<Bool>(false)

    init(service: IngestService, trustedProxies: [AddressBlock], clock: any WallClock) {
        self.service = service
        self.trustedProxies = trustedProxies
        self.clock = clock
    }

    /// Called on the ingest loop's queue.
    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        // Its answer looks like an acknowledgement, so a callback that was sent here by mistake must not get it.
        if request.path == "/healthz", request.method == "GET" || request.method == "HEAD" {
            return reply.send(.text(200, "ok"))
        }
        guard isReady.load(ordering: .acquiring) else {
            return reply.send(.text(503, "rejected", headers: [("Retry-After", "1")]))
        }
        let sender =
            trustedProxies.isEmpty
            ? request.peer
            : ForwardedAddress.sender(
                peer: request.peer,
                forwardedFor: request.headers.all("x-forwarded-for"),
                trusted: trustedProxies
            )
        let callback = Callback(
            method: request.method,
            headers: request.headers,
            body: request.body,
            sourceAddress: sender,
            receivedAt: clock.now()
        )
        service.receive(callback, at: request.path) { answer in reply.send(Self.response(answer)) }
    }

    private static func response(_ answer: IngestAnswer) -> HTTPResponse {
        var headers = HeaderFields([("Content-Type", answer.contentType)])
        if let seconds = answer.retryAfter { headers.append("Retry-After", String(seconds)) }
        if answer.status == 405 { headers.append("Allow", "POST") }
        return HTTPResponse(status: answer.status, headers: headers, body: answer.body)
    }
}
