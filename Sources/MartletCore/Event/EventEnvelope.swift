// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// The body that a subscriber receives (contract.md section 4).
///
/// Rendered once when the event is committed; every attempt, endpoint and replay sends the same bytes.
package enum EventEnvelope {
    /// `{"type":…,"timestamp":…,"data":{…}}` without `raw`.
    ///
    /// The text always ends with `}}`.
    package static func render(_ event: Event) -> [UInt8] {
        var json = JSONWriter(capacity: 1280)
        json.beginObject()
        json.member("type", event.type.rawValue)
        json.member("timestamp", (event.occurredAt ?? event.receivedAt).rfc3339)
        json.name("data")
        writeData(event, to: &json)
        json.endObject()
        return json.bytes
    }

    /// The same body with `"raw":…` as the last member of `data`, for an endpoint with `includeRaw`.
    ///
    /// `raw`: one JSON value, or nil once retention has removed it; then the member is `null`.
    package static func inserting(raw: [UInt8]?, into envelope: [UInt8]) -> [UInt8] {
        precondition(envelope.suffix(2) == [0x7D, 0x7D], "an envelope ends with the two objects it opened")
        var body: [UInt8] = []
        body.reserveCapacity(envelope.count + (raw?.count ?? 4) + 8)
        body.append(contentsOf: envelope.dropLast(2))
        body.append(contentsOf: Array(",\"raw\":".utf8))
        body.append(contentsOf: raw ?? Array("null".utf8))
        body.append(contentsOf: [0x7D, 0x7D])
        return body
    }

    private static func writeData(_ event: Event, to json: inout JSONWriter) {
        json.beginObject()
        json.member("event_id", event.id.rawValue)
        json.member("type", event.type.rawValue)
        json.member("detail", event.detail)
        json.member("provider", event.source.provider)
        json.member("source", event.source.id)
        json.member("shop", event.shop)
        json.member("object", event.object.rawValue)
        json.member("direction", event.object.direction)
        json.member("finality", event.finality.rawValue)
        json.member("provider_status", event.providerStatus)
        json.member("merchant_order_id", event.merchantOrderID)
        json.member("provider_object_id", event.providerObjectID)
        json.name("provider_refs")
        write(event.providerRefs, to: &json)
        json.name("money")
        write(event.money, to: &json)
        json.member("network", event.network)
        json.member("txid", event.txid)
        json.member("address_from", event.addressFrom)
        json.member("address_to", event.addressTo)
        json.member("failure_reason", event.failureReason)
        json.member("occurred_at", event.occurredAt?.rfc3339)
        json.member("received_at", event.receivedAt.rfc3339)
        json.name("verification")
        write(event.verification, to: &json)
        json.member("dedupe_key", event.dedupeKey)
        json.name("flags")
        write(event.flags.map(\.rawValue), to: &json)
        json.endObject()
    }
}
