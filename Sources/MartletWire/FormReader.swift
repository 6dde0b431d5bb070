// SPDX-License-Identifier: Apache-2.0

/// Reads `application/x-www-form-urlencoded` strictly (WHATWG URL section 5.1, without its leniency).
///
/// A plus sign and `%20` both are a space. Broken escapes, broken UTF-8 and repeated names are refused instead of
/// repaired, since a signature is checked on the decoded values.
package enum FormReader {
    /// Reads a whole body of at most `maxMembers` members.
    ///
    /// Throws `FormReadError` with the offset of the member that breaks a rule.
    package static func read(_ bytes: [UInt8], maxMembers: Int = 256) throws(FormReadError) -> FormBody {
        if bytes.isEmpty { throw FormReadError(.empty, at: 0) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw FormReadError(.byteOrderMark, at: 0) }
        var body = FormBody()
        var names: Set<String> = []
        var start = 0
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: 0x26) ?? bytes.count
            let member = bytes[start..<end]
            guard let equals = member.firstIndex(of: 0x3D), equals > start else {
                throw FormReadError(.memberWithoutName, at: start)
            }
            guard body.members.count < maxMembers else { throw FormReadError(.tooManyMembers, at: start) }
            let name = try decode(bytes, start..<equals)
            // Swift takes two spellings of one letter for equal; here they are two names.
            if !names.insert(name).inserted, body.members.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                throw FormReadError(.repeatedMember, at: start, member: name)
            }
            body.members.append(FormBody.Member(name: name, value: try decode(bytes, (equals + 1)..<end)))
            start = end + 1
        }
        return body
    }

    private static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(FormReadError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            switch bytes[index] {
            case 0x2B: decoded.append(0x20)
            case 0x25:
                guard index + 2 < range.upperBound, let high = bytes[index + 1].hexadecimalValue,
                    let low = bytes[index + 2].hexadecimalValue
                else { throw FormReadError(.invalidEscape, at: index) }
                decoded.append(high << 4 | low)
                index += 2
            default: decoded.append(bytes[index])
            }
            index += 1
        }
        let isValid = decoded.withUnsafeBufferPointer { UTF8Validation.firstInvalidOffset(in: $0) == nil }
        guard isValid else { throw FormReadError(.invalidUTF8, at: range.lowerBound) }
        return String(decoding: decoded, as: UTF8.self)
    }
}

/// The members of a form body, decoded, in the order they came; no name stands twice.
package struct FormBody: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var members: [Member]

    package init(_ members: [(String, String)] = []) {
        self.members = members.map { Member(name: $0.0, value: $0.1) }
    }

    /// Nil if there is no such member; empty if it has no value.
    package subscript(name: String) -> String? {
        members.first { $0.name == name }?.value
    }
}

/// Why a body is not the form that Martlet reads: the rule, and an offset in bytes from the start.
package struct FormReadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The broken rule; the raw value is its wording in messages.
    package enum Rule: String, Sendable, CaseIterable {
        case empty = "is empty"
        case byteOrderMark = "starts with a byte order mark; remove it"
        case memberWithoutName = "has a member without a name and an equals sign"
        case invalidEscape = "has a percent sign without two hexadecimal digits"
        case invalidUTF8 = "is not valid UTF-8 after decoding"
        case repeatedMember = "has a member twice; keep one"
        case tooManyMembers = "has too many members"
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
        return "the form \(rule.rawValue)\(name) (at byte \(offset))"
    }
}
