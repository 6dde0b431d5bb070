// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// Something that is told live and at no other time.
struct StreamItem: Sendable {
    /// Who may see it.
    enum Visibility: Sendable {
        /// Keys for this shop.
        case shop(String)
        /// Keys for all these shops; nil: for all shops.
        case shops(Set<String>?)
        /// Keys that see the endpoint.
        case endpoint(Endpoint)
        /// Keys that see what the source has refused.
        case source(SourceID)
    }

    var kind: StreamKind
    var visibility: Visibility
    var shop: String?
    var source: SourceID?
    var type: String?
    var endpoint: EndpointID?
    /// One JSON object.
    var data: [UInt8]

    init(_ kind: StreamKind, _ visibility: Visibility, _ write: (inout JSONWriter) -> Void) {
        self.kind = kind
        self.visibility = visibility
        var json = JSONWriter()
        write(&json)
        data = json.bytes
    }

    /// A delivery as it is after the change.
    init(_ delivery: StoredDelivery) {
        self.init(.delivery, .shop(delivery.shop)) { DeliveryDocument.write(delivery, to: &$0) }
        take(delivery)
    }

    /// One attempt with what follows from it.
    init(_ record: AttemptRecord, of delivery: StoredDelivery) {
        let result = record.result
        self.init(.attempt, .shop(delivery.shop)) { json in
            json.beginObject()
            json.member("delivery", delivery.id.description)
            json.member("event", delivery.eventID.rawValue)
            json.member("eventType", delivery.eventType)
            json.member("source", delivery.source.description)
            json.member("shop", delivery.shop)
            json.member("endpoint", record.endpoint.rawValue)
            json.member("number", integer: Int64(record.number))
            json.member("startedAt", result.startedAt)
            json.member("durationMs", integer: result.duration.wholeMilliseconds)
            json.member("outcome", result.outcome.label)
            if case .answered(let status) = result.outcome {
                json.member("status", integer: Int64(status))
            } else {
                json.member("status", integer: nil)
            }
            json.member("detail", result.detail)
            let (next, due): (String, Timestamp?) =
                switch record.next {
                case .delivered: ("delivered", nil)
                case .retry(let moment): ("retry", moment)
                case .postponed(let moment): ("postponed", moment)
                case .dead: ("dead", nil)
                }
            json.member("next", next)
            json.member("dueAt", due)
            json.endObject()
        }
        take(delivery)
    }

    init(_ standing: EndpointStanding) {
        self.init(.endpoint, .endpoint(standing.endpoint)) { json in
            json.beginObject()
            json.member("id", standing.endpoint.id.rawValue)
            json.member("state", standing.state.rawValue)
            json.member(
                "disabled",
                standing.endpoint.isEnabled ? standing.health.disabled?.reason.rawValue : "configuration"
            )
            json.member("parkedUntil", standing.health.parkedUntil)
            json.member("failingSince", standing.health.failingSince)
            json.member("inMemory", integer: Int64(standing.waitingInMemory))
            json.member("inFlight", integer: Int64(standing.inFlight))
            json.endObject()
        }
        endpoint = standing.endpoint.id
    }

    init(_ stored: StoredWatch) {
        self.init(.watch, .shop(stored.shop)) { WatchDocument.write(stored, to: &$0) }
        shop = stored.shop
        source = stored.watch.source
    }

    init(_ row: QuarantinedCallback) {
        self.init(.quarantine, .source(row.source)) { QuarantineDocument.write(row, to: &$0) }
        source = row.source
    }

    private mutating func take(_ delivery: StoredDelivery) {
        shop = delivery.shop
        source = delivery.source
        type = delivery.eventType
        endpoint = delivery.endpoint
    }
}

/// What a key's shops leave of a live stream.
extension ScopedAccess {
    func events(after position: Int64, _ query: EventFeedQuery) async throws(StoreError) -> EventFeed {
        var query = query
        query.shops = shops
        return try await store.events(after: position, query)
    }

    func sees(_ item: StreamItem) -> Bool {
        switch item.visibility {
        case .shop(let shop): sees(shop)
        case .shops(let concerned): shops.map { concerned?.isSubset(of: $0) ?? false } ?? true
        case .endpoint(let endpoint): sees(endpoint)
        case .source(let source): visibleSources?.contains(source) ?? true
        }
    }
}
