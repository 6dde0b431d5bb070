// SPDX-License-Identifier: Apache-2.0
import GRDB
package import MartletCore
package import MartletStore

/// Keys of the admin API, and who did what.
extension SQLiteEventStore {
    package func insert(_ key: NewKey) async throws(StoreError) -> KeyInsertion {
        try await write("store key") { try $0.insert(key) }
    }

    package func revoke(_ key: KeyID, by: String, now: Timestamp) async throws(StoreError) -> KeyRevocation {
        try await write("revoke key") { try $0.revoke(key, by: by, now: now) }
    }

    package func noteUse(of key: KeyID, at moment: Timestamp, completion: @escaping Completion<Void>) {
        write("note use of key", completion: completion) { try $0.noteUse(of: key, at: moment) }
    }

    package func keys(_ query: KeyQuery) async throws(StoreError) -> [StoredKey] {
        var filter = QueryFilter()
        if !query.includesRevoked { filter.add("revoked_at IS NULL") }
        filter.before("id", query.before?.number)
        let sql = """
            SELECT id, name, role, shops, digest, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by
            FROM admin_keys \(filter.clause) ORDER BY id DESC LIMIT \(max(0, query.limit))
            """
        let arguments = filter.arguments
        return try await read("read keys") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.key)
        }
    }

    package func append(_ entry: NewAuditEntry, completion: @escaping Completion<AuditID>) {
        write("write audit log", completion: completion) { try $0.append(entry) }
    }

    package func complete(_ id: AuditID, with result: AuditResult) async throws(StoreError) {
        try await write("complete audit log") { try $0.complete(id, with: result) }
    }

    package func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
        let (sql, arguments) = Self.auditSearch(query)
        return try await read("search audit log") { database in
            try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments)).map(Self.auditEntry)
        }
    }

    /// Along the index that fits, each of which ends with the time; the planner has no statistics to choose one by.
    static func auditSearch(_ query: AuditQuery) -> (sql: String, arguments: [DatabaseValue]) {
        var filter = QueryFilter()
        filter.equal("actor", query.actor)
        filter.between("at", since: query.since, until: query.until)
        if let line = query.before?.number {
            filter.add("(at, id) < (SELECT at, id FROM audit WHERE id = ?)", line)
        }
        let end = "ORDER BY at DESC, id DESC LIMIT \(max(0, query.limit))"
        guard let object = query.object else {
            let index = query.actor == nil ? "audit_by_time" : "audit_by_actor"
            return ("\(selectAudit) INDEXED BY \(index) \(filter.clause) \(end)", filter.arguments)
        }
        var (done, made) = (filter, filter)
        done.add("object = ?", object)
        made.add("created = ? AND object IS NOT ?", [object.databaseValue, object.databaseValue])
        return (
            """
            SELECT * FROM (\(selectAudit) INDEXED BY audit_by_object \(done.clause) \(end))
            UNION ALL SELECT * FROM (\(selectAudit) INDEXED BY audit_by_created \(made.clause) \(end)) \(end)
            """,
            done.arguments + made.arguments
        )
    }

    private static let selectAudit =
        "SELECT id, at, actor, key, address, action, object, created, detail, outcome, status FROM audit"

    private static func key(_ row: Row) throws -> StoredKey {
        let shops: String? = row[3]
        let revokedAt: Int64? = row[9]
        return StoredKey(
            id: KeyID(number: row[0]),
            key: NewKey(
                name: row[1],
                role: row[2],
                shops: shops.map { Set($0.split(separator: ",").map(String.init)) },
                digest: try row.bytes(4),
                createdAt: Timestamp(milliseconds: row[5]),
                createdBy: row[6],
                expiresAt: (row[7] as Int64?).map(Timestamp.init(milliseconds:))
            ),
            lastUsedAt: (row[8] as Int64?).map(Timestamp.init(milliseconds:)),
            revoked: revokedAt.map { StoredKey.Revocation(at: Timestamp(milliseconds: $0), by: row[10]) }
        )
    }

    private static func auditEntry(_ row: Row) throws -> AuditEntry {
        let address: String? = row[4]
        let outcome: String? = row[9]
        return AuditEntry(
            id: AuditID(number: row[0]),
            entry: NewAuditEntry(
                at: Timestamp(milliseconds: row[1]),
                actor: row[2],
                key: (row[3] as Int64?).map(KeyID.init(number:)),
                address: try address.map(StoredText.address),
                action: row[5],
                object: row[6],
                detail: row[8],
                result: outcome.flatMap(AuditOutcome.init(rawValue:)).map {
                    AuditResult(outcome: $0, status: row[10], created: row[7])
                }
            )
        )
    }
}
