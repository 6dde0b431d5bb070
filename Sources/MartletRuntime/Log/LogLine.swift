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
        var line = "\(time.rfc3339) \(level) \(Self.withoutControls(message))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(Self.withoutControls(key))=\(Self.quotedIfNeeded(value.description))"
        }
        return line + "\n"
    }

    var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", time.rfc3339)
        json.member("level", level)
        json.member("message", message)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { json.member(key, value.description) }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
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
