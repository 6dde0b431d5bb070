// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// A request's query parameters, each known to its route and given once.
struct Parameters: Sendable {
    private var values: [String: String] = [:]

    /// - Throws: `Problem` for a parameter that the route does not know, that stands twice or is empty.
    init(of target: String, allowed: [String]) throws(Problem) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return }
        let query = Array(target.utf8[target.utf8.index(after: mark)...])
        if query.isEmpty { return }
        let form: FormBody
        do {
            form = try FormReader.read(query, maxMembers: 32)
        } catch {
            throw Problem(
                field: error.member ?? "query",
                rule: "cannot be read: \(error.description)",
                remedy: "write parameters as name=value, joined by &, with each name once"
            )
        }
        for member in form.members {
            guard allowed.contains(member.name) else {
                let near = allowed.near(to: String(member.name.prefix(64)))
                throw Problem(
                    field: String(member.name.prefix(64)),
                    rule: "is not a parameter of this route",
                    remedy: near.first.map { "did you mean \"\($0)\"?" }
                        ?? (allowed.isEmpty ? "it takes none" : "it takes \(allowed.joined(separator: ", "))")
                )
            }
            guard !member.value.isEmpty else {
                throw Problem(field: member.name, rule: "is empty", remedy: "give it a value or leave it out")
            }
            values[member.name] = member.value
        }
    }

    func text(_ name: String) -> String? { values[name] }

    /// How many elements a page has: 1 to 500, 50 by default.
    func limit() throws(Problem) -> Int {
        guard let text = values["limit"] else { return 50 }
        guard let number = Int(text), (1...500).contains(number) else {
            throw Problem(field: "limit", rule: "must be a whole number from 1 to 500", remedy: "try limit=50")
        }
        return number
    }

    /// The element after which the page begins.
    func cursor<Last>(of list: String, _ read: (String) -> Last?) throws(Problem) -> Last? {
        guard let text = values["cursor"] else { return nil }
        guard let last = ListCursor(text, list: list).flatMap({ read($0.last) }) else {
            throw Problem(
                field: "cursor",
                rule: "is not a cursor of this list",
                remedy: "take \"nextCursor\" of an earlier answer as it stands, or leave it out for the first page"
            )
        }
        return last
    }

    func moment(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw Problem(
                field: name,
                rule: "must be a moment with its offset and at most milliseconds (RFC 3339)",
                remedy: "write it like 2026-11-21T19:11:00Z; in a URL the plus of an offset is %2B"
            )
        }
        return moment
    }

    /// One of a set of words.
    func choice(_ name: String, of words: [String]) throws(Problem) -> String? {
        guard let text = values[name] else { return nil }
        guard words.contains(text) else {
            let near = words.near(to: String(text.prefix(64)))
            throw Problem(
                field: name,
                rule: "must be one of \(words.joined(separator: ", "))",
                remedy: near.first.map { "did you mean \"\($0)\"?" } ?? "choose one of these"
            )
        }
        return text
    }
}
