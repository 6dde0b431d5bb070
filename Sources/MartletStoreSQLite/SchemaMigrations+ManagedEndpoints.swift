// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// Endpoints that the API made, and the name of the key with which a row's secrets are sealed.
    ///
    /// `sealed_by` is empty where they are not. Its indexes hold only rows that have secrets.
    static let managedEndpointsAndSealing = """
        CREATE TABLE managed_endpoints (
            id TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            settings BLOB NOT NULL,
            secrets BLOB NOT NULL,
            sealed_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            is_removing INTEGER NOT NULL,
            CONSTRAINT managed_endpoints_count_versions CHECK (version >= 1),
            CONSTRAINT managed_endpoints_are_sealed CHECK (sealed_by <> ''),
            CONSTRAINT managed_endpoints_go_or_stay CHECK (is_removing IN (0, 1))
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE orders ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
        CREATE INDEX orders_by_sealing_key ON orders (sealed_by)
            WHERE order_secret IS NOT NULL OR ipn_secret IS NOT NULL;

        ALTER TABLE idempotency_keys ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
        CREATE INDEX idempotency_keys_by_sealing_key ON idempotency_keys (sealed_by) WHERE body IS NOT NULL;
        """
}
