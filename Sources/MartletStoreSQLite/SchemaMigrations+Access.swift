// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// Keys that the admin API makes, by their SHA-256, and who did what.
    ///
    /// `shops` is NULL for all of them. A line of the audit log without an outcome is being done, or was cut off.
    static let keysAndAudit = """
        CREATE TABLE admin_keys (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            shops TEXT,
            digest BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            expires_at INTEGER,
            last_used_at INTEGER,
            revoked_at INTEGER,
            revoked_by TEXT,
            CONSTRAINT admin_keys_have_a_known_role CHECK (role IN ('viewer', 'operator', 'admin')),
            CONSTRAINT admin_keys_are_revoked_by_somebody CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX admin_keys_in_force ON admin_keys (name) WHERE revoked_at IS NULL;
        CREATE INDEX admin_keys_revoked ON admin_keys (revoked_at) WHERE revoked_at IS NOT NULL;

        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            key INTEGER,
            address TEXT,
            action TEXT NOT NULL,
            object TEXT,
            created TEXT,
            detail TEXT,
            outcome TEXT,
            status INTEGER,
            CONSTRAINT audit_outcomes_are_known
                CHECK (outcome IS NULL OR outcome IN ('done', 'refused', 'failed', 'repeated'))
        ) STRICT;
        CREATE INDEX audit_by_object ON audit (object) WHERE object IS NOT NULL;
        CREATE INDEX audit_by_created ON audit (created) WHERE created IS NOT NULL;
        """

    /// Each search of the audit log is a walk along one index, which ends with the page: by whom, of what, or when.
    static let auditByTime = """
        DROP INDEX audit_by_object;
        DROP INDEX audit_by_created;
        CREATE INDEX audit_by_time ON audit (at);
        CREATE INDEX audit_by_actor ON audit (actor, at);
        CREATE INDEX audit_by_object ON audit (object, at) WHERE object IS NOT NULL;
        CREATE INDEX audit_by_created ON audit (created, at) WHERE created IS NOT NULL;
        """
}
