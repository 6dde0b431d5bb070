// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Something that happened in a simulation, for whoever prints it.
package enum SimulationNews: Sendable, Equatable {
    /// What became of one copy of a notification.
    package enum Outcome: Sendable, Equatable {
        /// Never sent: the channel lost it.
        case lost
        case answered(status: Int)
        /// Sent, and no whole answer came: lost as well, as at a provider that sends once.
        case unanswered(NetworkFailure)
    }

    /// An order was made, and registered if that was wanted.
    case made(SimulatedOrder)
    /// `copy` counts from 1.
    case notified(order: String, status: String, copy: Int, Outcome)
    /// An order came to its last status; its notifications are under way.
    case ended(order: SimulatedOrder, OrderChange)
    /// The gateway refused a registration for good; the order goes its way all the same.
    case notRegistered(order: String, reason: String)
}

/// The totals of a simulation.
package struct SimulationTotals: Sendable, Equatable {
    package var orders = 0
    package var ended = 0
    /// Notifications that a provider on a sound channel would have sent once each.
    package var notifications = 0
    /// Copies that were sent.
    package var sent = 0
    package var lost = 0
    package var duplicated = 0
    package var reordered = 0
    package var unanswered = 0
    /// Answers by status.
    package var answered: [Int: Int] = [:]
    /// Calls of the provider's interface.
    package var calls = 0
    package var notRegistered = 0

    package init() {}
}
