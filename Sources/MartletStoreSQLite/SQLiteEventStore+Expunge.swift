// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

extension SQLiteEventStore {
    package func expunge(
        _ event: EventID,
        _ note: Expungement,
        cancellingPending: Bool,
        now: Timestamp
    ) async throws(StoreError) -> ExpungeOutcome {
        let outcome = try await write("expunge") {
            try $0.expunge(event, note, cancellingPending: cancellingPending, now: now)
        }
        guard case .expunged(let cancelled, let endpoints, _) = outcome else { return outcome }
        // The log still holds the pages as they were.
        let isLogClear = await commits?.clearLog() ?? false
        return .expunged(cancelled: cancelled, endpoints: endpoints, isLogClear: isLogClear)
    }
}
