// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Endpoints that the API made.
extension WriteConnection {
    func create(_ endpoint: ManagedEndpoint, _ sealer: any SecretSealer) throws -> Bool {
        try database.cachedStatement(
            sql: """
                INSERT INTO managed_endpoints (id, version, settings, secrets, sealed_by, created_at, changed_at,
                    is_removing) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                """
        )
        .run(
            endpoint.id.rawValue,
            endpoint.version,
            Blob(endpoint.settings),
            Blob(sealer.seal(endpoint.secrets, for: Sealing.place(ofEndpoint: endpoint.id))),
            sealer.keyID,
            endpoint.createdAt.milliseconds,
            endpoint.changedAt.milliseconds,
            endpoint.isRemoving
        )
        return database.changesCount == 1
    }

    /// Only the version before it gives way, so that no change is lost to another.
    func replace(_ endpoint: ManagedEndpoint, _ sealer: any SecretSealer) throws -> Bool {
        try database.cachedStatement(
            sql: """
                UPDATE managed_endpoints SET version = ?2, settings = ?3, secrets = ?4, sealed_by = ?5, changed_at = ?6,
                    is_removing = ?7 WHERE id = ?1 AND version = ?2 - 1
                """
        )
        .run(
            endpoint.id.rawValue,
            endpoint.version,
            Blob(endpoint.settings),
            Blob(sealer.seal(endpoint.secrets, for: Sealing.place(ofEndpoint: endpoint.id))),
            sealer.keyID,
            endpoint.changedAt.milliseconds,
            endpoint.isRemoving
        )
        return database.changesCount == 1
    }

    /// A later endpoint of that id must not take up the health of this one.
    func removeManagedEndpoint(_ id: EndpointID) throws {
        try database.cachedStatement(sql: "DELETE FROM managed_endpoints WHERE id = ?").run(id.rawValue)
        try database.cachedStatement(sql: "DELETE FROM endpoint_health WHERE endpoint = ?").run(id.rawValue)
    }

    /// Those with a due time, and those that wait behind them in a lane; what is in flight stays.
    func cancelPending(of endpoint: EndpointID, limit: Int) throws -> Int {
        let inHand = held(of: endpoint)
        let ids = try database.cachedStatement(
            sql: """
                SELECT id FROM deliveries INDEXED BY deliveries_due
                    WHERE state = 'pending' AND due_at IS NOT NULL AND endpoint = ?1
                UNION ALL
                SELECT id FROM deliveries INDEXED BY deliveries_in_lanes
                    WHERE state = 'pending' AND lane IS NOT NULL AND endpoint = ?1 AND due_at IS NULL
                LIMIT ?2
                """
        )
        .all(endpoint.rawValue, limit + inHand.count) { row -> Int64 in row[0] }
        let cancelled = ids.filter { !inHand.contains($0) }.prefix(limit)
        let statement = try database.cachedStatement(sql: "UPDATE deliveries SET state = 'cancelled' WHERE id = ?")
        for id in cancelled { try statement.run(id) }
        count(-cancelled.count, .pending)
        count(cancelled.count, .cancelled)
        return cancelled.count
    }
}
