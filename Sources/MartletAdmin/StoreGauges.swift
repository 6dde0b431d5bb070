// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletStore

/// The gauges that are read from the store (contract section 9).
enum StoreGauges {
    private static let bytesHelp = "What the store takes on its disk, its log included."

    static func read(_ statistics: StoreStatistics, at now: Timestamp) -> [Gauge] {
        let states = DeliveryState.allCases.map { state in
            (labelValues: [state.rawValue], value: Double(statistics.deliveries[state] ?? 0))
        }
        let oldest = statistics.oldestDue.map { max(0, Double((now - $0).wholeMilliseconds) / 1000) } ?? 0
        let quarantine = statistics.quarantine.sorted { $0.key < $1.key }.map { source, count in
            (labelValues: [source.description], value: Double(count))
        }
        let oldestKept = statistics.oldestQuarantined.sorted { $0.key < $1.key }.map { source, moment in
            (labelValues: [source.description], value: max(0, Double((now - moment).wholeMilliseconds) / 1000))
        }
        let sizes = [
            statistics.bytes.map { Gauge("martlet_store_bytes", help: Self.bytesHelp, samples: [([], Double($0))]) },
            statistics.freeBytes.map {
                Gauge(
                    "martlet_store_free_bytes",
                    help: "What is left on the store's disk.",
                    samples: [([], Double($0))]
                )
            },
        ]
        return sizes.compactMap { $0 } + [
            Gauge("martlet_deliveries", help: "Deliveries by state.", labels: ["state"], samples: states),
            Gauge(
                "martlet_oldest_due_seconds",
                help: "How long the oldest due delivery has waited.",
                samples: [([], oldest)]
            ),
            Gauge(
                "martlet_quarantine",
                help: "Refused callbacks that are kept.",
                labels: ["source"],
                samples: quarantine
            ),
            Gauge(
                "martlet_quarantine_oldest_seconds",
                help: "How long the oldest refused callback has been kept.",
                labels: ["source"],
                samples: oldestKept
            ),
        ]
    }
}
