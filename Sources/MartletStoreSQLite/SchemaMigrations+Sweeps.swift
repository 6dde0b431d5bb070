// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// One row for each source whose list is compared: the run under way, if any, and the newest that ended.
    static let sweeps = """
        CREATE TABLE sweeps (
            source TEXT PRIMARY KEY,
            since INTEGER NOT NULL,
            last_outcome TEXT,
            run_started_at INTEGER,
            run_since INTEGER,
            run_until INTEGER,
            run_cursor TEXT,
            run_resume_at INTEGER,
            run_failures INTEGER,
            run_pages INTEGER,
            run_rows INTEGER,
            run_missed INTEGER,
            run_unreadable INTEGER,
            last_started_at INTEGER,
            last_finished_at INTEGER,
            last_pages INTEGER,
            last_rows INTEGER,
            last_missed INTEGER,
            last_unreadable INTEGER
        ) STRICT, WITHOUT ROWID;
        """
}
