// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore
import MartletWire

/// The admin API's documents, made of a store that no gateway runs on: for commands at 3 a.m.
///
/// Whoever can read the file sees everything, so nothing is left out.
package enum StoredDocuments {
    package static func events(_ events: [StoredEvent]) -> [UInt8] {
        list(events) { EventDocument.write($0, to: &$1) }
    }

    package static func event(_ detail: EventDetail) -> [UInt8] {
        document { EventDocument.write(detail, showsRaw: true, to: &$0) }
    }

    package static func deliveries(_ deliveries: [StoredDelivery]) -> [UInt8] {
        list(deliveries) { DeliveryDocument.write($0, to: &$1) }
    }

    package static func delivery(_ detail: DeliveryDetail, waits: WaitingReason?) -> [UInt8] {
        document { DeliveryDocument.write(detail, waits: waits, to: &$0) }
    }

    private static func list<Element>(
        _ elements: [Element],
        _ write: (Element, inout JSONWriter) -> Void
    ) -> [UInt8] {
        document { json in
            json.beginObject()
            json.name("data")
            json.beginArray()
            for element in elements { write(element, &json) }
            json.endArray()
            json.member("nextCursor", nil as String?)
            json.endObject()
        }
    }

    private static func document(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter(capacity: 4096)
        write(&json)
        return json.bytes
    }
}
