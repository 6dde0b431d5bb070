// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Sources as the admin API describes them, for a person.
enum SourcePrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table([
            "SOURCE", "SHOPS", "LAST HEARD", "LAST EVENT", "REFUSED 1 H", "REFUSED 24 H", "QUARANTINE", "WATCHES",
            "OVERDUE", "NOTE",
        ])
        guard case .array(let rows) = list["data"] else { return "No sources.\n" }
        for case .object(let source) in rows {
            let refusals = source["refusals"]?.object
            let watches = source["watches"]?.object
            table.add([
                text(source["id"]), self.list(source["shops"]), text(source["lastHeardAt"]),
                text(source["lastEventAt"]), sum(refusals?["lastHour"]), sum(refusals?["lastDay"]),
                text(source["quarantine"]?.object?["count"]), text(watches?["open"]), text(watches?["overdue"]),
                note(source),
            ])
        }
        return table.render(whenEmpty: "No sources.")
    }

    static func page(_ source: JSONObject) -> String {
        let refusals = source["refusals"]?.object
        let watches = source["watches"]?.object
        let faults = source["pollFaults"]?.object
        var lines: [(String, String?)] = [
            ("source", text(source["id"])), ("shops", list(source["shops"])),
            ("has a hook", source["receives"] == .bool(true) ? "yes" : "no"),
            ("is asked", source["asked"] == .bool(true) ? "yes" : "no"),
            ("last heard", text(source["lastHeardAt"])), ("last event", text(source["lastEventAt"])),
            ("refused, 1 h", reasons(refusals?["lastHour"])), ("refused, 24 h", reasons(refusals?["lastDay"])),
            ("quarantine", quarantine(source)),
            (
                "watches",
                ["open", "held", "overdue"].map { "\(text(watches?[$0]) ?? "-") \($0)" }.joined(separator: ", ")
            ),
            ("poll faults", text(faults?["count"])),
        ]
        if let fault = text(faults?["newest"]) { lines.append(("", fault)) }
        if let hold = source["hold"]?.object {
            lines.append(("on hold since", text(hold["since"])))
            lines.append(("", text(hold["reason"])))
        }
        if case .array(let warnings) = source["warnings"] {
            lines += warnings.enumerated().map { ($0 == 0 ? "warnings" : "", text($1)) }
        }
        return lines.map { name, value in
            let padding = String(repeating: " ", count: max(0, 15 - name.count))
            return name + padding + Table.printable(value ?? "-") + "\n"
        }.joined()
    }

    /// The first thing that a person should look at.
    private static func note(_ source: JSONObject) -> String? {
        if source["hold"]?.object != nil { return "on hold" }
        if let faults = text(source["pollFaults"]?.object?["count"]), faults != "0" { return "polls fail" }
        if case .array(let warnings) = source["warnings"], !warnings.isEmpty {
            return warnings.count == 1 ? "1 warning" : "\(warnings.count) warnings"
        }
        return nil
    }

    private static func quarantine(_ source: JSONObject) -> String? {
        let quarantine = source["quarantine"]?.object
        guard let count = text(quarantine?["count"]) else { return nil }
        return text(quarantine?["oldest"]).map { "\(count), the oldest of \($0)" } ?? count
    }

    private static func counts(_ value: JSONValue?) -> [(String, Int)] {
        value?.object?.members.map { ($0.name, text($0.value).flatMap { Int($0) } ?? 0) } ?? []
    }

    private static func sum(_ value: JSONValue?) -> String { "\(counts(value).reduce(0) { $0 + $1.1 })" }

    private static func reasons(_ value: JSONValue?) -> String {
        let counts = counts(value)
        return counts.isEmpty ? "none" : counts.map { "\($1) \($0)" }.joined(separator: ", ")
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
