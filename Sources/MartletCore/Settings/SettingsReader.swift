// SPDX-License-Identifier: Apache-2.0
package import MartletWire

/// Something wrong or doubtful in the configuration: where, which rule, what to do.
package struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        case error
        case warning
    }

    package var severity: Severity
    /// JSON path, such as `$.sources[1].ipnSecret`.
    package var path: String
    /// Rule and remedy in one sentence; never a secret's value.
    package var message: String

    package init(_ severity: Severity = .error, path: String, _ message: String) {
        self.severity = severity
        self.path = path
        self.message = message
    }

    package var description: String { "\(severity.rawValue): \(path): \(message)" }
}

/// Turns `env:NAME`, `file:PATH` and `plain:VALUE` into key material.
///
/// Reads the environment or a file.
package protocol SecretResolver: Sendable {
    /// - Returns: the secret, or a message that says what is missing and how to give it.
    func resolve(_ reference: String) -> Result<Secret, SecretResolutionError>
}

/// Why a secret's reference leads nowhere; the message never holds the reference's value after `plain:`.
package struct SecretResolutionError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// Collects every problem of one reading, so that the operator mends all of them in one go.
package final class SettingsProblems {
    package private(set) var all: [SettingsProblem] = []
    package init() {}

    package var hasErrors: Bool { all.contains { $0.severity == .error } }
    package func report(_ problem: SettingsProblem) { all.append(problem) }
}

