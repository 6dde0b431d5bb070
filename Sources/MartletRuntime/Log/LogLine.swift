// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletWire

/// One log line: a fixed message, and the ids and figures as members with names.
struct LogLine {
    var time: Timestamp
    var level: String
    var message: String
    var metadata: Logger.Metadata

    /// `time level message key=value …`, values quoted where they hold spaces, quotes or line ends.
    var text: String {
        var line = time.rfc3339
        line += " "
        line += level
        line += " "
        line += Self.withoutControls(message)
        forEachMember { name, value in
            line += " "
            line += Self.withoutControls(name)
            line += "="
            line += Self.quotedIfNeeded(value)
        }
        line += "\n"
        return line
    }

    var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", time.rfc3339)
        json.member("level", level)
        json.member("message", message)
        forEachMember { name, value in json.member(name, value) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    /// By name, but for those that come in an order of their own.
    private func forEachMember(_ body: (String, String) -> Void) {
        for (key, value) in metadata.count > 1 ? metadata.sorted(by: { $0.key < $1.key }) : Array(metadata) {
            if case .stringConvertible(let value) = value, let fields = value as? any LogFields {
                fields.forEach(body)
            } else {
                body(key, value.description)
            }
        }
    }

    /// Control characters as JSON escapes, so that no message or name can begin a line of its own.
    private static func withoutControls(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 }) { return text }
        return String(quoted(text).dropFirst().dropLast())
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
        return isPlain ? value : quoted(value)
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
