// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// One source with all that is known of how it is doing.
struct SourceReport: Sendable {
    var standing: SourceStanding
    var health: SourceHealth
    /// When its newest event came, be it by a callback or a poll.
    var lastEvent: Timestamp?
    var watches: [WatchState: Int]
}

/// Sources whose events all belong to the caller's shops.
extension ScopedAccess {
    /// Refused callbacks and watches of one source that are looked at.
    private static let lookedAtMost = 1000

    func sources() -> [SourceStanding] {
        sourceControl.sources().filter { standing in shops.map { standing.shops.isSubset(of: $0) } ?? true }
    }

    /// Whether events of a source may belong to the caller's shops; of any other it learns nothing, not even its name.
    func knows(_ source: SourceID) -> Bool {
        guard let shops else { return true }
        return sourceControl.sources().contains { $0.id == source && !$0.shops.isDisjoint(with: shops) }
    }

    /// Whether all events of a source belong to the caller's shops.
    func ownsAll(of source: SourceID) -> Bool {
        guard let shops else { return true }
        return sourceControl.sources().contains { $0.id == source && $0.shops.isSubset(of: shops) }
    }

    func reports(of standings: [SourceStanding], now: Timestamp) async throws(StoreError) -> [SourceReport] {
        let health = try await store.health(of: standings.map(\.id), now: now, limit: Self.lookedAtMost)
        let watches = try await store.watchCounts()
        var reports: [SourceReport] = []
        for standing in standings {
            let query = EventQuery(provider: standing.id.provider, source: standing.id.id, limit: 1)
            reports.append(
                SourceReport(
                    standing: standing,
                    health: health[standing.id] ?? SourceHealth(),
                    lastEvent: try await store.events(query).first?.receivedAt,
                    watches: watches[standing.id] ?? [:]
                )
            )
        }
        return reports
    }
}
