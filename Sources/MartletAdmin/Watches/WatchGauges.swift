// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime

/// The gauge of watches (contract section 9).
///
/// Those that are closed are history, and counting them would cost more from day to day.
enum WatchGauges {
    static func read(_ counts: [SourceID: [WatchState: Int]]) -> Gauge {
        Gauge(
            "martlet_watches",
            help: "Watches that are not closed, by state.",
            labels: ["source", "state"],
            samples: counts.sorted { $0.key < $1.key }.flatMap { source, states in
                [WatchState.open, .held, .overdue].map { state in
                    (labelValues: [source.description, state.rawValue], value: Double(states[state] ?? 0))
                }
            }
        )
    }
}
