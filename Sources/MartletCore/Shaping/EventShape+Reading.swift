// SPDX-License-Identifier: Apache-2.0
package import MartletWire

extension EventShape {
    /// Reads a shape in the form of docs/filters-and-shapes.md and finds everything that is wrong with it.
    ///
    /// `path`: where the value stands, such as `$.endpoints[0].shape`; every problem's path begins with it.
    /// Nil if there is an error.
    package static func read(_ value: JSONValue, at path: String, into problems: SettingsProblems) -> EventShape? {
        let found = SettingsProblems()
        var reader = ShapeReader(problems: found)
        let fields = reader.shape(value, at: path)
        for problem in found.all { problems.report(problem) }
        return found.hasErrors ? nil : EventShape(fields: fields)
    }
}

/// Goes through the JSON form of one shape.
struct ShapeReader {
    /// Objects inside each other.
    static let deepest = 8
    /// Members of a whole shape, objects included.
    static let mostMembers = 200
    /// Bytes of a member's name.
    static let longestName = 128
    /// Bytes of a constant text.
    static let longestText = 4096

    private let problems: SettingsProblems
    private var members = 0

    init(problems: SettingsProblems) { self.problems = problems }

    private func fail(_ path: String, _ message: String) { problems.report(SettingsProblem(path: path, message)) }

    mutating func shape(_ value: JSONValue, at path: String) -> [EventShape.Field] {
        guard case .object(let object) = value else {
            fail(path, "must be an object such as { \"id\": { \"pick\": \"event_id\" } }, not \(value.kind)")
            return []
        }
        for name in ["pick", "constant"] where object[name] != nil {
            fail("\(path).\(name)", "is no name for a member of the body; give a name before it, such as \"id\"")
        }
        return fields(of: object, at: path, depth: 1)
    }

    private mutating func fields(of object: JSONObject, at path: String, depth: Int) -> [EventShape.Field] {
        guard !object.members.isEmpty else {
            fail(path, "must have at least one member")
            return []
        }
        guard depth <= Self.deepest else {
            fail(path, "is nested more than \(Self.deepest) deep; take objects out of each other")
            return []
        }
        var fields: [EventShape.Field] = []
        for member in object.members where depth > 1 || !["pick", "constant"].contains(member.name) {
            let place = "\(path).\(member.name)"
            members += 1
            if members == Self.mostMembers + 1 {
                fail(place, "is one member too many; a shape has at most \(Self.mostMembers)")
            }
            if member.name.isEmpty || member.name.utf8.count > Self.longestName {
                fail(place, "must have a name of 1 to \(Self.longestName) bytes")
            }
            if let content = content(member.value, at: place, depth: depth) {
                fields.append(EventShape.Field(member.name, content))
            }
        }
        return fields
    }

    private mutating func content(_ value: JSONValue, at path: String, depth: Int) -> EventShape.Content? {
        guard case .object(let object) = value else {
            fail(path, Self.remedy(for: value))
            return nil
        }
        let source = ["pick", "constant"].first { object[$0] != nil }
        guard let source else { return .object(fields(of: object, at: path, depth: depth + 1)) }
        for member in object.members where member.name != source {
            fail("\(path).\(member.name)", "does not go with \"\(source)\"; remove one of them")
        }
        let place = "\(path).\(source)"
        let value = object[source] ?? .null
        return source == "pick" ? pick(value, at: place) : constant(value, at: place).map { .constant($0) }
    }

    private func pick(_ value: JSONValue, at path: String) -> EventShape.Content? {
        guard case .string(let name) = value else {
            fail(path, "must be the name of a member as text, such as \"event_id\", not \(value.kind)")
            return nil
        }
        guard let member = EventMember.named(name) else {
            fail(path, EventMember.unknown(name))
            return nil
        }
        return .pick(member)
    }

    private func constant(_ value: JSONValue, at path: String) -> EventShape.Constant? {
        switch value {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .number(let digits) where digits.utf8.count <= Self.longestText: return .number(digits)
        case .string(let text) where text.utf8.count <= Self.longestText: return .text(text)
        case .number, .string: fail(path, "must have at most \(Self.longestText) bytes")
        case .array: fail(path, "must be text, a number, true, false or null, not a list")
        case .object: fail(path, "must be text, a number, true, false or null; write the object's members instead")
        }
        return nil
    }

    /// A bare value could mean a member of the event or a constant, so it has to say which.
    private static func remedy(for value: JSONValue) -> String {
        if case .string(let text) = value, EventMember.named(text) != nil {
            return "must be an object; to copy the event's member, write { \"pick\": \"\(text)\" }"
        }
        if case .array = value { return "must be an object; lists cannot be made, only picked" }
        return "must be an object, { \"pick\": MEMBER } or { \"constant\": VALUE }, not \(value.kind)"
    }
}
