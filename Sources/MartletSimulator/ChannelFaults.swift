// SPDX-License-Identifier: Apache-2.0

/// What goes wrong between a provider and the gateway: a value that decides over each notification.
package struct ChannelFaults: Sendable, Equatable {
    /// What becomes of one notification.
    package struct Fate: Sendable, Equatable {
        /// How long after the change each copy is sent; none if the notification is lost.
        package var copies: [Duration]
        package var isReordered: Bool

        package var isLost: Bool { copies.isEmpty }
        package var isDuplicated: Bool { copies.count > 1 }
    }

    /// Share of notifications that are never sent, 0 to 1.
    package var loss: Double
    /// Share of those left that are sent twice.
    package var duplicates: Double
    /// Share of those left that are held back, so that later ones overtake them.
    package var reorder: Double
    /// How long each copy takes before it is sent.
    package var delay: ClosedRange<Duration>
    /// How much longer one is held back that is to be overtaken.
    package var overtaking: Duration

    /// Without arguments: a channel on which nothing goes wrong.
    package init(
        loss: Double = 0,
        duplicates: Double = 0,
        reorder: Double = 0,
        delay: ClosedRange<Duration> = .zero ... .zero,
        overtaking: Duration = .seconds(2)
    ) {
        self.loss = loss
        self.duplicates = duplicates
        self.reorder = reorder
        self.delay = delay
        self.overtaking = overtaking
    }

    /// Decides over the next notification.
    ///
    /// Always takes five numbers, so that another share leaves the other decisions of a seed as they were.
    package func fate(using random: inout some RandomNumberGenerator) -> Fate {
        let isLost = Double.random(in: 0..<1, using: &random) < loss
        let isDuplicated = Double.random(in: 0..<1, using: &random) < duplicates
        let isReordered = Double.random(in: 0..<1, using: &random) < reorder
        let pauses = [pause(using: &random), pause(using: &random)]
        guard !isLost else { return Fate(copies: [], isReordered: false) }
        let held = isReordered ? overtaking : .zero
        return Fate(copies: pauses.prefix(isDuplicated ? 2 : 1).map { $0 + held }, isReordered: isReordered)
    }

    private func pause(using random: inout some RandomNumberGenerator) -> Duration {
        let share = Double.random(in: 0..<1, using: &random)
        return delay.lowerBound + (delay.upperBound - delay.lowerBound) * share
    }
}
