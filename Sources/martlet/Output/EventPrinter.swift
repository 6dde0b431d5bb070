// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// Events as tables, pages and JSON.
enum EventPrinter {
    static func table(_ events: [StoredEvent]) -> String {
        var table = Table(["RECEIVED", "TYPE", "SOURCE", "SHOP", "ORDER", "EVENT", "FLAGS"])
        for event in events {
            table.add([
                event.receivedAt.rfc3339, event.type, event.source.description, event.shop, event.merchantOrderID,
                event.id.rawValue, event.flags.isEmpty ? nil : event.flags.joined(separator: ","),
            ])
        }
        return table.render(whenEmpty: "No events.")
    }

    static func page(_ detail: EventDetail) -> String {
        let event = detail.event
        var text = """
            event      \(event.id)
            type       \(event.type)
            source     \(event.source)
            shop       \(Table.printable(event.shop))
            order      \(Table.printable(event.merchantOrderID ?? "-"))
            object     \(Table.printable(event.providerObjectID ?? "-"))
            status     \(Table.printable(event.providerStatus ?? "-"))
            flags      \(event.flags.isEmpty ? "-" : event.flags.joined(separator: ", "))
            received   \(event.receivedAt.rfc3339)

            deliveries

            """
        text += DeliveryPrinter.table(
            detail.deliveries,
            whenEmpty: "None: no endpoint wanted it, or a flag withheld it."
        )
        text += "\nbody\n" + Table.printable(String(decoding: event.envelope, as: UTF8.self)) + "\n"
        let raw = detail.raw.map { Table.printable(String(decoding: $0, as: UTF8.self)) }
        return text + "\nraw callback\n" + (raw ?? "No longer kept.") + "\n"
    }

    static func json(_ events: [StoredEvent]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.beginArray()
        for event in events { write(event, to: &json) }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    static func json(_ detail: EventDetail) -> String {
        var json = JSONWriter(capacity: 4096)
        json.beginObject()
        json.name("event")
        write(detail.event, to: &json)
        json.name("deliveries")
        json.beginArray()
        for delivery in detail.deliveries { DeliveryPrinter.write(delivery, to: &json) }
        json.endArray()
        json.name("raw")
        if let raw = detail.raw { json.raw(raw) } else { json.null() }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ event: StoredEvent, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", event.id.rawValue)
        json.member("type", event.type)
        json.member("source", event.source.description)
        json.member("shop", event.shop)
        json.member("merchant_order_id", event.merchantOrderID)
        json.member("provider_object_id", event.providerObjectID)
        json.member("provider_status", event.providerStatus)
        json.name("flags")
        json.beginArray()
        for flag in event.flags { json.string(flag) }
        json.endArray()
        json.member("received_at", event.receivedAt.rfc3339)
        json.name("body")
        json.raw(event.envelope)
        json.endObject()
    }
}
