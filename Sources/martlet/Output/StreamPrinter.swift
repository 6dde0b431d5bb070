// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletWire

/// What a live stream tells, one line each.
enum StreamPrinter {
    static func line(_ item: EventStreamReader.Item) -> String {
        let object = item.object
        func text(_ name: String) -> String { object[name].flatMap(ValueText.text) ?? "-" }
        let parts: [String]
        switch item.name {
        case "event": parts = event(object)
        case "attempt":
            let status = object["status"].flatMap(ValueText.text).map { "HTTP \($0)" } ?? text("outcome")
            let due = object["dueAt"].flatMap(ValueText.text).map { " at \($0)" } ?? ""
            parts = [
                text("startedAt"), "attempt \(text("number"))", text("endpoint"),
                "\(status) in \(text("durationMs")) ms",
                "\(text("next"))\(due)", text("eventType"), text("delivery"), text("event"),
            ]
        case "delivery":
            parts = [
                now, "delivery", text("endpoint"), text("state"), text("eventType"), text("id"), text("event"),
            ]
        case "endpoint": parts = [now, "endpoint", text("id"), text("state"), "disabled: \(text("disabled"))"]
        case "watch":
            parts = [now, "watch", text("id"), text("state"), text("lastOutcome"), text("source"), text("subject")]
        case "quarantine":
            parts = [text("receivedAt"), "quarantine", text("id"), text("reason"), text("source"), text("detail")]
        default: parts = [now, item.name, String(decoding: item.data, as: UTF8.self)]
        }
        return Table.printable(parts.joined(separator: "  ")) + "\n"
    }

    /// An event with what the program answered.
    static func line(_ item: EventStreamReader.Item, _ outcome: EventForwarder.Outcome) -> String {
        let answer =
            switch outcome {
            case .withheld(let flag): "not sent: \(flag)"
            case .answered(let result):
                switch result.outcome {
                case .answered(let status): "HTTP \(status) in \(result.duration.wholeMilliseconds) ms"
                case .failed(let failure): "no answer (\(failure.rawValue): \(result.detail ?? "-"))"
                }
            }
        return Table.printable((event(item.object) + ["→ \(answer)"]).joined(separator: "  ")) + "\n"
    }

    /// `{"kind":…,"position":…,"data":{…}}`.
    static func json(_ item: EventStreamReader.Item) -> String { json(item) { _ in } }

    /// The same with `answer`.
    static func json(_ item: EventStreamReader.Item, _ outcome: EventForwarder.Outcome) -> String {
        json(item) { json in
            json.name("answer")
            json.beginObject()
            switch outcome {
            case .withheld(let flag): json.member("withheld", flag)
            case .answered(let result):
                if case .answered(let status) = result.outcome {
                    json.member("status", integer: Int64(status))
                } else {
                    json.member("status", integer: nil)
                }
                json.member("outcome", result.outcome.label)
                json.member("detail", result.detail)
                json.member("durationMs", integer: result.duration.wholeMilliseconds)
            }
            json.endObject()
        }
    }

    private static func json(_ item: EventStreamReader.Item, more: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(capacity: item.data.count + 256)
        json.beginObject()
        json.member("kind", item.name)
        json.member("position", integer: item.id)
        json.name("data")
        json.value(.object(item.object))
        more(&json)
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func event(_ object: JSONObject) -> [String] {
        func text(_ name: String) -> String { object[name].flatMap(ValueText.text) ?? "-" }
        var parts = [
            text("receivedAt"), text("type"), text("source"), text("shop"), "order \(text("merchantOrderId"))",
            text("id"),
        ]
        if let flags = ValueText.list(object["flags"]) { parts.append(flags) }
        return parts
    }

    private static var now: String { SystemClock().now().rfc3339 }
}
