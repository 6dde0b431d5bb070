// SPDX-License-Identifier: Apache-2.0

/// What the gateway tells of itself (contract.md sections 5 and 7).
extension EventType {
    package static let endpointDisabled = EventType(rawValue: "endpoint.disabled")
    package static let endpointRecovered = EventType(rawValue: "endpoint.recovered")
    package static let deliveryDead = EventType(rawValue: "delivery.dead")
    package static let watchOverdue = EventType(rawValue: "watch.overdue")

    /// Every operational type.
    package static let operational = [endpointDisabled, endpointRecovered, deliveryDead, watchOverdue]
}
