// SPDX-License-Identifier: Apache-2.0

/// A subscriber: where events go, which ones, and how they are signed and sent.
package struct Endpoint: Sendable, Equatable {
    package var id: EndpointID
    /// Absolute `http` or `https` URL without user information.
    package var url: String
    /// Shop ids, or `*` for all.
    package var shops: Set<String>
    package var events: [EventPattern]
    /// Each signs every delivery until its end; the first is the current one.
    package var secrets: [SigningSecret]
    package var signature: EndpointSignature
    /// Header styles of other systems, sent beside the standard headers.
    package var signatureStyles: [SignatureStyle]
    package var authentication: EndpointAuthentication?
    /// False: events that match are recorded as `skipped`.
    package var isEnabled: Bool
    /// Static headers added to every attempt; never one that Martlet sets itself.
    package var headers: [HeaderPair]
    package var includeRaw: Bool
    /// HTTP requests at once.
    package var maxInFlight: Int
    /// Requests in a second; nil sets no limit.
    package var ratePerSecond: Double?
    package var ordering: DeliveryOrdering
    /// Time for a whole attempt.
    package var timeout: Duration
    package var schedule: RetrySchedule
    package var egress: EgressPolicy
    /// Further conditions on the members of an event; nil takes every event of those shops and types.
    package var filter: EventFilter?
    /// Another body than the whole event; nil sends the event as it is.
    package var shape: EventShape?
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
        secrets: [SigningSecret],
        signature: EndpointSignature = .v1,
        signatureStyles: [SignatureStyle] = [],
        authentication: EndpointAuthentication? = nil,
        isEnabled: Bool = true,
        headers: [HeaderPair] = [],
        includeRaw: Bool = false,
        maxInFlight: Int = 16,
        ratePerSecond: Double? = nil,
        ordering: DeliveryOrdering = .none,
        timeout: Duration = .seconds(15),
        schedule: RetrySchedule = .standard,
        egress: EgressPolicy = EgressPolicy(),
        filter: EventFilter? = nil,
        shape: EventShape? = nil,
        tls: EndpointTLS? = nil,
        proxy: EgressProxy? = nil
    ) {
        self.id = id
        self.url = url
        self.shops = shops
        self.events = events
        self.secrets = secrets
        self.signature = signature
        self.signatureStyles = signatureStyles
        self.authentication = authentication
        self.isEnabled = isEnabled
        self.headers = headers
        self.includeRaw = includeRaw
        self.maxInFlight = maxInFlight
        self.ratePerSecond = ratePerSecond
        self.ordering = ordering
        self.timeout = timeout
        self.schedule = schedule
        self.egress = egress
        self.filter = filter
        self.shape = shape
        self.tls = tls
        self.proxy = proxy
    }

    /// Whether this endpoint subscribes to the event, by its type, its shop and the filter.
    package func wants(_ event: Event) -> Bool {
        guard getsEvents(of: event.shop), asksFor(event.type, of: event.source) else { return false }
        return filter?.matches(event) ?? true
    }

    package func getsEvents(of shop: String) -> Bool { shops.contains("*") || shops.contains(shop) }

    /// Whether it subscribes to the type, whatever its filter says of the event.
    ///
    /// News of the gateway itself must be asked for by name: who takes `*` expects payments.
    package func asksFor(_ type: EventType, of source: SourceID) -> Bool {
        let isNews = source == .gateway
        return events.contains { $0.matches(type) && !(isNews && $0.matchesAll) }
    }
}

extension LaneSettings {
    package init(_ endpoint: Endpoint) {
        self.init(
            maxInFlight: endpoint.maxInFlight,
            ratePerSecond: endpoint.ratePerSecond,
            isEnabled: endpoint.isEnabled
        )
    }
}

/// In which order an endpoint's deliveries go (contract.md section 5).
package enum DeliveryOrdering: String, Sendable, CaseIterable {
    /// As they are due.
    case none
    /// For one payment one after the other in the order of its events; payments flow side by side.
    case perObject
}
