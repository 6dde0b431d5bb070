// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Keys of the admin API, and who did what.
extension WriteConnection {
    func insert(_ key: NewKey) throws -> KeyInsertion {
        let taken = try database.cachedStatement(sql: "SELECT id FROM admin_keys WHERE name = ? AND revoked_at IS NULL")
            .first(key.name) { row -> KeyID in KeyID(number: row[0]) }
        if let taken { return .nameTaken(taken) }
        let count = try database.cachedStatement(sql: "SELECT count(*) FROM admin_keys WHERE revoked_at IS NULL")
            .first { row -> Int in row[0] }
        if count ?? 0 >= StoredKey.atMost { return .full }
        try database.cachedStatement(
            sql: """
                INSERT INTO admin_keys (name, role, shops, digest, created_at, created_by, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        )
        .run(
            key.name,
            key.role,
            key.shops.map { $0.sorted().joined(separator: ",") },
            Blob(key.digest),
            key.createdAt.milliseconds,
            key.createdBy,
            key.expiresAt?.milliseconds
        )
        return .stored(KeyID(number: database.lastInsertedRowID))
    }

    func revoke(_ id: KeyID, by name: String, now: Timestamp) throws -> KeyRevocation {
        let known = try database.cachedStatement(
            sql: "SELECT name, revoked_at, revoked_by FROM admin_keys WHERE id = ?"
        )
        .first(id.number) { row -> KeyRevocation in
            guard let at: Int64 = row[1] else { return .revoked(name: row[0]) }
            return .already(StoredKey.Revocation(at: Timestamp(milliseconds: at), by: row[2]))
        }
        guard case .revoked = known else { return known ?? .unknown }
        try database.cachedStatement(sql: "UPDATE admin_keys SET revoked_at = ?, revoked_by = ? WHERE id = ?")
            .run(now.milliseconds, name, id.number)
        return known ?? .unknown
    }

    func noteUse(of id: KeyID, at moment: Timestamp) throws {
        try database.cachedStatement(
            sql: "UPDATE admin_keys SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, ?1 - 1) < ?1"
        )
        .run(moment.milliseconds, id.number)
    }

    func append(_ entry: NewAuditEntry) throws -> AuditID {
        try database.cachedStatement(
            sql: """
                INSERT INTO audit (at, actor, key, address, action, object, created, detail, outcome, status)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        .run(
            entry.at.milliseconds,
            entry.actor,
            entry.key?.number,
            entry.address?.description,
            entry.action,
            entry.object,
            entry.result?.created,
            entry.detail,
            entry.result?.outcome.rawValue,
            entry.result?.status
        )
        return AuditID(number: database.lastInsertedRowID)
    }

    func complete(_ id: AuditID, with result: AuditResult) throws {
        try database.cachedStatement(sql: "UPDATE audit SET outcome = ?, status = ?, created = ? WHERE id = ?")
            .run(result.outcome.rawValue, result.status, result.created, id.number)
    }

    /// Looks among the oldest lines only, so that upkeep never walks over those that stay.
    func pruneAudit(before: Timestamp, limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: "DELETE FROM audit WHERE at < ?1 AND id IN (SELECT id FROM audit ORDER BY id LIMIT ?2)"
        )
        .run(before.milliseconds, limit)
        return database.changesCount
    }

    func pruneKeys(before: Timestamp, limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: """
                DELETE FROM admin_keys WHERE id IN (SELECT id FROM admin_keys INDEXED BY admin_keys_revoked
                    WHERE revoked_at IS NOT NULL AND revoked_at < ? ORDER BY revoked_at LIMIT ?)
                """
        )
        .run(before.milliseconds, limit)
        return database.changesCount
    }
}
