// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// What replays leave out because its endpoint no longer gets the shop's events, and upkeep that looks at each row once.
    ///
    /// SQLite changes no constraint of a table, so `replay_targets` is made anew. `kept_raws` names the old events whose
    /// raw callback was left for a pending delivery. Minutes without events were left behind by earlier versions.
    static let upkeep = """
        ALTER TABLE replay_targets RENAME TO replay_targets_before;
        CREATE TABLE replay_targets (
            replay INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            total INTEGER NOT NULL,
            next INTEGER NOT NULL DEFAULT 0,
            made INTEGER NOT NULL DEFAULT 0,
            gone INTEGER NOT NULL DEFAULT 0,
            unneeded INTEGER NOT NULL DEFAULT 0,
            other_shop INTEGER NOT NULL DEFAULT 0,
            delivered INTEGER,
            dead INTEGER,
            cancelled INTEGER,
            CONSTRAINT replay_targets_are_named_once PRIMARY KEY (replay, endpoint),
            CONSTRAINT replay_targets_count_everything
                CHECK (next = made + gone + unneeded + other_shop AND next <= total)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO replay_targets (replay, endpoint, total, next, made, gone, unneeded, delivered, dead, cancelled)
            SELECT replay, endpoint, total, next, made, gone, unneeded, delivered, dead, cancelled
            FROM replay_targets_before;
        DROP TABLE replay_targets_before;

        CREATE TABLE kept_raws (
            event INTEGER PRIMARY KEY
        ) STRICT;

        DELETE FROM event_minutes
            WHERE NOT EXISTS (SELECT 1 FROM events WHERE sequence BETWEEN event_minutes.first AND event_minutes.last);
        """
}
