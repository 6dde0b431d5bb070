// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// The durable truth: events, deliveries, attempts, quarantine, hints and orders.
///
/// Two implementations exist by design, embedded SQLite and PostgreSQL; both pass `EventStoreConformance` in
/// MartletTesting. Writes are group-committed: whatever has gathered while the last commit ran goes into the next
/// transaction, and each completion is called, on the store's own queue, only after the data are on disk
/// (or nothing of that write is). A completion must return quickly.
///
/// Every method may be called from any queue and none blocks its caller. A full write queue answers
/// `StoreError.overloaded` at once.
package protocol EventStore: CapturingStore, DeliveringStore, EndpointStore, ReadingStore, WatchStore, ReplayStore,
    AccessStore, UpkeepStore
{}

extension EventStore {
    /// Newest first.
    package func quarantined(_ source: SourceID?, limit: Int) async throws(StoreError) -> [QuarantinedCallback] {
        try await quarantined(QuarantineQuery(source: source, limit: limit))
    }

    /// Prunes from the beginning of a round until something goes; returns how many rows, 0 when there are no more.
    package func prune(_ horizon: RetentionHorizon) async throws(StoreError) -> Int {
        var place = PrunePlace()
        while true {
            let progress = try await prune(horizon, from: place)
            if progress.removed > 0 || progress.isAtEnd { return progress.removed }
            place = progress.place
        }
    }
}

/// Called once with what became of a write.
package typealias Completion<Value> = @Sendable (Result<Value, StoreError>) -> Void
