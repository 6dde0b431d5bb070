// SPDX-License-Identifier: Apache-2.0
package import Logging
import MartletCore
package import MartletNet
package import MartletRuntime
package import MartletStore
import MartletWire
import Synchronization

/// What the admin listener answers: health, readiness and metrics (contract section 1).
///
/// Called on the admin loop's queue; questions to the store are answered from the store's own queue.
package final class AdminService: Sendable {
    private let store: any EventStore
    private let metrics: Metrics
    private let clock: any WallClock
    private let log: Logger
    private let isReady = Atomic<Bool>(false)

    package init(store: any EventStore, metrics: Metrics, clock: any WallClock, log: Logger) {
        self.store = store
        self.metrics = metrics
        self.clock = clock
        self.log = log
    }

    /// Says whether callbacks may be sent here; false while the gateway starts and while it stops.
    package func setReady(_ ready: Bool) { isReady.store(ready, ordering: .relaxed) }

    package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        let known = ["/healthz", "/readyz", "/metrics"].contains(request.path)
        guard known else {
            return reply.send(
                .problem(404, "not found", "\(request.path) is not served here; try /healthz, /readyz or /metrics")
            )
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            var problem = HTTPResponse.problem(405, "method not allowed", "use GET")
            problem.headers.append("Allow", "GET, HEAD")
            return reply.send(problem)
        }
        switch request.path {
        case "/healthz": reply.send(.text(200, "ok"))
        case "/readyz": answerReadiness(reply)
        default: answerMetrics(reply)
        }
    }

    private func answerReadiness(_ reply: HTTPReply) {
        guard isReady.load(ordering: .relaxed) else { return reply.send(.text(503, "starting or draining")) }
        Task {
            do throws(StoreError) {
                try await store.probe()
                reply.send(.text(200, "ready"))
            } catch {
                log.error("store not ready", metadata: ["error": "\(error.label)", "detail": "\(error)"])
                reply.send(.text(503, "store: \(error.label)"))
            }
        }
    }

    private func answerMetrics(_ reply: HTTPReply) {
        Task {
            let now = clock.now()
            var gauges: [Gauge] = []
            do throws(StoreError) {
                gauges = StoreGauges.read(try await store.statistics(now: now), at: now)
            } catch {
                // The counters in memory are still worth having while the store is in trouble.
                log.error("store gave no statistics", metadata: ["error": "\(error.label)"])
            }
            let body = metrics.render(gauges: gauges)
            reply.send(
                HTTPResponse(
                    status: 200,
                    headers: HeaderFields([("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]),
                    body: Array(body.utf8)
                )
            )
        }
    }
}

extension HTTPResponse {
    /// A problem document (RFC 9457).
    static func problem(_ status: Int, _ title: String, _ detail: String) -> HTTPResponse {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "about:blank")
        json.member("title", title)
        json.member("status", integer: Int64(status))
        json.member("detail", detail)
        json.endObject()
        return HTTPResponse(
            status: status,
            headers: HeaderFields([("Content-Type", "application/problem+json")]),
            body: json.bytes
        )
    }
}
