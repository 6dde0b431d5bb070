// SPDX-License-Identifier: Apache-2.0

/// What the gateway remembers of one payment or payout to judge whether further news is late (providers.md rule 9).
package struct ObjectHistory: Sendable, Equatable {
    /// Whether a `final` event has been admitted.
    package var isFinal: Bool
    /// The newest provider timestamp among admitted events, if the provider states times.
    package var newestOccurredAt: Timestamp?
    /// Statuses learned by polling whose own notification has not come yet.
    package var polledStatuses: [String]

    package init(
        isFinal: Bool = false,
        newestOccurredAt: Timestamp? = nil,
        polledStatuses: [String] = []
    ) {
        self.isFinal = isFinal
        self.newestOccurredAt = newestOccurredAt
        self.polledStatuses = polledStatuses
    }

    /// Whether the event is the notification of a status that had been polled; it is waited for no longer.
    package mutating func noteArrival(of event: Event) -> Bool {
        guard !event.isPolled, let status = event.providerStatus, let index = polledStatuses.firstIndex(of: status)
        else { return false }
        polledStatuses.remove(at: index)
        return true
    }

    /// Takes one event that is no duplicate into account and returns the flags that its arrival earns it.
    ///
    /// An event with a flag that withholds delivery leaves the history as it was, but for the note that
    /// the notification of a polled status has come.
    package mutating func admit(_ event: Event) -> [EventFlag] {
        // What ends the payment is news, though a poll has told that status before it was final.
        let isTheEnd = event.finality == .final && !isFinal
        if !isTheEnd, noteArrival(of: event) { return [.alreadyKnown] }
        let isPolled = event.isPolled
        if isFinal && !event.type.isRefund { return [.outOfOrder] }
        if let occurred = event.occurredAt, let newest = newestOccurredAt, occurred < newest { return [.outOfOrder] }
        if event.finality == .final { isFinal = true }
        if let occurred = event.occurredAt { newestOccurredAt = occurred }
        // A later notification than the polled change: should its status come once more, it is a new change, since the
        // one that was polled is older and held back for its time.
        if !isPolled, event.occurredAt != nil { polledStatuses.removeAll() }
        // A provider that is only ever asked (HyPe, SpectroCoin JSON) sends no notification to wait for, and the
        // bound keeps the row small whatever happens.
        if isPolled, let status = event.providerStatus, polledStatuses.count < 16 { polledStatuses.append(status) }
        return []
    }
}

extension Event {
    /// Whether the gateway asked for it.
    fileprivate var isPolled: Bool { verification.method == "fetched" || verification.method == "polled" }
}
