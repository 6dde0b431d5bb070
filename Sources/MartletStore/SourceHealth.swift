// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// How one source is doing, as far as the store knows.
package struct SourceHealth: Sendable, Equatable {
    /// Refused callbacks that are kept; those that were released or dropped do not count any more.
    package struct Refusals: Sendable, Equatable {
        package var inLastHour: [RefusalReason: Int]
        package var inLastDay: [RefusalReason: Int]
        /// Whether there may be more: only the newest are looked at.
        package var isAtLeast: Bool
        package var newest: Timestamp?

        package init(
            inLastHour: [RefusalReason: Int] = [:],
            inLastDay: [RefusalReason: Int] = [:],
            isAtLeast: Bool = false,
            newest: Timestamp? = nil
        ) {
            self.inLastHour = inLastHour
            self.inLastDay = inLastDay
            self.isAtLeast = isAtLeast
            self.newest = newest
        }
    }

    /// A provider's advice not to ask any more, until an operator resumes one of the watches.
    package struct Hold: Sendable, Equatable {
        package var reason: String
        package var since: Timestamp

        package init(reason: String, since: Timestamp) {
            self.reason = reason
            self.since = since
        }
    }

    package var refusals: Refusals
    package var quarantined: Int
    package var oldestQuarantined: Timestamp?
    package var hold: Hold?
    /// Of the newest open watches those whose newest poll failed, and what hindered the newest of them.
    package var pollFaults: BoundedCount
    package var newestPollFault: String?

    package init(
        refusals: Refusals = Refusals(),
        quarantined: Int = 0,
        oldestQuarantined: Timestamp? = nil,
        hold: Hold? = nil,
        pollFaults: BoundedCount = .none,
        newestPollFault: String? = nil
    ) {
        self.refusals = refusals
        self.quarantined = quarantined
        self.oldestQuarantined = oldestQuarantined
        self.hold = hold
        self.pollFaults = pollFaults
        self.newestPollFault = newestPollFault
    }
}
