// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

/// Endpoints, and what operators do to deliveries.
extension SQLiteEventStore {
    package func save(
        _ health: EndpointHealth.Saved,
        of endpoint: EndpointID,
        announcing: [Capture],
        noting: [NewAuditEntry],
        completion: @escaping Completion<Void>
    ) {
        write("save endpoint", completion: completion) { connection in
            try connection.save(health, of: endpoint)
            for capture in announcing { _ = try connection.capture(capture) }
            for entry in noting { _ = try connection.append(entry) }
        }
    }

    package func endpointHealth() async throws(StoreError) -> [EndpointID: EndpointHealth.Saved] {
        try await read("read endpoints") { database in
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT endpoint, parked_until, probe_interval, failing_since, last_success_at, failure_label,
                        failure_status, failure_at, rejecting_status, rejecting_since, rejecting_latest,
                        disabled_reason, disabled_at FROM endpoint_health
                    """
            )
            let pairs = try rows.map { row in (EndpointID(row[0]), try Self.health(row)) }
            return Dictionary(pairs) { first, _ in first }
        }
    }

    package func clampDue(
        of endpoint: EndpointID,
        now: Timestamp,
        to latest: Timestamp
    ) async throws(StoreError) -> Int {
        try await write("clamp due times") { connection in
            try connection.database.cachedStatement(
                sql: """
                    UPDATE deliveries INDEXED BY deliveries_due SET due_at = CASE WHEN attempts = 0 THEN ?2 ELSE ?3 END
                    WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ?1 AND due_at > ?2
                        AND (attempts = 0 OR due_at > ?3)
                    """
            )
            .run(endpoint.rawValue, now.milliseconds, latest.milliseconds)
            return connection.database.changesCount
        }
    }

    package func endLanes(of endpoint: EndpointID, now: Timestamp) async throws(StoreError) -> Int {
        try await write("end lanes") { connection in
            try connection.database.cachedStatement(
                sql: """
                    UPDATE deliveries INDEXED BY deliveries_in_lanes SET due_at = ?2
                    WHERE state = 'pending' AND lane IS NOT NULL AND endpoint = ?1 AND due_at IS NULL
                    """
            )
            .run(endpoint.rawValue, now.milliseconds)
            return connection.database.changesCount
        }
    }

    package func retry(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> RetryOutcome {
        try await write("retry delivery") { try $0.retry(delivery.number, now: now) }
    }

    package func cancel(_ delivery: DeliveryID, now: Timestamp) async throws(StoreError) -> CancelOutcome {
        try await write("cancel delivery") { try $0.cancel(delivery.number, now: now) }
    }

    package func offerSkipped(
        of endpoint: EndpointID,
        shops: Set<String>,
        after: DeliveryID?,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> SkippedOffer {
        try await write("offer skipped deliveries") {
            try $0.offerSkipped(of: endpoint, shops: shops, after: after?.number ?? 0, now: now, limit: limit)
        }
    }

    private static func health(_ row: Row) throws -> EndpointHealth.Saved {
        func moment(_ index: Int) -> Timestamp? { (row[index] as Int64?).map(Timestamp.init(milliseconds:)) }
        var health = EndpointHealth.Saved(
            parkedUntil: moment(1),
            probeInterval: (row[2] as Int64?).map { .milliseconds($0) },
            failingSince: moment(3),
            lastSuccessAt: moment(4)
        )
        if let label: String = row[5], let at = moment(7) {
            health.lastFailure = FailureNote(label: label, status: row[6], at: at)
        }
        if let status: Int = row[8], let since = moment(9), let latest = moment(10) {
            health.rejecting = RejectionNote(status: status, since: since, latest: latest)
        }
        if let text: String = row[11], let at = moment(12) {
            guard let reason = DisabledReason(rawValue: text) else { throw StoredText.unreadable("disabled_reason") }
            health.disabled = Disablement(reason: reason, at: at)
        }
        return health
    }
}
