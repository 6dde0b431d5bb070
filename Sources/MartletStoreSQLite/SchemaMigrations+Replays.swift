// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// Deliveries that are made again on request.
    ///
    /// What a replay is to make is listed when it begins, in blocks of `ReplayItem`, so that its number never changes, and a
    /// block is removed when it is used up. `next` is the place in that list; it moves in the transaction that makes the
    /// deliveries. How these stand is counted by their index, until the replay has ended and its counts are written down.
    static let replays = """
        CREATE TABLE replays (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            state TEXT NOT NULL,
            selection BLOB NOT NULL,
            shops TEXT,
            repeats_delivered INTEGER NOT NULL,
            rate REAL NOT NULL,
            reason TEXT NOT NULL,
            created_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            finished_at INTEGER,
            CONSTRAINT replays_have_a_known_state CHECK (state IN ('running', 'paused', 'cancelled', 'done')),
            CONSTRAINT replays_have_a_rate CHECK (rate > 0),
            CONSTRAINT replays_are_done_when_they_have_ended CHECK (state <> 'done' OR finished_at IS NOT NULL)
        ) STRICT;
        CREATE INDEX replays_unfinished ON replays (id) WHERE finished_at IS NULL;

        CREATE TABLE replay_targets (
            replay INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            total INTEGER NOT NULL,
            next INTEGER NOT NULL DEFAULT 0,
            made INTEGER NOT NULL DEFAULT 0,
            gone INTEGER NOT NULL DEFAULT 0,
            unneeded INTEGER NOT NULL DEFAULT 0,
            delivered INTEGER,
            dead INTEGER,
            cancelled INTEGER,
            CONSTRAINT replay_targets_are_named_once PRIMARY KEY (replay, endpoint),
            CONSTRAINT replay_targets_count_everything CHECK (next = made + gone + unneeded AND next <= total)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE replay_items (
            id INTEGER PRIMARY KEY,
            replay INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            number INTEGER NOT NULL,
            items BLOB NOT NULL,
            CONSTRAINT replay_items_stand_once UNIQUE (replay, endpoint, number)
        ) STRICT;

        ALTER TABLE deliveries ADD COLUMN replay INTEGER;
        ALTER TABLE deliveries ADD COLUMN replay_of INTEGER;
        CREATE INDEX deliveries_of_replays ON deliveries (replay, state, endpoint) WHERE replay IS NOT NULL;
        """
}
