// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Requests that must not be done twice.
extension WriteConnection {
    func claim(_ request: IdempotentRequest, now: Timestamp) throws -> IdempotencyClaim {
        let oldest = (now - IdempotentRequest.kept).milliseconds
        let known = try database.cachedStatement(
            sql: """
                SELECT digest, status, media_type, body FROM idempotency_keys
                WHERE caller = ? AND key = ? AND created_at >= ?
                """
        )
        .first(request.caller, request.key, oldest) { row -> IdempotencyClaim in
            if row.bytes(0) != request.digest { return .other }
            guard let status: Int64 = row[1] else { return .unanswered }
            return .answered(StoredAnswer(status: Int(status), mediaType: row[2], body: row.bytes(3)))
        }
        if let known { return known }
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO idempotency_keys (caller, key, digest, created_at)
                VALUES (?, ?, coalesce(?, x''), ?)
                """
        )
        .run(request.caller, request.key, Blob(request.digest), now.milliseconds)
        return .new
    }

    func keep(_ answer: StoredAnswer, of request: IdempotentRequest) throws {
        try database.cachedStatement(
            sql: """
                UPDATE idempotency_keys SET status = ?, media_type = ?, body = coalesce(?, x'')
                WHERE caller = ? AND key = ? AND digest = ?
                """
        )
        .run(answer.status, answer.mediaType, Blob(answer.body), request.caller, request.key, Blob(request.digest))
    }

    func forget(_ request: IdempotentRequest) throws {
        try database.cachedStatement(
            sql: "DELETE FROM idempotency_keys WHERE caller = ? AND key = ? AND digest = ? AND status IS NULL"
        )
        .run(request.caller, request.key, Blob(request.digest))
    }

    func pruneIdempotencyKeys(before: Timestamp, limit: Int) throws -> Int {
        try database.cachedStatement(
            sql: """
                DELETE FROM idempotency_keys WHERE (caller, key) IN (SELECT caller, key FROM idempotency_keys
                    INDEXED BY idempotency_keys_by_age WHERE created_at < ? ORDER BY created_at LIMIT ?)
                """
        )
        .run(before.milliseconds, limit)
        return database.changesCount
    }
}
