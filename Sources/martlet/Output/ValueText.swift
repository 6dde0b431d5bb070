// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// Values of the admin API's documents as a person reads them.
enum ValueText {
    /// A text or a number as it stands; nil for anything else.
    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text), .number(let text): text
        default: nil
        }
    }

    /// A text or a number of an object.
    static func text(_ object: JSONObject, _ name: String) -> String? { object[name].flatMap(text) }

    /// The texts of a list, joined; nil for an empty one.
    static func list(_ value: JSONValue?) -> String? {
        guard case .array(let elements) = value, !elements.isEmpty else { return nil }
        return elements.compactMap(\.string).joined(separator: ", ")
    }

    /// The objects of a list.
    static func objects(_ value: JSONValue?) -> [JSONObject] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap(\.object)
    }

    /// A value as compact JSON on one line.
    static func json(_ value: JSONValue) -> String {
        var json = JSONWriter(capacity: 1024)
        json.value(value)
        return Table.printable(String(decoding: json.bytes, as: UTF8.self))
    }
}
