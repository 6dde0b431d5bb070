// SPDX-License-Identifier: Apache-2.0
package import MartletWire

extension EventFilter {
    /// Reads a filter in the form of docs/filters-and-shapes.md and finds everything that is wrong with it.
    ///
    /// `path`: where the value stands, such as `$.endpoints[0].filter`; every problem's path begins with it.
    /// Nil if there is an error; warnings leave the filter valid.
    package static func read(_ value: JSONValue, at path: String, into problems: SettingsProblems) -> EventFilter? {
        let found = SettingsProblems()
        var reader = FilterReader(problems: found)
        let filter = reader.filter(value, at: path, depth: 1)
        for problem in found.all { problems.report(problem) }
        return found.hasErrors ? nil : filter
    }
}

/// How a condition asks, by its key in the JSON form.
enum FilterOperator: String, CaseIterable {
    case equals
    case isIn = "in"
    case greater
    case greaterOrEqual
    case less
    case lessOrEqual
    case contains
    case exists

    /// What a member of that kind can be asked; `exists` only makes sense where it may be missing.
    static func known(for member: EventMember) -> [FilterOperator] {
        let comparisons: [FilterOperator] =
            switch member.kind {
            case .text: [.equals, .isIn]
            case .number, .moment: [.equals, .isIn, .greater, .greaterOrEqual, .less, .lessOrEqual]
            case .list: [.contains]
            case .object: []
            }
        return comparisons + (member.mayBeMissing ? [.exists] : [])
    }
}

/// Goes through the JSON form of one filter.
struct FilterReader {
    /// Conditions inside each other.
    static let deepest = 8
    /// Comparisons in a whole filter.
    static let mostComparisons = 100
    /// Values of one `in`.
    static let mostValues = 100
    /// Bytes of a text to compare with.
    static let longestText = 1024

    let problems: SettingsProblems
    private var comparisons = 0

    init(problems: SettingsProblems) { self.problems = problems }

    func fail(_ path: String, _ message: String) { problems.report(SettingsProblem(path: path, message)) }

    private static let forms = ["member", "all", "any", "not"]

    mutating func filter(_ value: JSONValue, at path: String, depth: Int) -> EventFilter? {
        guard case .object(let object) = value else {
            fail(
                path,
                "must be a condition such as { \"member\": \"shop\", \"equals\": \"nordic\" }, not \(value.kind)"
            )
            return nil
        }
        guard depth <= Self.deepest else {
            fail(path, "is nested more than \(Self.deepest) deep; take conditions out of each other")
            return nil
        }
        let given = Self.forms.filter { object.has($0) }
        guard given.count <= 1 else {
            fail(
                path,
                "has \(given.quoted(joinedBy: " and ")) together; give each a condition of its own, inside \"all\""
            )
            return nil
        }
        let isKnown = reportUnknownKeys(of: object, form: given.first, at: path)
        switch given.first {
        case "member": return condition(object, at: path)
        case "all": return list("all", of: object, at: path, depth: depth).map(EventFilter.all)
        case "any": return list("any", of: object, at: path, depth: depth).map(EventFilter.any)
        case "not": return filter(object["not"] ?? .null, at: "\(path).not", depth: depth + 1).map(EventFilter.not)
        default:
            if isKnown { fail(path, "needs \"member\" and an operator, or one of \"all\", \"any\" and \"not\"") }
            return nil
        }
    }

    private mutating func list(_ name: String, of object: JSONObject, at path: String, depth: Int) -> [EventFilter]? {
        guard case .array(let elements) = object[name], !elements.isEmpty else {
            fail("\(path).\(name)", "must be a list of at least one condition")
            return nil
        }
        return elements.enumerated().compactMap { index, element in
            filter(element, at: "\(path).\(name)[\(index)]", depth: depth + 1)
        }
    }

    /// False if it has reported one.
    private func reportUnknownKeys(of object: JSONObject, form: String?, at path: String) -> Bool {
        let operators = FilterOperator.allCases.map(\.rawValue)
        let known = form == nil ? Self.forms + operators : form == "member" ? ["member"] + operators : [form ?? ""]
        var isKnown = true
        for member in object.members where !known.contains(member.name) && !Self.forms.contains(member.name) {
            isKnown = false
            let place = "\(path).\(member.name)"
            if operators.contains(member.name) {
                fail(place, "goes with \"member\"; \"\(form ?? "")\" stands alone in its condition")
            } else {
                fail(place, "is not a known key\(known.suggestion(for: member.name, otherwise: "known keys: "))")
            }
        }
        return isKnown
    }

    // MARK: one condition

    private mutating func condition(_ object: JSONObject, at path: String) -> EventFilter? {
        guard case .string(let name) = object["member"] else {
            fail("\(path).member", "must be the name of a member as text, such as \"shop\"")
            return nil
        }
        guard let member = EventMember.named(name) else {
            fail("\(path).member", EventMember.unknown(name))
            return nil
        }
        var tests: [EventFilter] = []
        var isEmpty = true
        for entry in object.members where entry.name != "member" {
            isEmpty = false
            guard let word = FilterOperator(rawValue: entry.name) else { continue }
            let place = "\(path).\(entry.name)"
            comparisons += 1
            if comparisons == Self.mostComparisons + 1 {
                fail(place, "is one comparison too many; a filter has at most \(Self.mostComparisons)")
            }
            if let test = test(word, entry.value, of: member, at: place) { tests.append(.condition(member, test)) }
        }
        if isEmpty {
            let words = FilterOperator.known(for: member).map(\.rawValue)
            fail(
                path,
                words.isEmpty
                    ? Self.unfit(member)
                    : "asks nothing about \"\(name)\"; add \(words.quoted(joinedBy: ", ", last: " or "))"
            )
        }
        return tests.count == 1 ? tests.first : .all(tests)
    }

    /// Why a member allows no operator at all, with what to write instead.
    static func unfit(_ member: EventMember) -> String {
        "\"\(member.path)\" is an object that every event has; ask for a member of it, such as "
            + "\"\(member.exampleInside)\""
    }
}

extension JSONObject {
    /// Whether the member is there; null is the same as leaving it out.
    fileprivate func has(_ name: String) -> Bool { self[name].map { $0 != .null } ?? false }
}
