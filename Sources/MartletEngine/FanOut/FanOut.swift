// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// Which endpoints get an event, and whether each delivery goes straight on after the commit or waits in the store.
package enum FanOut {
    /// The deliveries of one event, with the place in memory that some of them hold.
    package struct Plan: Sendable {
        package fileprivate(set) var deliveries: [NewDelivery] = []
        /// In the order of `deliveries`: the gate whose place the delivery holds, nil where it holds none.
        package fileprivate(set) var gates: [LaneGate?] = []
        /// In the same order: each delivery's lane.
        package fileprivate(set) var lanes: [LaneGate] = []
    }

    /// One delivery for every endpoint that wants the event: `inFlight` where the lane has a free place, `pending`
    /// where it has none, `skipped` where the endpoint is disabled.
    ///
    /// All are due now. A shaped body is made even for a disabled endpoint, whose delivery can be replayed.
    package static func plan(_ event: Event, for subscribers: [Topology.Subscriber], at now: Timestamp) -> Plan {
        var plan = Plan()
        for subscriber in subscribers where subscriber.endpoint.wants(event) {
            let endpoint = subscriber.endpoint
            let intake = endpoint.isEnabled ? subscriber.gate.intake : .skip
            // Ordered deliveries go through the store, which knows whether an earlier one is unfinished.
            let lane = endpoint.ordering == .perObject ? "\(event.source)/\(event.objectKey)" : nil
            let hasPlace = intake == .handOver && lane == nil && subscriber.gate.reserve() == 1
            let state: DeliveryState = intake == .skip ? .skipped : hasPlace ? .inFlight : .pending
            let body = endpoint.shape?.render(event)
            plan.deliveries.append(
                NewDelivery(endpoint: endpoint.id, state: state, dueAt: now, lane: lane, body: body)
            )
            plan.gates.append(hasPlace ? subscriber.gate : nil)
            plan.lanes.append(subscriber.gate)
        }
        return plan
    }

    /// The same for an event whose deliveries all wait in the store for their lanes: they hold no place in memory.
    package static func planInStore(
        _ event: Event,
        for subscribers: [Topology.Subscriber],
        at now: Timestamp
    ) -> [NewDelivery] {
        subscribers.filter { $0.endpoint.wants(event) }
            .map { subscriber in
                let endpoint = subscriber.endpoint
                let isSkipped = !endpoint.isEnabled || subscriber.gate.intake == .skip
                return NewDelivery(
                    endpoint: endpoint.id,
                    state: isSkipped ? .skipped : .pending,
                    dueAt: now,
                    lane: endpoint.ordering == .perObject ? "\(event.source)/\(event.objectKey)" : nil,
                    body: endpoint.shape?.render(event)
                )
            }
    }
}
