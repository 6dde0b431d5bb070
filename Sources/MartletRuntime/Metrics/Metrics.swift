// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// The process's counters and histograms, rendered as Prometheus text (version 0.0.4).
///
/// Gauges are not kept here: they are read from their owners when somebody asks.
package final class Metrics: Sendable {
    private struct State {
        var counters: [Counter] = []
        var histograms: [Histogram] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// A counter with these label names; the name ends in `_total`.
    package func counter(_ name: String, help: String, labels: [String]) -> Counter {
        let counter = Counter(name: name, help: help, labels: labels)
        state.withLock { $0.counters.append(counter) }
        return counter
    }

    /// A histogram of seconds.
    package func histogram(_ name: String, help: String) -> Histogram {
        let histogram = Histogram(name: name, help: help)
        state.withLock { $0.histograms.append(histogram) }
        return histogram
    }

    /// Everything counted so far, with the gauges given.
    package func render(gauges: [Gauge]) -> String {
        let (counters, histograms) = state.withLock { ($0.counters, $0.histograms) }
        var text = ""
        for counter in counters { counter.render(into: &text) }
        for histogram in histograms { histogram.render(into: &text) }
        for gauge in gauges { gauge.render(into: &text) }
        return text
    }

    /// Escapes a label's value (exposition format, "Text format details").
    fileprivate static func sample(_ name: String, _ labels: [String], _ values: [String], _ value: String) -> String {
        if labels.isEmpty { return "\(name) \(value)\n" }
        let pairs = zip(labels, values).map { label, value in
            // By scalar and not by character: a quote with a combining mark, or CR and LF together, are one character
            // that equals none of these.
            var escaped = String.UnicodeScalarView()
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
                case "\"": escaped.append(contentsOf: "\\\"".unicodeScalars)
                case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
                default: escaped.append(scalar)
                }
            }
            return "\(label)=\"\(String(escaped))\""
        }
        return "\(name){\(pairs.joined(separator: ","))} \(value)\n"
    }
}

/// A family of counters that differ in their labels.
package final class Counter: Sendable {
    private let name: String
    private let help: String
    private let labels: [String]
    private let values = Mutex<[[String]: UInt64]>([:])

    /// A counter that is in nobody's metrics; those come from `Metrics.counter`.
    package init(name: String, help: String, labels: [String]) {
        self.name = name
        self.help = help
        self.labels = labels
    }

    /// What has been counted so far, by label values.
    package var snapshot: [[String]: UInt64] { values.withLock { $0 } }

    /// Adds to the counter with these label values, in the order of the label names.
    ///
    /// Values come from bounded sets.
    package func increment(_ labelValues: [String] = [], by amount: UInt64 = 1) {
        values.withLock { $0[labelValues, default: 0] += amount }
    }

    package func value(_ labelValues: [String] = []) -> UInt64 { values.withLock { $0[labelValues] ?? 0 } }

    fileprivate func render(into text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) counter\n"
        let snapshot = values.withLock { $0 }
        for (key, value) in snapshot.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            text += Metrics.sample(name, labels, key, String(value))
        }
    }
}

/// A histogram of durations in seconds with fixed buckets from a quarter of a millisecond to a minute.
package final class Histogram: Sendable {
    private static let bounds = [
        0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60,
    ]

    private struct State {
        var counts = [UInt64](repeating: 0, count: Histogram.bounds.count + 1)
        var sum = 0.0
    }

    private let name: String
    private let help: String
    private let state = Mutex(State())

    init(name: String, help: String) {
        self.name = name
        self.help = help
    }

    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(seconds: Double(seconds) + Double(attoseconds) * 1e-18)
    }

    /// Below zero, after the clock was set back, counts as zero: a histogram's sum never falls.
    package func observe(seconds: Double) {
        let seconds = max(0, seconds)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    fileprivate func render(into text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
            text += Metrics.sample("\(name)_bucket", ["le"], [bound], String(total))
        }
        text += "\(name)_sum \(sum)\n\(name)_count \(total)\n"
    }
}

/// A reading taken when metrics are asked for.
package struct Gauge: Sendable {
    package var name: String
    package var help: String
    package var labels: [String]
    package var samples: [(labelValues: [String], value: Double)]

    package init(
        _ name: String,
        help: String,
        labels: [String] = [],
        samples: [(labelValues: [String], value: Double)]
    ) {
        self.name = name
        self.help = help
        self.labels = labels
        self.samples = samples
    }

    fileprivate func render(into text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
        for sample in samples {
            let isWhole = sample.value == sample.value.rounded() && abs(sample.value) < 1e15
            let value = isWhole ? String(Int64(sample.value)) : String(sample.value)
            text += Metrics.sample(name, labels, sample.labelValues, value)
        }
    }
}
