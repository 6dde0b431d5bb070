// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletEngine
import MartletNet
import MartletRuntime
import MartletWire

/// Between the listener and the engine: HTTP in, callback out; answer in, HTTP out.
struct IngestHandler: Sendable {
    let service: IngestService
    let trustedProxies: [AddressBlock]
    let clock: any WallClock

    /// Called on the ingest loop's queue.
    func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        if request.path == "/healthz" { return reply.send(.text(200, "ok")) }
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
