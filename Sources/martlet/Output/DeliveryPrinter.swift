// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// Deliveries and attempts as tables, pages and JSON.
enum DeliveryPrinter {
    static func table(_ deliveries: [StoredDelivery], whenEmpty: String = "No deliveries.") -> String {
        var table = Table(["DELIVERY", "STATE", "ATTEMPTS", "LAST", "NEXT DUE", "ENDPOINT", "TYPE", "EVENT"])
        for delivery in deliveries {
            table.add([
                delivery.id.description, delivery.state.rawValue, String(delivery.attempts), delivery.lastOutcome,
                delivery.dueAt?.rfc3339, delivery.endpoint.rawValue, delivery.eventType, delivery.eventID.rawValue,
            ])
        }
        return table.render(whenEmpty: whenEmpty)
    }

    static func page(_ detail: DeliveryDetail, waits: WaitingReason?) -> String {
        let delivery = detail.delivery
        var text = """
            delivery   \(delivery.id)
            event      \(delivery.eventID) (\(delivery.eventType))
            endpoint   \(delivery.endpoint)
            state      \(delivery.state.rawValue)
            next due   \(delivery.dueAt?.rfc3339 ?? "-")
            waits      \(waits?.description ?? "-")
            created    \(delivery.createdAt.rfc3339)

            attempts

            """
        var table = Table(["NO", "STARTED", "MS", "OUTCOME", "DETAIL", "ANSWER"])
        for attempt in detail.attempts {
            let answer = String(decoding: attempt.result.body.prefix(200), as: UTF8.self)
            table.add([
                String(attempt.number), attempt.result.startedAt.rfc3339,
                String(attempt.result.duration.wholeMilliseconds), outcome(attempt.result.outcome),
                attempt.result.detail, answer.isEmpty ? nil : answer,
            ])
        }
        text += table.render(whenEmpty: "None yet.")
        return text
    }

    static func json(_ deliveries: [StoredDelivery]) -> String {
        var json = JSONWriter(capacity: 4096)
        json.beginArray()
        for delivery in deliveries { write(delivery, to: &json) }
        json.endArray()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    static func json(_ detail: DeliveryDetail, waits: WaitingReason?) -> String {
        var json = JSONWriter(capacity: 4096)
        json.beginObject()
        json.name("delivery")
        write(detail.delivery, to: &json)
        json.member("waits", waits?.label)
        json.name("attempts")
        json.beginArray()
        for attempt in detail.attempts { write(attempt, to: &json) }
        json.endArray()
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    static func write(_ delivery: StoredDelivery, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", delivery.id.description)
        json.member("event", delivery.eventID.rawValue)
        json.member("event_type", delivery.eventType)
        json.member("endpoint", delivery.endpoint.rawValue)
        json.member("state", delivery.state.rawValue)
        json.member("attempts", integer: Int64(delivery.attempts))
        json.member("due_at", delivery.dueAt?.rfc3339)
        json.member("created_at", delivery.createdAt.rfc3339)
        json.member("last_outcome", delivery.lastOutcome)
        json.endObject()
    }

    private static func write(_ attempt: StoredAttempt, to json: inout JSONWriter) {
        json.beginObject()
        json.member("number", integer: Int64(attempt.number))
        json.member("started_at", attempt.result.startedAt.rfc3339)
        json.member("duration_ms", integer: attempt.result.duration.wholeMilliseconds)
        switch attempt.result.outcome {
        case .answered(let status):
            json.member("status", integer: Int64(status))
            json.member("error", nil)
        case .failed(let failure):
            json.member("status", integer: nil)
            json.member("error", failure.rawValue)
        }
        json.member("detail", attempt.result.detail)
        json.name("headers")
        json.beginArray()
        for field in attempt.result.headers.fields {
            json.beginArray()
            json.string(field.name)
            json.string(field.value)
            json.endArray()
        }
        json.endArray()
        json.member("body", String(decoding: attempt.result.body, as: UTF8.self))
        json.endObject()
    }

    private static func outcome(_ outcome: AttemptOutcome) -> String {
        switch outcome {
        case .answered(let status): "HTTP \(status)"
        case .failed(let failure): failure.rawValue
        }
    }
}
