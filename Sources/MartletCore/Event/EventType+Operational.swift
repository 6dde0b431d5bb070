// SPDX-License-Identifier: Apache-2.0

extension EventType {
    /// Types of the events that the gateway itself makes (contract.md sections 5 and 7).
    package static let operational = ["endpoint.disabled", "endpoint.recovered", "delivery.dead", "watch.overdue"]
        .map(EventType.init(rawValue:))
}
