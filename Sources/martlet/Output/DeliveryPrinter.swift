// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Deliveries and attempts as the admin API describes them, for a person.
enum DeliveryPrinter {
    static func table(_ deliveries: [JSONObject], whenEmpty: String = "No deliveries.") -> String {
        var table = Table(["DELIVERY", "STATE", "ATTEMPTS", "LAST", "NEXT DUE", "ENDPOINT", "TYPE", "EVENT"])
        for delivery in deliveries {
            table.add(
                ["id", "state", "attemptCount", "lastOutcome", "dueAt", "endpoint", "eventType", "event"]
                    .map { ValueText.text(delivery, $0) }
            )
        }
        return table.render(whenEmpty: whenEmpty)
    }

    static func page(_ delivery: JSONObject) -> String {
        func text(_ name: String) -> String { Table.printable(ValueText.text(delivery, name) ?? "-") }
        var page = """
            delivery   \(text("id"))
            event      \(text("event")) (\(text("eventType")))
            endpoint   \(text("endpoint"))
            state      \(text("state"))
            next due   \(text("dueAt"))
            waits      \(Table.printable(delivery["waits"]?.object.flatMap { ValueText.text($0, "meaning") } ?? "-"))
            created    \(text("createdAt"))

            attempts

            """
        var table = Table(["NO", "STARTED", "MS", "OUTCOME", "DETAIL", "ANSWER"])
        for attempt in ValueText.objects(delivery["attempts"]) {
            let outcome = ValueText.text(attempt, "status").map { "HTTP \($0)" } ?? ValueText.text(attempt, "error")
            let answer = String((ValueText.text(attempt, "body") ?? "").prefix(200))
            table.add([
                ValueText.text(attempt, "number"), ValueText.text(attempt, "startedAt"),
                ValueText.text(attempt, "durationMs"), outcome, ValueText.text(attempt, "detail"),
                answer.isEmpty ? nil : answer,
            ])
        }
        page += table.render(whenEmpty: "None yet.")
        return page
    }
}
