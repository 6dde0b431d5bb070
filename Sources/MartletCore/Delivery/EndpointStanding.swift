// SPDX-License-Identifier: Apache-2.0

/// How one endpoint is doing right now.
package struct EndpointStanding: Sendable, Equatable {
    package let endpoint: Endpoint
    package let state: EndpointState
    package let health: EndpointHealth.Saved
    /// Deliveries in memory that wait to be sent; the rest of the backlog is in the store.
    package let waitingInMemory: Int
    package let inFlight: Int
    /// Nothing is sent before, as the endpoint's answers or a failing egress proxy ask; not kept over a restart.
    package let heldUntil: Timestamp?

    package init(
        endpoint: Endpoint,
        state: EndpointState,
        health: EndpointHealth.Saved,
        waitingInMemory: Int,
        inFlight: Int,
        heldUntil: Timestamp? = nil
    ) {
        self.endpoint = endpoint
        self.state = state
        self.health = health
        self.waitingInMemory = waitingInMemory
        self.inFlight = inFlight
        self.heldUntil = heldUntil
    }
}
