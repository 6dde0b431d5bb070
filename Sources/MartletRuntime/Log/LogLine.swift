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
    func appendText(to output: inout [UInt8]) {
        output.append(contentsOf: time.rfc3339.utf8)
        output.append(0x20)
        output.append(contentsOf: level.utf8)
        output.append(0x20)
        output.append(contentsOf: Self.withoutControls(message).utf8)
        forEachMember { name, value in
            output.append(0x20)
            output.append(contentsOf: Self.withoutControls(name).utf8)
            output.append(0x3D)
            output.append(contentsOf: Self.quotedIfNeeded(value).utf8)
        }
        output.append(0x0A)
    }

    /// One JSON object.
    func appendJSON(to output: inout [UInt8]) {
        var json = JSONWriter()
        json.beginObject()
        json.member("time", time.rfc3339)
        json.member("level", level)
        json.member("message", message)
        forEachMember { name, value in json.member(of: name, value) }
        json.endObject()
        output.append(contentsOf: json.bytes)
        output.append(0x0A)
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
