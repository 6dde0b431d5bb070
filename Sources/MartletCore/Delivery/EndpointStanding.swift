// SPDX-License-Identifier: Apache-2.0

/// How one endpoint is doing right now.
package struct EndpointStanding: Sendable, Equatable {
    package let endpoint: Endpoint
    package let state: EndpointState
    package let health: EndpointHealth.Saved
    /// Deliveries in memory that wait to be sent; the rest of the backlog is in the store.
    package let waitingInMemory: Int
    package let inFlight: Int

    package init(
        endpoint: Endpoint,
        state: EndpointState,
        health: EndpointHealth.Saved,
        waitingInMemory: Int,
        inFlight: Int
    ) {
        self.endpoint = endpoint
        self.state = state
        self.health = health
        self.waitingInMemory = waitingInMemory
        self.inFlight = inFlight
    }
}