/// Reads the members of one configuration object; used by the configuration and by each provider for its own settings.
///
/// Each call names a member, checks it and falls back to a default; problems are collected, not thrown.
/// `finish()` reports the members that nobody asked for.
package final class SettingsReader {
    package let path: String
    package let problems: SettingsProblems
    private let object: JSONObject
    private let resolver: any SecretResolver
    private var known: [String] = []

    package init(_ object: JSONObject, path: String, resolver: any SecretResolver, problems: SettingsProblems) {
        self.object = object
        self.path = path
        self.resolver = resolver
        self.problems = problems
    }

    /// The member's value; nil if absent or null.
    ///
    /// Marks the name as known.
    package func value(_ name: String) -> JSONValue? {
        if !known.contains(name) { known.append(name) }
        guard let value = object[name], value != .null else { return nil }
        return value
    }

    /// Whether the member is there, be it null.
    package func has(_ name: String) -> Bool { object[name] != nil }

    package func fail(_ name: String, _ message: String) {
        problems.report(SettingsProblem(path: path(of: name), message))
    }

    package func warn(_ name: String, _ message: String) {
        problems.report(SettingsProblem(.warning, path: path(of: name), message))
    }

    package func path(of name: String) -> String { name.isEmpty ? path : "\(path).\(name)" }

    // MARK: simple values

    package func string(_ name: String) -> String? {
        switch value(name) {
        case nil: return nil
        case .string(let text): return text
        case .some(let other):
            fail(name, "must be text, not \(other.kind)")
            return nil
        }
    }

    /// A text that must be there and not be empty.
    package func requiredString(_ name: String) -> String? {
        let before = problems.all.count
        let text = string(name)
        if text == nil || text == "" {
            if problems.all.count == before { fail(name, "is required; give it as text") }
            return nil
        }
        return text
    }

    package func bool(_ name: String, default fallback: Bool) -> Bool {
        switch value(name) {
        case nil: return fallback
        case .bool(let flag): return flag
        case .some(let other):
            fail(name, "must be true or false, not \(other.kind)")
            return fallback
        }
    }

    package func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let value = value(name) else { return fallback }
        guard case .number(let text) = value, let number = Int(text), range.contains(number) else {
            fail(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    package func number(_ name: String, default fallback: Double, in range: ClosedRange<Double>) -> Double {
        guard let value = value(name) else { return fallback }
        guard case .number(let text) = value, let number = Double(text), range.contains(number) else {
            fail(name, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return fallback
        }
        return number
    }

    /// `500ms`, `15s`, `5m`, `2h`, `30d`.
    package func duration(_ name: String, default fallback: Duration) -> Duration {
        guard let value = value(name) else { return fallback }
        guard case .string(let text) = value, let duration = Self.duration(from: text) else {
            fail(name, "must be a duration such as \"500ms\", \"15s\", \"5m\", \"2h\" or \"30d\"")
            return fallback
        }
        return duration
    }

    /// One of a fixed set of words.
    package func choice(_ name: String, default fallback: String, of words: [String]) -> String {
        guard let text = string(name) else { return fallback }
        guard words.contains(text) else {
            fail(name, "must be one of \(words.map { "\"\($0)\"" }.joined(separator: ", "))")
            return fallback
        }
        return text
    }

    // MARK: secrets, lists and nested objects

    /// A secret by reference; nil if absent or unresolvable (the latter is reported).
    package func secret(_ name: String) -> Secret? {
        guard let value = value(name) else { return nil }
        return secret(value, at: path(of: name))
    }

    package func secrets(_ name: String) -> [Secret] {
        list(name).enumerated().compactMap { secret($0.element, at: "\(path(of: name))[\($0.offset)]") }
    }

    /// The elements of a list; empty if absent.
    package func list(_ name: String) -> [JSONValue] {
        switch value(name) {
        case nil: return []
        case .array(let elements): return elements
        case .some(let other):
            fail(name, "must be a list, not \(other.kind)")
            return []
        }
    }

    package func strings(_ name: String, default fallback: [String]) -> [String] {
        guard value(name) != nil else { return fallback }
        return list(name).enumerated().compactMap { index, element in
            if case .string(let text) = element { return text }
            problems.report(SettingsProblem(path: "\(path(of: name))[\(index)]", "must be text, not \(element.kind)"))
            return nil
        }
    }

    /// A reader of a nested object; nil if absent.
    package func nested(_ name: String) -> SettingsReader? {
        switch value(name) {
        case nil: return nil
        case .object(let object): return reader(object, at: path(of: name))
        case .some(let other):
            fail(name, "must be an object, not \(other.kind)")
            return nil
        }
    }

    /// Readers of a list of objects.
    package func nestedList(_ name: String) -> [SettingsReader] {
        list(name).enumerated().compactMap { index, element in
            let place = "\(path(of: name))[\(index)]"
            if case .object(let object) = element { return reader(object, at: place) }
            problems.report(SettingsProblem(path: place, "must be an object, not \(element.kind)"))
            return nil
        }
    }

    /// Reports every member that no call has asked for.
    package func finish() {
        for member in object.members where !known.contains(member.name) {
            let near = known.min { $0.editDistance(to: member.name) < $1.editDistance(to: member.name) }
            let isNear = near.map { $0.editDistance(to: member.name) <= 3 } ?? false
            let hint =
                isNear ? "did you mean \"\(near ?? "")\"?" : "known keys: \(known.sorted().joined(separator: ", "))"
            problems.report(SettingsProblem(path: path(of: member.name), "is not a known key; \(hint)"))
        }
    }

    /// Reads a duration of the configuration language; nil for anything else.
    package static func duration(from text: String) -> Duration? {
        let units: [(String, Int64)] = [
            ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        for (suffix, milliseconds) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { continue }
            guard let count = Int64(digits), count <= 10_000_000_000 / max(1, milliseconds / 1000) else { return nil }
            return .milliseconds(count * milliseconds)
        }
        return nil
    }

    private func reader(_ object: JSONObject, at path: String) -> SettingsReader {
        SettingsReader(object, path: path, resolver: resolver, problems: problems)
    }

    private func secret(_ value: JSONValue, at place: String) -> Secret? {
        guard case .string(let reference) = value else {
            problems.report(
                SettingsProblem(
                    path: place,
                    "must be a secret's reference: \"env:NAME\", \"file:PATH\" or \"plain:VALUE\""
                )
            )
            return nil
        }
        if reference.hasPrefix("plain:") {
            let message = "the secret stands in the file itself; prefer \"env:NAME\" or \"file:PATH\""
            problems.report(SettingsProblem(.warning, path: place, message))
        }
        switch resolver.resolve(reference) {
        case .success(let secret): return secret
        case .failure(let error):
            problems.report(SettingsProblem(path: place, error.description))
            return nil
        }
    }
}

extension String {
    /// Levenshtein's distance, for suggestions.
    package func editDistance(to other: String) -> Int {
        let left = Array(lowercased().utf8)
        let right = Array(other.lowercased().utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let next = Swift.min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[right.count]
    }
}
