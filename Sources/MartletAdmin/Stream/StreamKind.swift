// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// What a live stream tells of; the names of its events.
enum StreamKind: String, Sendable, CaseIterable {
    case event
    case attempt
    case delivery
    case endpoint
    case watch
    case quarantine
    case replay
}

/// Which part of what happens a stream tells.
struct StreamFilter: Sendable {
    var kinds: Set<StreamKind>
    var shop: String?
    /// `provider/id`, or an id at any provider.
    var source: String?
    var type: EventPattern?
    var endpoint: EndpointID?

    /// The stored events that fit, but for a pattern of types.
    func query(limit: Int) -> EventFeedQuery {
        let isPattern = type.map { $0.text.hasSuffix("*") } ?? true
        return EventFeedQuery(
            shop: shop,
            source: source,
            type: isPattern ? nil : type?.text,
            endpoint: endpoint,
            limit: limit
        )
    }

    /// Whether a stored event that the query found fits.
    func passes(_ event: StoredEvent) -> Bool { type?.matches(EventType(rawValue: event.type)) ?? true }

    /// Whether something that is told live fits; what has no shop, source, type or endpoint fits no filter on those.
    func passes(_ item: StreamItem) -> Bool {
        guard kinds.contains(item.kind) else { return false }
        if let shop, item.shop != shop { return false }
        if let source, item.source?.description != source, item.source?.id != source { return false }
        if let type, !(item.type.map { type.matches(EventType(rawValue: $0)) } ?? false) { return false }
        if let endpoint, item.endpoint != endpoint { return false }
        return true
    }
}
