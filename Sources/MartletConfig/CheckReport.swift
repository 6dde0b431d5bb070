// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletWire

/// The problems of a configuration as `martlet check` prints them.
package enum CheckReport {
    /// An aligned table for a person, in the order given.
    ///
    /// - Parameters:
    ///   - problems: what to show.
    ///   - path: the configuration file's name, for the first line.
    /// - Returns: the text, ending in a newline.
    package static func render(_ problems: [SettingsProblem], path: String) -> String {
        guard !problems.isEmpty else { return "\(printable(path)): no problems\n" }
        let places = problems.map { printable($0.path) }
        let severityWidth = problems.map { $0.severity.rawValue.count }.max() ?? 0
        let placeWidth = places.map(\.count).max() ?? 0
        var text = "\(printable(path)): \(summary(problems))\n\n"
        for (problem, place) in zip(problems, places) {
            let severity = padded(problem.severity.rawValue, to: severityWidth)
            text += "\(severity)  \(padded(place, to: placeWidth))  \(printable(problem.message))\n"
        }
        return text
    }

    /// One JSON object for programs: `file`, `errors`, `warnings` and the list `problems`; ends in a newline.
    package static func json(_ problems: [SettingsProblem], path: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("file", path)
        writer.member("errors", integer: Int64(count(.error, in: problems)))
        writer.member("warnings", integer: Int64(count(.warning, in: problems)))
        writer.name("problems")
        writer.beginArray()
        for problem in problems {
            writer.beginObject()
            writer.member("severity", problem.severity.rawValue)
            writer.member("path", problem.path)
            writer.member("message", problem.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    /// `2 errors, 1 warning`.
    package static func summary(_ problems: [SettingsProblem]) -> String {
        let counts = [(count(.error, in: problems), "error"), (count(.warning, in: problems), "warning")]
        let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        return parts.isEmpty ? "no problems" : parts.joined(separator: ", ")
    }

    private static func count(_ severity: SettingsProblem.Severity, in problems: [SettingsProblem]) -> Int {
        problems.count { $0.severity == severity }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// Names come from the file; control characters in them must not steer the terminal.
    private static func printable(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }.joined()
    }
}
