// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Sweeps as the admin API describes them, for a person.
enum SweepPrinter {
    /// The figures are those of the run under way, else of the newest that ended.
    static func table(_ list: JSONObject) -> String {
        var table = Table(["SOURCE", "STATE", "LISTED", "MISSED", "UNREADABLE", "LAST CALL", "ENDED", "NEXT"])
        guard case .array(let rows) = list["data"] else { return "No source is swept.\n" }
        for case .object(let sweep) in rows {
            let counts = sweep["run"]?.object ?? sweep["last"]?.object
            table.add([
                text(sweep["source"]), text(sweep["state"]), text(counts?["listed"]), text(counts?["missed"]),
                text(counts?["unreadable"]), text(sweep["lastOutcome"]), text(sweep["last"]?.object?["finishedAt"]),
                text(sweep["nextAt"]),
            ])
        }
        return table.render(whenEmpty: "No source is swept.")
    }

    /// A text or a number as it stands; nil for anything else.
    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}
