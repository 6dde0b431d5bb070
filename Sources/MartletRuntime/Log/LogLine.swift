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
        Self.append(time.rfc3339, to: &output)
        output.append(0x20)
        Self.append(level, to: &output)
        output.append(0x20)
        Self.appendWithoutControls(message, to: &output)
        forEachMember { name, value in
            output.append(0x20)
            Self.appendWithoutControls(name, to: &output)
            output.append(0x3D)
            Self.appendQuotedIfNeeded(value, to: &output)
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
        if metadata.count == 1, let (key, value) = metadata.first {
            Self.handOver(key, value, to: body)
        } else {
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { Self.handOver(key, value, to: body) }
        }
    }

    private static func handOver(_ key: String, _ value: Logger.MetadataValue, to body: (String, String) -> Void) {
        if case .stringConvertible(let value) = value, let fields = value as? any LogFields {
            fields.forEach(body)
        } else {
            body(key, value.description)
        }
    }

    private static func append(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { output.append(contentsOf: $0) }
    }

    /// Control characters as JSON escapes, so that no message or name can begin a line of its own.
    private static func appendWithoutControls(_ text: String, to output: inout [UInt8]) {
        var text = text
        let isPlain = text.withUTF8 { bytes in bytes.allSatisfy { $0 >= 0x20 } }
        append(isPlain ? text : String(quoted(text).dropFirst().dropLast()), to: &output)
    }

    private static func appendQuotedIfNeeded(_ value: String, to output: inout [UInt8]) {
        var value = value
        let isPlain = value.withUTF8 { bytes in
            !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
        }
        append(isPlain ? value : quoted(value), to: &output)
    }

    private static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
