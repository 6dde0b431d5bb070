// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/events`: what has been taken in.
enum EventRoutes {
    static let filters = ["shop", "source", "provider", "type", "order", "object", "since", "until"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let types = (EventType.all + EventType.operational).map(\.rawValue)
        let query = EventQuery(
            shop: parameters.text("shop"),
            provider: parameters.text("provider"),
            source: parameters.text("source"),
            type: try parameters.choice("type", of: types),
            order: parameters.text("order"),
            object: parameters.text("object"),
            since: try parameters.moment("since"),
            until: try parameters.moment("until"),
            before: try parameters.cursor(of: "events") { Int64($0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.events(query), limit: limit) { event in
            ListCursor(list: "events", last: String(event.sequence))
        }
        return .page(page) { event, json in
            json.beginObject()
            writeMembers(event, to: &json)
            json.endObject()
        }
    }

    /// The raw callback may hold personal data, so that reading it takes more than the role of a viewer.
    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        guard let detail = try await call.access.event(EventID(rawValue: call.id)) else {
            throw Problem.unknown("event", call.id, among: [], remedy: "GET /v1/events lists those that there are")
        }
        let maySeeRaw = call.caller.role.includes(.operator)
        return .json { json in
            json.beginObject()
            writeMembers(detail.event, to: &json)
            json.name("deliveries")
            json.beginArray()
            for delivery in detail.deliveries { DeliveryDocument.write(delivery, to: &json) }
            json.endArray()
            json.name("raw")
            if maySeeRaw, let raw = detail.raw { json.raw(raw) } else { json.null() }
            if detail.event.expungement != nil {
                json.member("rawNote", "the personal data of this event has been removed")
            } else if !maySeeRaw {
                json.member("rawNote", "the raw callback is shown to keys with the role operator")
            } else if detail.raw == nil {
                json.member("rawNote", "the raw callback is no longer kept (retention.raw)")
            }
            json.endObject()
        }
    }

    private static func writeMembers(_ event: StoredEvent, to json: inout JSONWriter) {
        json.member("id", event.id.rawValue)
        json.member("type", event.type)
        json.member("source", event.source.description)
        json.member("shop", event.shop)
        json.member("merchantOrderId", event.merchantOrderID)
        json.member("providerObjectId", event.providerObjectID)
        json.member("providerStatus", event.providerStatus)
        json.member("flags", strings: event.flags)
        json.member("receivedAt", event.receivedAt)
        json.member("traceId", event.traceContext.id)
        json.name("expunged")
        if let note = event.expungement { write(note, to: &json) } else { json.null() }
        json.name("body")
        json.raw(event.envelope)
    }
}
