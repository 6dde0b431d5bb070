// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// What each block of rows holds, for lists by what has no index (`Block`).
    ///
    /// Rows that were there before are summarised a few blocks with each transaction, as new ones are.
    static let blocks = """
        CREATE TABLE event_blocks (
            block INTEGER NOT NULL,
            provider TEXT NOT NULL,
            source TEXT NOT NULL,
            shop TEXT NOT NULL,
            type TEXT NOT NULL,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            CONSTRAINT event_blocks_name_a_kind_once PRIMARY KEY (block, provider, source, shop, type)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE delivery_blocks (
            block INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            shop TEXT NOT NULL,
            first_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            CONSTRAINT delivery_blocks_name_a_kind_once PRIMARY KEY (block, endpoint, shop)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO used_numbers (name, highest) VALUES ('event_blocks', 0), ('delivery_blocks', 0);
        """
}
