// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletCore
import MartletCrypto
package import MartletNet
import MartletRuntime
package import MartletWire
import Synchronization

/// A subscriber on a free port: verifies what it receives, answers as it is told, and signals each arrival.
package final class RecordingSubscriber: Sendable {
    /// One delivery as it arrived.
    package struct Arrival: Sendable {
        package var eventID: String
        package var attempt: Int
        package var body: [UInt8]
        package var headers: HeaderFields
        /// Why the signature does not verify; nil if it does.
        package var failure: String?
        package var answeredWith: Int?
    }

    /// What a subscriber does with the nth arrival, from 1; nil hangs for ever.
    package typealias Behaviour = @Sendable (_ number: Int) -> Int?

    private struct State {
        var arrivals: [Arrival] = []
        var hanging: [HTTPReply] = []
        var waiting: [(count: Int, wait: Wait)] = []
    }

    package let address: ListenAddress
    private let loop: EventLoop
    private let listener: HTTPListener
    private let core: Core

    /// Shared with the listener's handler, which exists before the subscriber does.
    private final class Core: Sendable {
        let state = Mutex(State())
        let secret: WebhookSecret
        let behaviour: Behaviour

        init(secret: WebhookSecret, behaviour: @escaping Behaviour) {
            self.secret = secret
            self.behaviour = behaviour
        }

        func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
            let headers = request.headers
            let failure = StandardWebhooks.failure(
                id: headers[first: "webhook-id"] ?? "",
                timestamp: headers[first: "webhook-timestamp"] ?? "",
                signatures: headers[first: "webhook-signature"] ?? "",
                body: request.body,
                secrets: [secret],
                now: SystemClock().now()
            )
            let (status, ready) = state.withLock { state in
                let status = behaviour(state.arrivals.count + 1)
                state.arrivals.append(
                    Arrival(
                        eventID: headers[first: "webhook-id"] ?? "",
                        attempt: Int(headers[first: "martlet-attempt"] ?? "") ?? 0,
                        body: request.body,
                        headers: headers,
                        failure: failure,
                        answeredWith: status
                    )
                )
                if status == nil { state.hanging.append(reply) }
                let count = state.arrivals.count
                let ready = state.waiting.filter { $0.count <= count }.map(\.wait)
                state.waiting.removeAll { $0.count <= count }
                return (status, ready)
            }
            if let status { reply.send(.text(status, "answer \(status)")) }
            for wait in ready { wait.over() }
        }
    }

    /// `behaviour`: the status to answer with.
    package init(secret: String, behaviour: @escaping Behaviour = { _ in 200 }) async throws {
        let core = Core(secret: try WebhookSecret(Secret(text: secret)), behaviour: behaviour)
        let loop = try EventLoop(label: "martlet.test.subscriber")
        var limits = HTTPLimits()
        limits.body = 1 << 20
        let listener = HTTPListener(
            loop: loop,
            address: ListenAddress(host: .loopback, port: 0),
            limits: limits,
            handler: { core.handle($0, $1) }
        )
        self.core = core
        self.loop = loop
        self.listener = listener
        address = try await listener.start()
    }

    package var url: String { "http://\(address)/hook" }
    package var arrivals: [Arrival] { core.state.withLock { $0.arrivals } }

    /// Returns once so many deliveries have arrived.
    package func wait(for count: Int) async {
        await Wait.until("\(count) deliveries at the subscriber") { wait in
            core.state.withLock { state in
                if state.arrivals.count >= count { return true }
                state.waiting.append((count, wait))
                return false
            }
        }
    }

    package func stop() async {
        await listener.drain(within: .zero)
        await loop.shutDown()
    }
}
