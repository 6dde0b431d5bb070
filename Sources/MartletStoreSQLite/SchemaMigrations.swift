// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The schema's history.
///
/// A migration that has been released is never edited; the next change is the next number.
enum SchemaMigrations {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        // There are no foreign keys to check (SQLiteFile.configuration says why).
        migrator = migrator.disablingDeferredForeignKeyChecks()
        migrator.registerMigration("0001 events, deliveries and attempts") { database in
            try database.execute(sql: eventsAndDeliveries)
        }
        migrator.registerMigration("0002 quarantine, hints and orders") { database in
            try database.execute(sql: quarantineHintsAndOrders)
        }
        migrator.registerMigration("0003 watches") { database in
            try database.execute(sql: watches)
        }
        migrator.registerMigration("0004 sweeps") { database in
            try database.execute(sql: sweeps)
        }
        migrator.registerMigration("0005 idempotency keys") { database in
            try database.execute(sql: idempotencyKeys)
        }
        migrator.registerMigration("0006 keys and audit log") { database in
            try database.execute(sql: keysAndAudit)
        }
        migrator.registerMigration("0007 managed endpoints and sealed secrets") { database in
            try database.execute(sql: managedEndpointsAndSealing)
        }
        migrator.registerMigration("0008 replays") { database in
            try database.execute(sql: replays)
        }
        migrator.registerMigration("0009 traces and expunged events") { database in
            try database.execute(sql: tracesAndExpungements)
        }
        migrator.registerMigration("0010 blocks") { database in
            try database.execute(sql: blocks)
        }
        migrator.registerMigration("0011 audit log by time") { database in
            try database.execute(sql: auditByTime)
        }
        migrator.registerMigration("0012 upkeep") { database in
            try database.execute(sql: upkeep)
        }
        migrator.registerMigration("0014 deadlines of watches") { database in
            try database.execute(sql: deadlinesOfWatches)
        }
        return migrator
    }()

    /// Tables that a capture or a record writes.
    ///
    /// An index costs every capture a page of the log where its order is random, so there is no table of payments beside
    /// `events` (the row holds what its payment had come to with it), and `event_ids` is filled in sorted runs
    /// (`RecentEvents`). What must outlive the row goes to `old_events`.
    ///
    /// The states of a delivery are compared one by one: for `IN` with more than two, SQLite fills a table in memory for each row
    /// that it checks.
    private static let eventsAndDeliveries = """
        CREATE TABLE events (
            sequence INTEGER PRIMARY KEY,
            event_id TEXT NOT NULL,
            type TEXT NOT NULL,
            provider TEXT NOT NULL,
            source TEXT NOT NULL,
            shop TEXT NOT NULL,
            object_key TEXT NOT NULL,
            object_is_final INTEGER NOT NULL,
            object_newest INTEGER,
            object_polled TEXT,
            merchant_order_id TEXT,
            provider_object_id TEXT,
            provider_status TEXT,
            flags TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            envelope BLOB NOT NULL,
            raw BLOB,
            CONSTRAINT events_leave_objects_final_or_not CHECK (object_is_final IN (0, 1))
        ) STRICT;
        CREATE INDEX events_by_object ON events (object_key);
        CREATE INDEX events_by_other_id ON events (provider_object_id) WHERE provider_object_id IS NOT NULL
            AND substr(object_key, 1, length(provider_object_id) + 1) <> provider_object_id || ':';
        CREATE INDEX events_by_order ON events (merchant_order_id) WHERE merchant_order_id IS NOT NULL;

        CREATE TABLE event_minutes (
            minute INTEGER PRIMARY KEY,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE event_ids (
            head INTEGER PRIMARY KEY,
            sequence INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE old_events (
            sequence INTEGER PRIMARY KEY,
            event_id TEXT NOT NULL,
            provider TEXT NOT NULL,
            source TEXT NOT NULL,
            object_key TEXT NOT NULL,
            object_is_final INTEGER NOT NULL,
            object_newest INTEGER,
            object_polled TEXT,
            received_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX old_events_by_object ON old_events (object_key);

        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY,
            event INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            state TEXT NOT NULL,
            due_at INTEGER,
            attempts INTEGER NOT NULL DEFAULT 0,
            schedule_from INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            last_outcome TEXT,
            lane TEXT,
            body BLOB,
            CONSTRAINT deliveries_have_a_known_state
                CHECK (state = 'pending' OR state = 'delivered' OR state = 'dead' OR state = 'skipped'
                    OR state = 'cancelled'),
            CONSTRAINT deliveries_wait_for_a_time_or_in_a_lane
                CHECK (state <> 'pending' OR due_at IS NOT NULL OR lane IS NOT NULL),
            CONSTRAINT deliveries_count_attempts CHECK (attempts >= 0)
        ) STRICT;
        CREATE INDEX deliveries_due ON deliveries (endpoint, due_at) WHERE state = 'pending' AND due_at IS NOT NULL;
        CREATE INDEX deliveries_in_lanes ON deliveries (endpoint, lane, event)
            WHERE state = 'pending' AND lane IS NOT NULL;
        CREATE INDEX deliveries_by_event ON deliveries (event);
        CREATE INDEX deliveries_unusual ON deliveries (state) WHERE state NOT IN ('pending', 'delivered');

        CREATE TABLE delivery_counts (
            state TEXT PRIMARY KEY,
            count INTEGER NOT NULL,
            CONSTRAINT delivery_counts_are_not_negative CHECK (count >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO delivery_counts (state, count) VALUES
            ('pending', 0), ('delivered', 0), ('dead', 0), ('skipped', 0), ('cancelled', 0);

        CREATE TABLE used_numbers (
            name TEXT PRIMARY KEY,
            highest INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO used_numbers (name, highest) VALUES
            ('sequence', 0), ('delivery', 0), ('indexed', 0), ('raw', 0);

        CREATE TABLE endpoint_health (
            endpoint TEXT PRIMARY KEY,
            parked_until INTEGER,
            probe_interval INTEGER,
            failing_since INTEGER,
            last_success_at INTEGER,
            failure_label TEXT,
            failure_status INTEGER,
            failure_at INTEGER,
            rejecting_status INTEGER,
            rejecting_since INTEGER,
            rejecting_latest INTEGER,
            disabled_reason TEXT,
            disabled_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE attempts (
            delivery INTEGER NOT NULL,
            number INTEGER NOT NULL,
            status INTEGER,
            failure TEXT,
            started_at INTEGER NOT NULL,
            duration_ns INTEGER NOT NULL,
            detail TEXT,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            CONSTRAINT attempts_are_recorded_once PRIMARY KEY (delivery, number),
            CONSTRAINT attempts_count_from_one CHECK (number >= 1),
            CONSTRAINT attempts_end_in_one_way CHECK ((status IS NULL) <> (failure IS NULL))
        ) STRICT, WITHOUT ROWID;
        """

    /// Tables beside the way of an event.
    ///
    /// Bodies come last in their rows, so that a search by the columns before them reads no overflow page.
    private static let quarantineHintsAndOrders = """
        CREATE TABLE quarantine (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL,
            size INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            reason TEXT NOT NULL,
            detail TEXT NOT NULL,
            method TEXT NOT NULL,
            source_address TEXT NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX quarantine_by_source ON quarantine (source);

        CREATE TABLE quarantine_usage (
            source TEXT PRIMARY KEY,
            rows INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            CONSTRAINT quarantine_usage_is_not_negative CHECK (rows >= 0 AND bytes >= 0)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE hints (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            object_id TEXT NOT NULL,
            outcome TEXT NOT NULL,
            calls INTEGER NOT NULL,
            hinted_at INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            method TEXT NOT NULL,
            source_address TEXT NOT NULL,
            headers TEXT NOT NULL,
            body BLOB NOT NULL,
            CONSTRAINT hints_wait_once_for_an_order UNIQUE (source, object_id),
            CONSTRAINT hints_have_a_known_outcome
                CHECK (outcome IN ('waiting', 'fetched', 'order_not_found', 'fetch_failed'))
        ) STRICT;
        CREATE INDEX hints_by_time ON hints (hinted_at);

        CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            source TEXT NOT NULL,
            object_id TEXT NOT NULL,
            uid TEXT,
            order_secret BLOB,
            ipn_secret BLOB,
            merchant_order_id TEXT,
            due_amount TEXT,
            due_currency TEXT,
            CONSTRAINT orders_are_known_once UNIQUE (source, object_id)
        ) STRICT;
        """
}
