// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Stored secrets that are sealed anew under the present key.
extension WriteConnection {
    /// Endpoints first, then orders, then answers.
    func resealSecrets(limit: Int, _ sealer: any SecretSealer) throws -> Int {
        var done = try resealEndpoints(limit: limit, sealer)
        if done < limit { done += try resealOrders(limit: limit - done, sealer) }
        if done < limit { done += try resealAnswers(limit: limit - done, sealer) }
        return done
    }

    private func resealEndpoints(limit: Int, _ sealer: any SecretSealer) throws -> Int {
        let rows = try database.cachedStatement(
            sql: "SELECT id, secrets, sealed_by FROM managed_endpoints WHERE sealed_by <> ? LIMIT ?"
        )
        .all(sealer.keyID, limit) { row -> (id: EndpointID, secrets: [UInt8], key: String) in
            (EndpointID(row[0]), row.bytes(1), row[2])
        }
        for row in rows {
            let place = Sealing.place(ofEndpoint: row.id)
            let secrets = try Sealing.secret(row.secrets, place, by: row.key, sealer)
            // The version stays: nothing that anybody sees has changed.
            try database.cachedStatement(sql: "UPDATE managed_endpoints SET secrets = ?, sealed_by = ? WHERE id = ?")
                .run(Blob(sealer.seal(secrets, for: place)), sealer.keyID, row.id.rawValue)
        }
        return rows.count
    }

    private struct SealedOrder {
        var row: Int64
        var source: SourceID
        var objectID: String
        var order: [UInt8]?
        var ipn: [UInt8]?
        var key: String
    }

    private func resealOrders(limit: Int, _ sealer: any SecretSealer) throws -> Int {
        let rows = try database.cachedStatement(sql: Self.ordersToReseal)
            .all(sealer.keyID, limit) { row in
                SealedOrder(
                    row: row[0],
                    source: try StoredText.source(row[1]),
                    objectID: row[2],
                    order: row.optionalBytes(3),
                    ipn: row.optionalBytes(4),
                    key: row[5]
                )
            }
        for row in rows {
            let places = Sealing.places(ofOrder: row.objectID, of: row.source)
            func anew(_ bytes: [UInt8], _ place: String) throws -> Blob {
                Blob(sealer.seal(try Sealing.secret(bytes, place, by: row.key, sealer), for: place))
            }
            try database.cachedStatement(
                sql: "UPDATE orders SET order_secret = ?, ipn_secret = ?, sealed_by = ? WHERE id = ?"
            )
            .run(
                try row.order.map { try anew($0, places.order) },
                try row.ipn.map { try anew($0, places.ipn) },
                sealer.keyID,
                row.row
            )
        }
        return rows.count
    }

    private func resealAnswers(limit: Int, _ sealer: any SecretSealer) throws -> Int {
        let rows = try database.cachedStatement(sql: Self.answersToReseal)
            .all(sealer.keyID, limit) { row -> (caller: String, key: String, body: [UInt8], sealedBy: String) in
                (row[0], row[1], row.bytes(2), row[3])
            }
        for row in rows {
            let place = Sealing.place(ofAnswer: row.caller, row.key)
            let body = try Sealing.secret(row.body, place, by: row.sealedBy, sealer)
            try database.cachedStatement(
                sql: "UPDATE idempotency_keys SET body = ?, sealed_by = ? WHERE caller = ? AND key = ?"
            )
            .run(Blob(sealer.seal(body, for: place)), sealer.keyID, row.caller, row.key)
        }
        return rows.count
    }

    /// Two ranges of the index, on either side of the present key.
    private static let ordersToReseal =
        ["<", ">"]
        .map { sign in
            """
            SELECT id, source, object_id, order_secret, ipn_secret, sealed_by
            FROM orders INDEXED BY orders_by_sealing_key
            WHERE (order_secret IS NOT NULL OR ipn_secret IS NOT NULL) AND sealed_by \(sign) ?1
            """
        }
        .joined(separator: " UNION ALL ") + " LIMIT ?2"

    private static let answersToReseal =
        ["<", ">"]
        .map { sign in
            """
            SELECT caller, key, body, sealed_by FROM idempotency_keys INDEXED BY idempotency_keys_by_sealing_key
            WHERE body IS NOT NULL AND sealed_by \(sign) ?1
            """
        }
        .joined(separator: " UNION ALL ") + " LIMIT ?2"
}
