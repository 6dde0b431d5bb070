// SPDX-License-Identifier: Apache-2.0
import MartletCore
package import MartletStore
package import MartletWire

/// An event as the admin API shows it.
package enum EventDocument {
    package static func write(_ event: StoredEvent, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(event, to: &json)
        json.endObject()
    }

    /// With its deliveries, and with the raw callback for those who may see it: it may hold personal data.
    package static func write(_ detail: EventDetail, showsRaw: Bool, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(detail.event, to: &json)
        json.name("deliveries")
        json.beginArray()
        for delivery in detail.deliveries { DeliveryDocument.write(delivery, to: &json) }
        json.endArray()
        json.name("raw")
        if showsRaw, let raw = detail.raw { json.raw(raw) } else { json.null() }
        if detail.event.expungement != nil {
            json.member("rawNote", "the personal data of this event has been removed")
        } else if !showsRaw {
            json.member("rawNote", "the raw callback is shown to keys with the role operator")
        } else if detail.raw == nil {
            json.member("rawNote", "the raw callback is no longer kept (retention.raw)")
        }
        json.endObject()
    }

    private static func writeMembers(_ event: StoredEvent, to json: inout JSONWriter) {
        json.member("id", event.id.rawValue)
        json.member("sequence", integer: event.sequence)
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
        if let note = event.expungement { EventRoutes.write(note, to: &json) } else { json.null() }
        json.name("body")
        json.raw(event.envelope)
    }
}
