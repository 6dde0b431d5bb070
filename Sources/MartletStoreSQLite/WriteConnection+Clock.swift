// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore

/// Moments that a clock which ran ahead has left behind (docs/store.md, Clocks).
extension WriteConnection {
    /// Dates as of `now` what is dated later and would be kept, or kept back, until then.
    ///
    /// What is evidence keeps its date, right or wrong: events, attempts, callbacks in quarantine and the audit log.
    func redate(to now: Timestamp) throws -> Int {
        var count = 0
        for sql in Self.redating {
            try database.cachedStatement(sql: sql).run(now.milliseconds)
            count += database.changesCount
        }
        return count
    }

    private static let redating = [
        "UPDATE idempotency_keys INDEXED BY idempotency_keys_by_age SET created_at = ?1 WHERE created_at > ?1",
        """
        UPDATE watches INDEXED BY watches_ended SET changed_at = ?1
        WHERE state IN ('closed', 'overdue') AND changed_at > ?1
        """,
        "UPDATE admin_keys SET last_used_at = ?1 WHERE last_used_at > ?1",
    ]
}
