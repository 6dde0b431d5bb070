// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

/// Endpoints that the API made, and the sealing of secrets.
extension SQLiteEventStore {
    package func managedEndpoints() async throws(StoreError) -> [ManagedEndpoint] {
        try await read("read managed endpoints") { [sealing] database in
            let sealer = sealing.current
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, version, settings, secrets, sealed_by, created_at, changed_at, is_removing
                    FROM managed_endpoints ORDER BY id
                    """
            )
            return try rows.map { row in
                let id = EndpointID(row[0])
                return ManagedEndpoint(
                    id: id,
                    version: row[1],
                    settings: try row.bytes(2),
                    secrets: try Sealing.secret(try row.bytes(3), Sealing.place(ofEndpoint: id), by: row[4], sealer),
                    createdAt: Timestamp(milliseconds: row[5]),
                    changedAt: Timestamp(milliseconds: row[6]),
                    isRemoving: row[7]
                )
            }
        }
    }

    package func create(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool {
        try await write("create endpoint") { [sealing] in
            try $0.create(endpoint, try Sealing.required(sealing.current))
        }
    }

    package func replace(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool {
        try await write("change endpoint") { [sealing] in
            try $0.replace(endpoint, try Sealing.required(sealing.current))
        }
    }

    package func removeManagedEndpoint(_ id: EndpointID) async throws(StoreError) {
        try await write("remove endpoint") { try $0.removeManagedEndpoint(id) }
    }

    package func cancelPending(of endpoint: EndpointID, limit: Int) async throws(StoreError) -> Int {
        try await write("cancel pending deliveries") { try $0.cancelPending(of: endpoint, limit: limit) }
    }

    package func checkSealing() throws(StoreError) { _ = try Sealing.required(sealing.current) }

    /// On the writer's queue, behind every write that was begun before.
    package func sealingKeys() async throws(StoreError) -> [String] {
        try await write("read sealing keys") { connection in
            var keys: Set<String> = []
            for source in Self.sealedRows {
                keys.formUnion(try String.fetchAll(connection.database, sql: Self.keys(in: source)))
            }
            return keys.subtracting([Sealing.unsealed]).sorted()
        }
    }

    package func resealSecrets(limit: Int) async throws(StoreError) -> Int {
        try await write("reseal secrets") { [sealing] in
            try $0.resealSecrets(limit: limit, try Sealing.required(sealing.current))
        }
    }

    private static let sealedRows = [
        "managed_endpoints WHERE TRUE",
        "orders INDEXED BY orders_by_sealing_key WHERE (order_secret IS NOT NULL OR ipn_secret IS NOT NULL)",
        "idempotency_keys INDEXED BY idempotency_keys_by_sealing_key WHERE body IS NOT NULL",
    ]

    /// One seek for each key that is found, instead of a walk over every row.
    ///
    /// No table has a column of the name `last_found`: one of the name `key` would stand in its place, without end.
    private static func keys(in rows: String) -> String {
        """
        WITH RECURSIVE keys (last_found) AS (
            SELECT (SELECT min(sealed_by) FROM \(rows))
            UNION ALL
            SELECT (SELECT min(sealed_by) FROM \(rows) AND sealed_by > keys.last_found)
            FROM keys WHERE last_found IS NOT NULL
        )
        SELECT last_found FROM keys WHERE last_found IS NOT NULL
        """
    }
}
