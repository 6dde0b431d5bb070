// SPDX-License-Identifier: Apache-2.0
import MartletCore
package import MartletRuntime

/// The counters of the way of an event (contract section 9).
package struct EngineMetrics: Sendable {
    package let ingestRequests: Counter
    package let ingestSeconds: Histogram
    package let events: Counter
    package let attempts: Counter
    package let attemptSeconds: Histogram
    package let commitSeconds: Histogram
    /// Events stored by shop, provider, source and type, for statistics that a key's shops limit; not among the metrics.
    package let stored = Counter(name: "stored", help: "", labels: ["shop", "provider", "source", "type"])

    package init(_ metrics: Metrics) {
        ingestRequests = metrics.counter(
            "martlet_ingest_requests_total",
            help: "Callbacks by what became of them.",
            labels: ["provider", "source", "outcome"]
        )
        ingestSeconds = metrics.histogram(
            "martlet_ingest_seconds",
            help: "From the complete callback to its answer."
        )
        events = metrics.counter(
            "martlet_events_total",
            help: "Events stored, duplicates not counted.",
            labels: ["provider", "type"]
        )
        attempts = metrics.counter(
            "martlet_attempts_total",
            help: "Attempts by how they ended.",
            labels: ["endpoint", "outcome"]
        )
        attemptSeconds = metrics.histogram("martlet_attempt_seconds", help: "Duration of attempts.")
        commitSeconds = metrics.histogram(
            "martlet_store_commit_seconds",
            help: "From handing a capture to the store to its commit."
        )
    }

    /// Counts an event that was stored.
    func count(_ event: Event) {
        events.increment([event.source.provider, event.type.rawValue])
        stored.increment([event.shop, event.source.provider, event.source.id, event.type.rawValue])
    }
}
