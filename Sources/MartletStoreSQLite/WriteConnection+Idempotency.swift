// SPDX-License-Identifier: Apache-2.0
import GRDB
import MartletCore
import MartletStore

/// Requests that must not be done twice.
extension WriteConnection {
    func claim(
        _ request: IdempotentRequest,
        now: Timestamp,
        _ sealer: (any SecretSealer)?
    ) throws -> IdempotencyClaim {
        let oldest = (now - IdempotentRequest.kept).milliseconds
        let known = try database.cachedStatement(
            sql: """
                SELECT digest, status, media_type, body, sealed_by FROM idempotency_keys
                WHERE caller = ? AND key = ? AND created_at >= ?
                """
        )
        .first(request.caller, request.key, oldest) { row -> IdempotencyClaim in
            if row.bytes(0) != request.digest { return .other }
            guard let status: Int64 = row[1] else { return .unanswered }
            let place = Sealing.place(ofAnswer: request.caller, request.key)
            let body = try Sealing.secret(row.bytes(3), place, by: row[4], sealer)
            return .answered(StoredAnswer(status: Int(status), mediaType: row[2], body: body.withExposedBytes { $0 }))
        }
        if let known { return known }
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO idempotency_keys (caller, key, digest, created_at)
                VALUES (?, ?, ?, ?)
                """
        )
        .run(request.caller, request.key, Blob(request.digest), now.milliseconds)
        return .new
    }

    /// An answer may hold what is shown once, so it is sealed whole.
    func keep(_ answer: StoredAnswer, of request: IdempotentRequest, _ sealer: (any SecretSealer)?) throws {
        let place = Sealing.place(ofAnswer: request.caller, request.key)
        try database.cachedStatement(
            sql: """
                UPDATE idempotency_keys SET status = ?, media_type = ?, body = ?, sealed_by = ?
                WHERE caller = ? AND key = ? AND digest = ?
                """
        )
        .run(
            answer.status,
            answer.mediaType,
            Blob(Sealing.bytes(of: Secret(answer.body), place, sealer)),
            sealer?.keyID ?? Sealing.unsealed,
            request.caller,
            request.key,
            Blob(request.digest)
        )
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
