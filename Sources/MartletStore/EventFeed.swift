// SPDX-License-Identifier: Apache-2.0

/// A part of the events in the order of their commits.
package struct EventFeed: Sendable, Equatable {
    /// Oldest first.
    package var events: [StoredEvent]
    /// Everything that fits the query up to here has been told; the next part begins after it.
    package var position: Int64
    /// The newest sequence that was given when the part was read.
    package var newest: Int64

    package init(events: [StoredEvent], position: Int64, newest: Int64) {
        self.events = events
        self.position = position
        self.newest = newest
    }
}
