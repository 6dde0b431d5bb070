// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import Synchronization

/// What has just changed on disk, for whoever looks on at that moment.
///
/// Told after the commit, from any queue, by those who had it made. It is a hint and not a record: while nobody listens it
/// costs one load, and who must not miss an event reads `EventStore.events(after:_:)`.
package final class ChangeFeed: Sendable {
    package enum Change: Sendable {
        /// Events were stored.
        case events
        /// Attempts were recorded.
        case attempts([AttemptRecord])
        /// Deliveries changed otherwise, such as by an operator.
        case deliveries([DeliveryID])
        /// The state or the settings of an endpoint.
        case endpoint(EndpointID)
        /// A watch was registered, polled or changed.
        case watch(WatchID)
        /// A callback went into quarantine.
        case quarantine
        /// A replay began, advanced or ended.
        case replay(ReplayID)
    }

    package typealias Listener = @Sendable (Change) -> Void

    private let listener = Mutex<Listener?>(nil)
    private let isHeard = Atomic<Bool>(false)

    package init() {}

    /// Tells the listener, if there is one; must be called after the commit.
    package func post(_ change: @autoclosure () -> Change) {
        guard isHeard.load(ordering: .relaxed), let listener = listener.withLock({ $0 }) else { return }
        listener(change())
    }

    /// Puts a listener in the place of the former one; nil for none.
    ///
    /// It is called on the queues of those who post and must return at once.
    package func listen(_ listener: Listener?) {
        self.listener.withLock { $0 = listener }
        isHeard.store(listener != nil, ordering: .relaxed)
    }
}
