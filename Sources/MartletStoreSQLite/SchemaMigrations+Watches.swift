// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// What is followed by asking.
    ///
    /// `due_at` is the earlier of `next_poll_at` and `deadline`, so that one index serves both; a held watch waits for its
    /// deadline only. `asked` grows whenever
    /// somebody wants a poll, so that a poll under way does not put off the one that is wanted after it.
    static let watches = """
        CREATE TABLE watches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            subject TEXT NOT NULL,
            shop TEXT NOT NULL,
            state TEXT NOT NULL,
            next_poll_at INTEGER,
            deadline INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            asked INTEGER NOT NULL DEFAULT 0,
            polls INTEGER NOT NULL DEFAULT 0,
            last_outcome TEXT,
            note TEXT,
            order_id TEXT,
            hinted_at INTEGER,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            details BLOB NOT NULL,
            memory BLOB NOT NULL,
            CONSTRAINT watches_follow_a_subject_once UNIQUE (source, subject),
            CONSTRAINT watches_have_a_known_state CHECK (state IN ('open', 'held', 'closed', 'overdue')),
            CONSTRAINT watches_count_polls CHECK (polls >= 0)
        ) STRICT;
        CREATE INDEX watches_due ON watches (source, due_at) WHERE state IN ('open', 'held');
        CREATE INDEX watches_unfinished ON watches (source, state) WHERE state <> 'closed';
        CREATE INDEX watches_ended ON watches (changed_at) WHERE state IN ('closed', 'overdue');

        CREATE TABLE watch_polls (
            watch INTEGER NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            note TEXT,
            events TEXT NOT NULL,
            CONSTRAINT watch_polls_are_recorded_once PRIMARY KEY (watch, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE source_holds (
            source TEXT PRIMARY KEY,
            reason TEXT NOT NULL,
            since INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX hints_waiting ON hints (source, hinted_at) WHERE outcome = 'waiting';
        """

    /// While a source is on hold, its watches are due at their deadlines only.
    static let deadlinesOfWatches = """
        CREATE INDEX watches_deadline ON watches (source, deadline) WHERE state IN ('open', 'held');
        """
}
