// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// The audit log as the admin API tells it, for a person.
enum AuditPrinter {
    static func table(_ list: JSONObject) -> String {
        var table = Table(["AT", "WHO", "FROM", "WHAT", "OBJECT", "MADE", "OUTCOME", "DETAIL"])
        guard case .array(let rows) = list["data"] else { return "Nothing was done.\n" }
        for case .object(let line) in rows {
            let who = [line["actor"]?.string, line["key"]?.string.map { "(\($0))" }].compactMap { $0 }
            table.add([
                line["at"]?.string, who.joined(separator: " "), line["address"]?.string, line["action"]?.string,
                line["object"]?.string, line["created"]?.string, outcome(line), detail(line["detail"]),
            ])
        }
        return table.render(whenEmpty: "Nothing was done.")
    }

    private static func outcome(_ line: JSONObject) -> String? {
        guard case .number(let status) = line["status"] else { return line["outcome"]?.string }
        return line["outcome"]?.string.map { "\($0) \(status)" }
    }

    private static func detail(_ value: JSONValue?) -> String? {
        guard let object = value?.object else { return nil }
        var json = JSONWriter()
        json.value(.object(object))
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
