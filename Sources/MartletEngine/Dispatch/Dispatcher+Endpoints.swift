// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime
import MartletStore

/// Which endpoints are in force.
extension Dispatcher {
    /// Starts a lane for each endpoint, as a former run left it and over what the store still owes it.
    package func start(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        try await update(endpoints)
    }

    /// Puts changed endpoints into force, all of them or, when this throws, none.
    ///
    /// A lane whose endpoint is gone or disabled gives back what it has in memory and rests; its backlog stays in the
    /// store. An endpoint that was not there before is taken up as it was left, whenever that was.
    package func update(_ endpoints: [Endpoint]) async throws -> [Topology.Subscriber] {
        let ready = try endpoints.map { try SigningEndpoint($0) }
        let health = try await store.endpointHealth()
        for endpoint in endpoints where posts[endpoint.id] == nil { try await clampDue(of: endpoint) }
        for endpoint in endpoints where endpoint.ordering == .none {
            _ = try await store.endLanes(of: endpoint.id, now: clock.now())
        }
        let earliest = try await store.earliestDue()
        // From here on nothing throws and nothing waits.
        let now = clock.now()
        configured = Set(endpoints.map(\.id))
        share.set(configured)
        for (id, post) in posts where !configured.contains(id) {
            var settings = post.lane.settings
            settings.isEnabled = false
            handle(.configured(settings), for: id)
        }
        var subscribers: [Topology.Subscriber] = []
        for signing in ready {
            let endpoint = signing.endpoint
            let settings = LaneSettings(endpoint)
            let post: Post
            if let known = posts[endpoint.id] {
                post = known
                post.signing = signing
            } else {
                let restored = health[endpoint.id].map { EndpointHealth(restoring: $0, at: now) } ?? EndpointHealth()
                post = Post(
                    signing: signing,
                    gate: LaneGate(capacity: window),
                    lane: Lane(settings: settings, capacity: window, health: restored)
                )
                posts[endpoint.id] = post
            }
            handle(.configured(settings), for: endpoint.id)
            subscribers.append(Topology.Subscriber(endpoint: endpoint, gate: post.gate))
        }
        for (id, due) in earliest {
            handle(.pending(due: due), for: id)
            if !configured.contains(id) {
                log.warning(
                    "pending deliveries of an endpoint that is not configured wait in the store",
                    metadata: ["endpoint": "\(id)"]
                )
            }
        }
        rescheduleWake()
        return subscribers
    }

    /// Deliveries of the endpoint that are in memory or being sent, be it in force or not.
    package func inHand(of id: EndpointID) -> Int { posts[id].map { $0.lane.waiting + $0.lane.inFlight } ?? 0 }

    /// Forgets the lane of an endpoint that is gone, so that a later one of its id begins afresh.
    ///
    /// False while it is in force or something of it is in hand.
    package func forget(_ id: EndpointID) -> Bool {
        guard !isConfigured(id), inHand(of: id) == 0 else { return false }
        posts[id] = nil
        return true
    }

    /// Whether the endpoint is one of those in force.
    func isConfigured(_ id: EndpointID) -> Bool { configured.contains(id) }

    /// What a clock that ran ahead has left behind must not hold up anything for longer than a pause may last.
    private func clampDue(of endpoint: Endpoint) async throws {
        let now = clock.now()
        let latest = now + endpoint.schedule.longestPause
        let clamped = try await store.clampDue(of: endpoint.id, now: now, to: latest)
        guard clamped > 0 else { return }
        log.warning(
            "deliveries were due later than their pauses allow, as if the clock had been set back; brought forward",
            metadata: ["endpoint": "\(endpoint.id)", "deliveries": "\(clamped)", "due": "\(latest.rfc3339)"]
        )
    }
}
