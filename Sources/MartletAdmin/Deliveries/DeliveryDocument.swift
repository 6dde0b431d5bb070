// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore
package import MartletWire

/// A delivery as the admin API shows it.
package enum DeliveryDocument {
    package static func write(_ delivery: StoredDelivery, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(delivery, to: &json)
        json.endObject()
    }

    /// With every attempt, oldest first, and with what it waits for.
    package static func write(_ detail: DeliveryDetail, waits: WaitingReason?, to json: inout JSONWriter) {
        json.beginObject()
        writeMembers(detail.delivery, to: &json)
        json.name("waits")
        if let waits {
            json.beginObject()
            json.member("reason", waits.label)
            json.member("meaning", waits.description)
            json.endObject()
        } else {
            json.null()
        }
        json.name("attempts")
        json.beginArray()
        for attempt in detail.attempts { write(attempt, to: &json) }
        json.endArray()
        json.endObject()
    }

    private static func writeMembers(_ delivery: StoredDelivery, to json: inout JSONWriter) {
        json.member("id", delivery.id.description)
        json.member("event", delivery.eventID.rawValue)
        json.member("eventType", delivery.eventType)
        json.member("source", delivery.source.description)
        json.member("shop", delivery.shop)
        json.member("endpoint", delivery.endpoint.rawValue)
        json.member("state", delivery.state.rawValue)
        json.member("attemptCount", integer: Int64(delivery.attempts))
        json.member("dueAt", delivery.dueAt)
        json.member("createdAt", delivery.createdAt)
        json.member("lastOutcome", delivery.lastOutcome)
        json.member("replay", delivery.replay?.description)
        json.member("replayOf", delivery.replayOf?.description)
    }

    private static func write(_ attempt: StoredAttempt, to json: inout JSONWriter) {
        let result = attempt.result
        json.beginObject()
        json.member("number", integer: Int64(attempt.number))
        json.member("startedAt", result.startedAt)
        json.member("durationMs", integer: result.duration.wholeMilliseconds)
        switch result.outcome {
        case .answered(let status):
            json.member("status", integer: Int64(status))
            json.member("error", nil as String?)
        case .failed(let failure):
            json.member("status", integer: nil)
            json.member("error", failure.rawValue)
        }
        json.member("detail", result.detail)
        // Pairs and not an object: a field may come more than once.
        json.name("headers")
        json.beginArray()
        for field in result.headers.fields {
            json.beginArray()
            json.string(field.name)
            json.string(field.value)
            json.endArray()
        }
        json.endArray()
        json.member("body", String(decoding: result.body, as: UTF8.self))
        json.endObject()
    }
}
