// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Endpoints as the admin API describes them, for a person.
enum EndpointPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table([
            "ENDPOINT", "STATE", "PENDING", "DEAD", "SKIPPED", "IN FLIGHT", "LAST SUCCESS", "LAST FAILURE", "URL",
        ])
        guard case .array(let rows) = list["data"] else { return "No endpoints.\n" }
        for case .object(let endpoint) in rows {
            table.add([
                text(endpoint["id"]), state(endpoint), count("pending", endpoint), count("dead", endpoint),
                count("skipped", endpoint), text(endpoint["inFlight"]), text(endpoint["lastSuccess"]),
                failure(endpoint), text(endpoint["url"]),
            ])
        }
        return table.render(whenEmpty: "No endpoints.")
    }

    static func page(_ endpoint: JSONObject) -> String {
        var lines: [(String, String?)] = [
            ("endpoint", text(endpoint["id"])), ("url", text(endpoint["url"])), ("state", text(endpoint["state"])),
        ]
        if let disabled = endpoint["disabled"]?.object {
            let since = text(disabled["since"]).map { " since \($0)" } ?? ""
            lines.append(("disabled", "\(text(disabled["reason"]) ?? "-")\(since)"))
            lines.append(("", text(disabled["meaning"])))
        }
        if let note = endpoint["rejecting"]?.object {
            lines.append(("rejecting", "HTTP \(text(note["status"]) ?? "-") since \(text(note["since"]) ?? "-")"))
            lines.append(("", text(note["meaning"])))
        }
        lines += [
            ("parked until", text(endpoint["parkedUntil"])), ("failing since", text(endpoint["failingSince"])),
            ("last success", text(endpoint["lastSuccess"])), ("last failure", failure(endpoint)),
            ("pending", count("pending", endpoint)), ("dead", count("dead", endpoint)),
            ("skipped", count("skipped", endpoint)),
            ("oldest due", text(endpoint["backlog"]?.object?["oldestDue"])),
            ("in memory", text(endpoint["inMemory"])), ("in flight", text(endpoint["inFlight"])),
            ("managed by", text(endpoint["managedBy"])), ("shops", list(endpoint["shops"])),
            ("events", list(endpoint["events"])), ("ordering", text(endpoint["ordering"])),
            ("at once", text(endpoint["maxInFlight"])), ("per second", text(endpoint["ratePerSecond"])),
            ("timeout", text(endpoint["timeout"])), ("schedule", list(endpoint["schedule"])),
        ]
        return lines.map { name, value in
            let padding = String(repeating: " ", count: max(0, 15 - name.count))
            return name + padding + Table.printable(value ?? "-") + "\n"
        }.joined()
    }

    static func enabled(_ answer: JSONObject, offersSkipped: Bool) -> String {
        let endpoint = answer["endpoint"]?.object
        let id = text(answer["id"]) ?? "-"
        let verb = answer["wasDisabled"] == .bool(true) ? "enabled" : "was not disabled"
        var line = "\(id): \(verb)"
        if let endpoint { line += ", \(text(endpoint["state"]) ?? "-"); \(count("pending", endpoint)) pending" }
        if offersSkipped {
            line += "; \(text(answer["offered"]) ?? "0") that had been skipped are sent after all"
        } else if let endpoint, count("skipped", endpoint) != "0" {
            line += "; \(count("skipped", endpoint)) skipped, which --offer-skipped sends, or in measure: "
            line += "martlet replay create --endpoint \(id) --state skipped --reason TEXT"
        }
        return Table.printable(line) + ".\n"
    }

    static func disabled(_ answer: JSONObject) -> String {
        let waiting =
            answer["endpoint"]?.object.map { "\(count("pending", $0)) pending wait" } ?? "what is pending waits"
        return Table.printable("\(text(answer["id"]) ?? "-"): disabled; \(waiting) until it is enabled.") + "\n"
    }

    private static func state(_ endpoint: JSONObject) -> String? {
        let state = text(endpoint["state"])
        let reason = text(endpoint["disabled"]?.object?["reason"])
        if let state, let reason { return "\(state) (\(reason))" }
        if let state, endpoint["rejecting"]?.object != nil { return "\(state), rejecting" }
        return state
    }

    /// `1000+` where the gateway stopped counting.
    private static func count(_ name: String, _ endpoint: JSONObject) -> String {
        let count = endpoint["backlog"]?.object?[name]?.object
        return (text(count?["count"]) ?? "-") + (count?["atLeast"] == .bool(true) ? "+" : "")
    }

    private static func failure(_ endpoint: JSONObject) -> String? {
        guard let failure = endpoint["lastFailure"]?.object else { return nil }
        let outcome = text(failure["status"]).map { "HTTP \($0)" } ?? text(failure["outcome"]) ?? "-"
        return "\(text(failure["at"]) ?? "-") \(outcome)"
    }

    private static func list(_ value: JSONValue?) -> String? {
        guard case .array(let elements) = value else { return nil }
        return elements.compactMap(\.string).joined(separator: ", ")
    }

    /// A text or a number as it stands; nil for anything else.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}
