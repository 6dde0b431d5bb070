// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletNet
import MartletRuntime
import MartletStore
import MartletWire
import Synchronization

/// The pages that are open to everybody.
extension AdminService {
    func readiness() async -> HTTPResponse {
        guard isReady.load(ordering: .relaxed) else { return .text(503, "starting or draining") }
        do throws(StoreError) {
            try await store.probe()
            return .text(200, "ready")
        } catch {
            log.error("store not ready", metadata: ["error": "\(error.label)", "detail": "\(error)"])
            return .text(503, "store: \(error.label)")
        }
    }

    func metricsPage() async -> HTTPResponse {
        let now = schedule.now()
        let isUp = await readiness().status == 200
        var gauges = [
            Gauge(
                "martlet_ready",
                help: "1 while the gateway takes callbacks and its store can be written, as /readyz says.",
                samples: [([], isUp ? 1 : 0)]
            )
        ]
        gauges += [EndpointGauges.read(await control.standings())]
        gauges.append(SweepDocument.gauge(await sweeps.standings().map(\.record), at: clock.now()))
        do throws(StoreError) {
            gauges += StoreGauges.read(try await store.statistics(now: now), at: now)
            gauges.append(WatchGauges.read(try await store.watchCounts()))
            gauges.append(ReplayDocument.gauge(try await store.replayCounts()))
        } catch {
            // The counters in memory are still worth having while the store is in trouble.
            log.error("store gave no statistics", metadata: ["error": "\(error.label)"])
        }
        return HTTPResponse(
            status: 200,
            headers: HeaderFields([("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]),
            body: Array(metrics.render(gauges: gauges).utf8)
        )
    }
}
