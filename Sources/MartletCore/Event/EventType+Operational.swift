// SPDX-License-Identifier: Apache-2.0

/// What the gateway tells of itself (contract.md sections 5 and 7).
extension EventType {
    package static let endpointDisabled = EventType(rawValue: "endpoint.disabled")
    package static let endpointRecovered = EventType(rawValue: "endpoint.recovered")
    package static let deliveryDead = EventType(rawValue: "delivery.dead")
    package static let watchOverdue = EventType(rawValue: "watch.overdue")
    /// Made when an operator tests an endpoint; it goes to that one only, so nobody subscribes to it.
    package static let endpointTest = EventType(rawValue: "endpoint.test")

    /// Every operational type.
    package static let operational = [endpointDisabled, endpointRecovered, deliveryDead, watchOverdue]
}
