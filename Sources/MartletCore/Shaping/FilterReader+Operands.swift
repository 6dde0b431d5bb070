// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// What a member is compared with: each operand must be of the member's own kind.
extension FilterReader {
    func test(_ word: FilterOperator, _ value: JSONValue, of member: EventMember, at path: String)
        -> EventFilter.Test?
    {
        guard FilterOperator.known(for: member).contains(word) else {
            fail(path, Self.misfit(word, member))
            return nil
        }
        if value == .null {
            let isOptional = member.mayBeMissing
            fail(path, "null is no value\(isOptional ? "; to ask for a missing member, use \"exists\": false" : "")")
            return nil
        }
        switch word {
        case .equals: return operand(value, of: member, at: path).map { .equals($0) }
        case .isIn: return operands(value, of: member, at: path).map { .isIn($0) }
        case .greater: return operand(value, of: member, at: path).map { .greater($0) }
        case .greaterOrEqual: return operand(value, of: member, at: path).map { .greaterOrEqual($0) }
        case .less: return operand(value, of: member, at: path).map { .less($0) }
        case .lessOrEqual: return operand(value, of: member, at: path).map { .lessOrEqual($0) }
        case .contains: return text(value, of: member, at: path).map { .contains($0) }
        case .exists:
            guard case .bool(let expected) = value else {
                fail(path, "must be true or false, not \(value.kind)")
                return nil
            }
            return .exists(expected)
        }
    }

    private static func misfit(_ word: FilterOperator, _ member: EventMember) -> String {
        let fitting = FilterOperator.known(for: member).map(\.rawValue)
        if word == .exists {
            return "every event has \"\(member.path)\"; remove the condition"
                + (member.kind == .list ? ", or use \"contains\"" : "")
        }
        if member.kind == .object {
            if !member.mayBeMissing { return unfit(member) }
            return "does not go with \"\(member.path)\", which is an object; compare a member of it, such as "
                + "\"\(member.exampleInside)\", or use \"exists\""
        }
        return "does not go with \"\(member.path)\", which is \(member.kind.rawValue); use "
            + fitting.quoted(joinedBy: ", ", last: " or ")
    }

    private func operands(_ value: JSONValue, of member: EventMember, at path: String) -> [EventFilter.Operand]? {
        guard case .array(let elements) = value, (1...Self.mostValues).contains(elements.count) else {
            fail(path, "must be a list of 1 to \(Self.mostValues) values")
            return nil
        }
        return elements.enumerated().compactMap { operand($0.element, of: member, at: "\(path)[\($0.offset)]") }
    }

    private func operand(_ value: JSONValue, of member: EventMember, at path: String) -> EventFilter.Operand? {
        switch member.kind {
        case .number:
            guard let number = value.digits.flatMap({ DecimalText($0) }) else {
                fail(path, "must be a decimal number such as \"100\" or \"0.005\"")
                return nil
            }
            return .number(number)
        case .moment:
            guard let moment = value.string.flatMap(Timestamp.init(rfc3339:)) else {
                fail(path, "must be a moment such as \"2026-11-21T19:11:00Z\"")
                return nil
            }
            return .moment(moment)
        case .text, .list, .object: return text(value, of: member, at: path).map { .text($0) }
        }
    }

    private func text(_ value: JSONValue, of member: EventMember, at path: String) -> String? {
        guard case .string(let text) = value else {
            let remedy = value.digits == nil ? "" : "; write it in quotes"
            fail(path, "must be text, not \(value.kind)\(remedy)")
            return nil
        }
        guard text.utf8.count <= Self.longestText else {
            fail(path, "must have at most \(Self.longestText) bytes")
            return nil
        }
        check(text, against: member, at: path)
        return text
    }

    /// A word that a member can never hold would make a condition that is never true.
    private func check(_ text: String, against member: EventMember, at path: String) {
        guard let words = member.words, !words.all.contains(text) else { return }
        if words.isClosed {
            fail(path, "is never in \"\(member.path)\"\(words.all.suggestion(for: text, otherwise: "it has "))")
        } else {
            let hint =
                text.contains("*")
                ? "; patterns belong into the endpoint's \"events\""
                : words.all.suggestion(for: text, otherwise: nil)
            problems.report(SettingsProblem(.warning, path: path, "is no known \"\(member.path)\"\(hint)"))
        }
    }
}

extension JSONValue {
    /// The characters of a number, or of a text that may be one.
    fileprivate var digits: String? {
        switch self {
        case .number(let text), .string(let text): text
        default: nil
        }
    }
}
