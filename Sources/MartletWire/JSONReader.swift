// SPDX-License-Identifier: Apache-2.0

/// Reads JSON (RFC 8259) strictly: what two readers could take differently is refused, not repaired.
///
/// Refused are a byte order mark, invalid UTF-8, lone surrogate escapes, text after the value, repeated members at any
/// depth, and nesting beyond a bound. Member order and the digits of numbers are kept (providers.md section 1, rule 2).
package enum JSONReader {
    /// Reads one JSON value, with at most `maxDepth` objects and lists inside each other.
    ///
    /// Throws `JSONReadError` with the offset of the byte that breaks a rule.
    package static func read(_ bytes: [UInt8], maxDepth: Int = 32) throws(JSONReadError) -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONReadError) in
            var parser = try JSONParser(buffer, maxDepth: maxDepth)
            let value = try parser.value()
            try parser.end()
            return value
        }
    }

    /// Reads one JSON object, and where each of its members stands in the text.
    ///
    /// Each member's range goes from the opening quote of its name to the end of its value, without the commas and
    /// spaces around it. Throws `JSONReadError`; `notAnObject` if the text is some other value.
    package static func readObject(
        _ bytes: [UInt8],
        maxDepth: Int = 32
    ) throws(JSONReadError) -> (object: JSONObject, ranges: [Range<Int>]) {
        try bytes.withUnsafeBufferPointer { buffer throws(JSONReadError) in
            var parser = try JSONParser(buffer, maxDepth: maxDepth)
            guard case .object(let object) = try parser.value() else { throw JSONReadError(.notAnObject, at: 0) }
            try parser.end()
            return (object, parser.topLevelRanges)
        }
    }
}

/// Why a text is not the JSON that Martlet reads: the rule, and the offset in bytes from the start.
package struct JSONReadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The broken rule; the raw value is its wording in messages.
    package enum Rule: String, Sendable, CaseIterable {
        case byteOrderMark = "starts with a byte order mark; remove it"
        case invalidUTF8 = "is not valid UTF-8"
        case unexpectedEnd = "ends in the middle of a value"
        case unexpectedCharacter = "has a character that JSON does not allow there"
        case controlCharacter = "has a control character inside a text; escape it"
        case invalidEscape = "has an escape that JSON does not know"
        case loneSurrogate = "has half of a surrogate pair; write both halves"
        case invalidNumber = "has a number that JSON does not allow"
        case repeatedMember = "has a member twice; keep one"
        case tooDeep = "is nested too deeply"
        case trailingText = "goes on after its value; give exactly one value"
        case notAnObject = "is not a JSON object"
    }

    package var rule: Rule
    package var offset: Int
    /// The name that stands twice, for `repeatedMember`.
    package var member: String?

    package init(_ rule: Rule, at offset: Int, member: String? = nil) {
        self.rule = rule
        self.offset = offset
        self.member = member
    }

    package var description: String {
        let name = member.map { " (\"\($0.prefix(64))\")" } ?? ""
        return "the text \(rule.rawValue)\(name) (at byte \(offset))"
    }
}
