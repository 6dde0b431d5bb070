// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// What one endpoint has not got.
package struct EndpointBacklog: Sendable, Equatable {
    /// Waiting in the store, due now or later; without what is in memory.
    package var pending: BoundedCount
    package var dead: BoundedCount
    package var skipped: BoundedCount
    /// The earliest due time among its deliveries that are not finished, those in memory included.
    package var oldestDue: Timestamp?

    package init(
        pending: BoundedCount = .none,
        dead: BoundedCount = .none,
        skipped: BoundedCount = .none,
        oldestDue: Timestamp? = nil
    ) {
        self.pending = pending
        self.dead = dead
        self.skipped = skipped
        self.oldestDue = oldestDue
    }
}

/// A count that stopped at a bound, because counting on would cost more than it tells.
package struct BoundedCount: Sendable, Equatable {
    package var count: Int
    /// Whether there may be more than `count`.
    package var isAtLeast: Bool

    package static let none = BoundedCount(count: 0)

    package init(count: Int, isAtLeast: Bool = false) {
        self.count = count
        self.isAtLeast = isAtLeast
    }
}
