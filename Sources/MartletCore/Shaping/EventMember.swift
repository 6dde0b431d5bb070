// SPDX-License-Identifier: Apache-2.0

/// One member of an event, by its path inside `data` of the envelope, such as `money.paid.amount`.
///
/// Filters and shapes read an event through these, so that no body has to be rendered and parsed for them.
package struct EventMember: Sendable, Equatable {
    /// What a member can be compared with.
    package enum Kind: String, Sendable {
        case text = "text"
        case number = "a number"
        case moment = "a moment"
        case list = "a list"
        case object = "an object"
    }

    /// The texts that a member can hold, where they are known.
    package struct Words: Sendable, Equatable {
        package var all: [String]
        /// Whether there can be no other.
        package var isClosed: Bool
    }

    package let path: String
    package let kind: Kind
    /// Whether an event may lack it; the envelope then says `null`.
    package let mayBeMissing: Bool
    package let words: Words?
    /// The member's value in an event.
    package let read: @Sendable (Event) -> EventValue

    init(
        _ path: String,
        _ kind: Kind,
        mayBeMissing: Bool = false,
        words: Words? = nil,
        read: @escaping @Sendable (Event) -> EventValue
    ) {
        self.path = path
        self.kind = kind
        self.mayBeMissing = mayBeMissing
        self.words = words
        self.read = read
    }

    /// The path alone tells what is read.
    package static func == (left: EventMember, right: EventMember) -> Bool { left.path == right.path }

    /// The member at a path; nil if events have none there.
    ///
    /// `provider_refs.NAME` is a member for every name, as providers choose the names; the name may hold points.
    package static func named(_ path: String) -> EventMember? {
        if let member = table.first(where: { $0.path == path }) { return member }
        guard path.hasPrefix(refsPrefix), path != refsPrefix else { return nil }
        let name = String(path.dropFirst(refsPrefix.count))
        return EventMember(path, .text, mayBeMissing: true) { event in
            .text(orAbsent: event.providerRefs.first { $0.name == name }?.value)
        }
    }

    private static let refsPrefix = "provider_refs."

    /// A member inside this object, for messages.
    var exampleInside: String {
        let inside = Self.table.first { $0.path.hasPrefix("\(path).") && $0.kind != .object }
        return inside?.path ?? "\(path).NAME"
    }

    /// What to say about a path at which events have no member.
    static func unknown(_ path: String) -> String {
        if path == "raw" || path.hasPrefix("raw.") {
            return "the raw callback can be neither compared nor picked; an endpoint without a shape gets it "
                + "with \"includeRaw\""
        }
        let name = "\"\(path.prefix(64))\" is not a member of an event"
        guard let near = near(path) else {
            return "\(name); write it as in the body's \"data\", such as \"shop\" or \"money.paid.amount\""
        }
        return "\(name); did you mean \"\(near)\"?"
    }

    private static func near(_ path: String) -> String? {
        // As a path from the top of the body, or without the objects around it.
        for prefix in ["$.data.", "data.", "$."] where path.hasPrefix(prefix) {
            let rest = String(path.dropFirst(prefix.count))
            if named(rest) != nil { return rest }
        }
        if let inside = table.first(where: { $0.path.hasSuffix(".\(path)") }) { return inside.path }
        let nearest = table.map { (path: $0.path, distance: $0.path.editDistance(to: path)) }
            .min { $0.distance < $1.distance }
        return nearest.flatMap { $0.distance <= min(3, max(1, path.utf8.count / 2)) ? $0.path : nil }
    }
}
