// SPDX-License-Identifier: Apache-2.0

extension SchemaMigrations {
    /// Both are NULL for nearly every event, which costs a byte of its row each.
    ///
    /// `trace`: what its callback came with (`TraceContext.stored`). `expunged`: who removed what the event said of people,
    /// when and why, as one JSON object.
    static let tracesAndExpungements = """
        ALTER TABLE events ADD COLUMN trace TEXT;
        ALTER TABLE events ADD COLUMN expunged TEXT;
        """
}
