// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// Requests that must not be done twice, with the answers that they got.
    static let idempotencyKeys = """
        CREATE TABLE idempotency_keys (
            caller TEXT NOT NULL,
            key TEXT NOT NULL,
            digest BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            status INTEGER,
            media_type TEXT,
            body BLOB,
            CONSTRAINT idempotency_keys_stand_for_one_request PRIMARY KEY (caller, key),
            CONSTRAINT idempotency_keys_are_answered_whole
                CHECK ((status IS NULL) = (media_type IS NULL) AND (status IS NULL) = (body IS NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
        """
}
