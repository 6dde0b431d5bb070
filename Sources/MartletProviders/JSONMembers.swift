// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// Reads the members of a proven JSON object by their shapes; null counts as absent.
struct JSONMembers {
    let object: JSONObject

    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    func required(_ name: String) throws(Refusal) -> JSONValue {
        guard let value = value(name) else { throw Refusal(.missingField, "\(name) is missing") }
        return value
    }

    /// Text that must be there and not be empty.
    func text(_ name: String) throws(Refusal) -> String {
        guard case .string(let text) = try required(name), !text.isEmpty else {
            throw Refusal(.invalidField, "\(name) must be text that is not empty")
        }
        return text
    }

    /// Text, or nil if it is absent or empty.
    func optionalText(_ name: String) throws(Refusal) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value else { throw Refusal(.invalidField, "\(name) must be text") }
        return text.isEmpty ? nil : text
    }

    func flag(_ name: String) throws(Refusal) -> Bool {
        guard case .bool(let flag) = try required(name) else {
            throw Refusal(.invalidField, "\(name) must be true or false")
        }
        return flag
    }

    /// A decimal number, as text or as a JSON number, read digit by digit.
    func decimal(_ name: String) throws(Refusal) -> DecimalText {
        guard let decimal = try optionalDecimal(name) else { throw Refusal(.missingField, "\(name) is missing") }
        return decimal
    }

    func optionalDecimal(_ name: String) throws(Refusal) -> DecimalText? {
        guard let value = value(name) else { return nil }
        guard let decimal = value.decimal else { throw Refusal(.invalidField, "\(name) must be a decimal number") }
        return decimal
    }
}

extension JSONValue {
    /// The exact number in a text or a JSON number; nil for anything else.
    var decimal: DecimalText? {
        switch self {
        case .string(let text), .number(let text): DecimalText(text)
        default: nil
        }
    }

    /// Text, or a number's digits, for numbers that providers write either way; nil for anything else.
    var textOrDigits: String? {
        switch self {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}
