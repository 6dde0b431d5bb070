// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Watches as the admin API describes them, for a person.
enum WatchPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table(["WATCH", "STATE", "POLLS", "LAST", "NEXT POLL", "DEADLINE", "SOURCE", "SUBJECT", "NOTE"])
        guard case .array(let rows) = list["data"] else { return "No watches.\n" }
        for case .object(let watch) in rows {
            table.add(
                ["id", "state", "polls", "lastOutcome", "nextPollAt", "deadline", "source", "subject", "note"]
                    .map { text(watch[$0]) }
            )
        }
        return table.render(whenEmpty: "No watches.")
    }

    static func page(_ watch: JSONObject) -> String {
        let lines: [(String, String?)] = [
            ("watch", text(watch["id"])), ("source", text(watch["source"])), ("subject", text(watch["subject"])),
            ("shop", text(watch["shop"])), ("state", state(watch)), ("note", text(watch["note"])),
            ("next poll", text(watch["nextPollAt"])), ("deadline", text(watch["deadline"])),
            ("created", text(watch["createdAt"])), ("polls", text(watch["polls"])),
        ]
        var page = lines.map { name, value in
            name + String(repeating: " ", count: 12 - name.count) + Table.printable(value ?? "-") + "\n"
        }.joined()
        var table = Table(["NO", "AT", "OUTCOME", "EVENTS", "NOTE"])
        if case .array(let polls) = watch["history"] {
            for case .object(let poll) in polls {
                var events: String?
                if case .array(let ids) = poll["events"], !ids.isEmpty {
                    events = ids.compactMap(\.string).joined(separator: ", ")
                }
                table.add([
                    text(poll["number"]), text(poll["at"]), text(poll["outcome"]), events, text(poll["note"]),
                ])
            }
        }
        page += "\npolls, newest first\n" + table.render(whenEmpty: "None yet.")
        return page
    }

    static func line(_ answer: JSONObject, _ outcome: String) -> String {
        let watch = answer["watch"]?.object
        let subject = text(watch?["subject"]) ?? "-"
        let source = text(watch?["source"]) ?? "-"
        return Table.printable("\(text(answer["id"]) ?? "-") (\(subject) at \(source)) \(outcome).") + "\n"
    }

    private static func state(_ watch: JSONObject) -> String? {
        let state = text(watch["state"])
        return watch["sourceHeld"] == .bool(true) ? state.map { "\($0), with its whole source" } : state
    }

    /// A text or a number as it stands; nil for anything else.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}
