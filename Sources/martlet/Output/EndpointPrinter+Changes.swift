// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// What changes of endpoints came to, for a person.
extension EndpointPrinter {
    /// New secrets go to standard output, alone on their lines; what to do with them goes to standard error.
    static func printChange(_ answer: JSONObject, id: String, _ verb: String) {
        var notes = ""
        if case .array(let warnings) = answer["warnings"] {
            for case .string(let warning) in warnings { notes += "Warning: \(Table.printable(warning)).\n" }
        }
        var output = Table.printable("\(id): \(verb).") + "\n"
        if case .array(let secrets) = answer["secrets"], !secrets.isEmpty {
            for case .object(let secret) in secrets {
                let text = secret["secret"]?.string ?? secret["publicKey"]?.string ?? ""
                output += Table.printable(text) + "\n"
            }
            notes += "Give the subscriber what is printed; a secret is shown only now.\n"
            if let until = answer["oldSecretsUntil"]?.string {
                notes += "The old one signs along until \(Table.printable(until)).\n"
            }
        }
        Console.output(output)
        if !notes.isEmpty { Console.error(notes) }
    }

    static func test(_ answer: JSONObject, id: String) -> String {
        let verb = answer["succeeded"] == .bool(true) ? "accepted" : "not accepted"
        let cause: String
        if case .number(let status) = answer["status"] {
            cause = "HTTP \(status)"
        } else {
            let detail = answer["detail"]?.string.map { ": \($0)" } ?? ""
            cause = (answer["error"]?.string ?? "-") + detail
        }
        var lines = [Table.printable("\(id): \(verb), \(cause), after \(number("durationMs", answer)) ms.")]
        if let body = answer["body"]?.string, !body.isEmpty { lines.append(Table.printable(body)) }
        return lines.joined(separator: "\n") + "\n"
    }

    static func number(_ name: String, _ answer: JSONObject) -> String {
        if case .number(let digits) = answer[name] { return digits }
        return "-"
    }
}
