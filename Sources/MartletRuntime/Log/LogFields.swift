// SPDX-License-Identifier: Apache-2.0

/// Several members of a log line as one metadata value: put into words where the line is written, on the log's own
/// queue, and in the order given.
///
/// For lines that are written thousands of times a second, where a dictionary would cost more than the line.
package protocol LogFields: Sendable, CustomStringConvertible {
    /// Hands over each member.
    func forEach(_ body: (_ name: String, _ value: String) -> Void)
}

extension LogFields {
    package var description: String {
        var text = ""
        forEach { name, value in text += text.isEmpty ? "\(name)=\(value)" : " \(name)=\(value)" }
        return text
    }
}
