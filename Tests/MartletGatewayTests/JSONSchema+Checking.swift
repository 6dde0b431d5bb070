// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

@testable import MartletAdmin

extension JSONSchema {
    /// Where a value breaks the schema, one sentence each.
    func faults(of value: JSONValue, at place: String = "$") -> [String] {
        switch (self, value) {
        case (.any, _), (.number, .number), (.boolean, .bool), (.null, .null): return []
        case (.named(_, let schema), _): return schema.faults(of: value, at: place)
        case (.either(let choices), _):
            let faults = choices.map { $0.faults(of: value, at: place) }
            // That of the first choice: the others are mostly null.
            return faults.contains([]) ? [] : faults.first ?? []
        case (.text(let format, let pattern, let length), .string(let text)):
            return Self.faults(of: text, format, pattern, length).map { "\(place) \($0): \(text)" }
        case (.word(let words), .string(let text)):
            return words.contains(text) ? [] : ["\(place) is \(text), not one of \(words)"]
        case (.integer(let range), .number(let digits)):
            return Int64(digits).map(range.contains) == true ? [] : ["\(place) is \(digits), not within \(range)"]
        case (.list(let element), .array(let elements)):
            return elements.enumerated().flatMap { element.faults(of: $1, at: "\(place)[\($0)]") }
        case (.map(let element), .object(let object)):
            return object.members.flatMap { element.faults(of: $0.value, at: "\(place).\($0.name)") }
        case (.members(let members, let allowsOthers), .object(let object)):
            return Self.faults(of: object, members, allowsOthers, place)
        default: return ["\(place) is \(value.kind), which the schema does not have there"]
        }
    }

    private static func faults(
        of text: String,
        _ format: String?,
        _ pattern: String?,
        _ length: ClosedRange<Int>?
    ) -> [String] {
        var faults: [String] = []
        if format == "date-time", Timestamp(rfc3339: text) == nil { faults.append("is no moment") }
        if let pattern, (try? Regex(pattern)).map({ text.contains($0) }) != true { faults.append("is not \(pattern)") }
        if let length, !length.contains(text.unicodeScalars.count) { faults.append("is too short or too long") }
        return faults
    }

    private static func faults(
        of object: JSONObject,
        _ members: [Member],
        _ allowsOthers: Bool,
        _ place: String
    ) -> [String] {
        var faults: [String] = []
        for member in members {
            if let value = object[member.name] {
                faults += member.schema.faults(of: value, at: "\(place).\(member.name)")
            } else if member.isRequired {
                faults.append("\(place).\(member.name) is missing")
            }
        }
        let names = Set(members.map(\.name))
        for member in object.members where !allowsOthers && !names.contains(member.name) {
            faults.append("\(place).\(member.name) is not described")
        }
        return faults
    }
}

/// Holds answers of the admin API against what the routes' descriptions say.
enum DescribedAnswer {
    /// What is wrong with an answer; empty if it is as described.
    static func faults(
        _ method: String,
        _ target: String,
        status: Int,
        headers: HeaderFields,
        body: String
    ) -> [String] {
        let path = target.split(separator: "?", maxSplits: 1).first.map(String.init) ?? target
        let mediaType = headers[first: "Content-Type"]?.split(separator: ";").first.map(String.init) ?? ""
        let value = method == "HEAD" ? nil : try? JSONReader.read(Array(body.utf8))
        guard case .route(let route, _) = AdminRoutes.match(method, path), let description = route.description else {
            return mediaType == "application/problem+json" ? problemFaults(value, status) : ["no route: \(mediaType)"]
        }
        let operation = OpenAPIOperation(route, description)
        if let answer = operation.answers.first(where: { $0.status == status && $0.mediaType == mediaType }) {
            if mediaType != "application/json" || method == "HEAD" { return [] }
            return value.map { answer.schema.faults(of: $0) } ?? ["no JSON"]
        }
        guard operation.problems.contains(status) else {
            return ["\(status) \(mediaType) is not described"]
        }
        if mediaType != "application/problem+json" { return ["\(status) is \(mediaType), not a problem"] }
        return method == "HEAD" ? [] : problemFaults(value, status)
    }

    private static func problemFaults(_ value: JSONValue?, _ status: Int) -> [String] {
        guard let value else { return ["no JSON"] }
        return OpenAPIDocument.problem.faults(of: value)
            + (value.object?["status"] == .number(String(status)) ? [] : ["the problem names another status"])
    }
}
