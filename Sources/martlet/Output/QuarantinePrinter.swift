// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// The quarantine as the admin API describes it, for a person.
enum QuarantinePrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table(["CALLBACK", "SOURCE", "REASON", "RECEIVED", "FROM", "BYTES", "DETAIL"])
        guard case .array(let rows) = list["data"] else { return "Nothing in quarantine.\n" }
        for case .object(let row) in rows {
            table.add(
                ["id", "source", "reason", "receivedAt", "sourceAddress", "bytes", "detail"].map { text(row[$0]) }
            )
        }
        return table.render(whenEmpty: "Nothing in quarantine.")
    }

    static func page(_ row: JSONObject) -> String {
        var lines: [(String, String?)] = [
            ("callback", text(row["id"])), ("source", text(row["source"])), ("reason", text(row["reason"])),
            ("detail", text(row["detail"])), ("received", text(row["receivedAt"])),
            ("from", text(row["sourceAddress"])), ("bytes", text(row["bytes"])),
        ]
        guard let request = row["request"]?.object else {
            lines.append(("request", text(row["requestNote"])))
            return page(lines)
        }
        lines.append(("method", text(request["method"])))
        if case .array(let fields) = request["headers"] {
            for case .array(let field) in fields where field.count == 2 {
                lines.append(("header", "\(text(field[0]) ?? ""): \(text(field[1]) ?? "")"))
            }
        }
        let isText = request["body"]?.string != nil
        lines.append((isText ? "body" : "body (base64)", text(request["body"]) ?? text(request["bodyBase64"])))
        return page(lines)
    }

    static func outcome(_ answer: JSONObject) -> String {
        let event = text(answer["event"]).map { " (\($0))" } ?? ""
        let sentence = "\(text(answer["id"]) ?? "-"): \(text(answer["outcome"]) ?? "-")\(event); "
        return Table.printable(sentence + (text(answer["meaning"]) ?? "")) + "\n"
    }

    private static func page(_ lines: [(String, String?)]) -> String {
        lines.map { name, value in
            let padding = String(repeating: " ", count: max(1, 15 - name.count))
            return name + padding + Table.printable(value ?? "-") + "\n"
        }.joined()
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}

/// The counts of several answers to `release --all`.
struct ReleaseSum {
    private var released = 0
    private var withheld = 0
    private var duplicates = 0
    private var hints = 0
    private var ofUnknownSources = 0
    private var refused: [String: Int] = [:]

    mutating func add(_ report: JSONObject) {
        released += Self.count(report["released"])
        withheld += Self.count(report["withheld"])
        duplicates += Self.count(report["duplicates"])
        hints += Self.count(report["hints"])
        ofUnknownSources += Self.count(report["ofUnknownSources"])
        for member in report["stillRefused"]?.object?.members ?? [] {
            refused[member.name, default: 0] += Self.count(member.value)
        }
    }

    /// One line for each kind of outcome that there was.
    var text: String {
        var lines = ["released       \(released)" + (withheld > 0 ? " (\(withheld) too old to be delivered)" : "")]
        if duplicates > 0 { lines.append("duplicates     \(duplicates)") }
        if hints > 0 { lines.append("hints          \(hints)") }
        for (reason, count) in refused.sorted(by: { $0.key < $1.key }) {
            lines.append("still refused  \(count) (\(reason))")
        }
        if ofUnknownSources > 0 { lines.append("left alone     \(ofUnknownSources) (their source is not configured)") }
        return lines.map { Table.printable($0) + "\n" }.joined()
    }

    private static func count(_ value: JSONValue?) -> Int {
        guard case .number(let text) = value else { return 0 }
        return Int(text) ?? 0
    }
}
