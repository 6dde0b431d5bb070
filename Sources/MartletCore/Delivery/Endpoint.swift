// SPDX-License-Identifier: Apache-2.0

/// A subscriber: where events go, which ones, and how they are signed and sent.
package struct Endpoint: Sendable, Equatable {
    package var id: EndpointID
    /// Absolute `http` or `https` URL without user information.
    package var url: String
    /// Shop ids, or `*` for all.
    package var shops: Set<String>
    package var events: [EventPattern]
    /// Each signs every delivery; the first is the current one (Standard Webhooks, `whsec_`).
    package var secrets: [Secret]
    /// False: events that match are recorded as `skipped`.
    package var isEnabled: Bool
    /// Static headers added to every attempt; never one that Martlet sets itself.
    package var headers: [HeaderPair]
    package var includeRaw: Bool
    /// HTTP requests at once.
    package var maxInFlight: Int
    /// Time for a whole attempt.
    package var timeout: Duration
    package var schedule: RetrySchedule
    package var egress: EgressPolicy
    package var tls: EndpointTLS?
    /// The instance's egress proxy; the same for every endpoint.
    package var proxy: EgressProxy?

    /// A header as written in the configuration.
    package struct HeaderPair: Sendable, Equatable {
        package var name: String
        package var value: Secret

        package init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }

    package init(
        id: EndpointID,
        url: String,
        shops: Set<String> = ["*"],
        events: [EventPattern] = [],
        secrets: [Secret],
        isEnabled: Bool = true,
        headers: [HeaderPair] = [],
        includeRaw: Bool = false,
        maxInFlight: Int = 16,
        timeout: Duration = .seconds(15),
        schedule: RetrySchedule = .standard,
        egress: EgressPolicy = EgressPolicy(),
        tls: EndpointTLS? = nil,
        proxy: EgressProxy? = nil
    ) {
        self.id = id
        self.url = url
        self.shops = shops
        self.events = events
        self.secrets = secrets
        self.isEnabled = isEnabled
        self.headers = headers
        self.includeRaw = includeRaw
        self.maxInFlight = maxInFlight
        self.timeout = timeout
        self.schedule = schedule
        self.egress = egress
        self.tls = tls
        self.proxy = proxy
    }

    /// Whether this endpoint subscribes to an event of that type and shop.
    package func wants(_ type: EventType, of shop: String) -> Bool {
        (shops.contains("*") || shops.contains(shop)) && events.contains { $0.matches(type) }
    }
}
