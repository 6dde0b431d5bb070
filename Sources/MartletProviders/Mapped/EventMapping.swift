// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// How a sender's own JSON becomes an event: where its members stand, and what its words for a change mean.
struct EventMapping: Sendable {
    /// Where the sender's word for the change stands; everything else is optional.
    let type: MemberPath
    /// Number of the notification, the dedupe key of a sender without a header for it.
    let id: MemberPath?
    let object: MemberPath?
    let order: MemberPath?
    let amount: MemberPath?
    let currency: MemberPath?
    /// The sender's words and Martlet's types, in the order of the configuration.
    let types: [(word: String, type: EventType)]

    private init(_ paths: [String: MemberPath], types: [(word: String, type: EventType)]) {
        type = paths["type"] ?? MemberPath(names: ["type"])
        id = paths["id"]
        object = paths["object"]
        order = paths["order"]
        amount = paths["amount"]
        currency = paths["currency"]
        self.types = types
    }

    // MARK: settings

    private static let members = ["type", "id", "object", "order", "amount", "currency"]

    /// Reads `paths` and `typeMap`; problems are reported.
    init(_ settings: SettingsReader) {
        var paths: [String: MemberPath] = [:]
        if let reader = settings.nested("paths") {
            for member in Self.members {
                guard let text = reader.string(member) else { continue }
                if let path = MemberPath(text) {
                    paths[member] = path
                } else {
                    reader.fail(member, "must be member names joined by points, such as \"data.order.id\"")
                }
            }
            reader.finish()
        }
        for (member, path) in paths.sorted(by: { $0.key < $1.key }) {
            // The same place cannot hold both a text and an object.
            guard let inner = paths.values.first(where: { $0.isInside(path) }) else { continue }
            settings.fail("paths.\(member)", "is \"\(path)\", which cannot be a value as \"\(inner)\" lies inside it")
        }
        self.init(paths, types: Self.types(settings))
    }

    private static func types(_ settings: SettingsReader) -> [(word: String, type: EventType)] {
        guard let value = settings.value("typeMap") else {
            settings.warn("typeMap", "is empty, so every callback becomes payment.unrecognised; map the sender's words")
            return []
        }
        guard case .object(let object) = value else {
            settings.fail("typeMap", "must be an object such as { \"charge.succeeded\": \"payment.paid\" }")
            return []
        }
        return object.members.compactMap { member in
            let type = EventType(rawValue: member.value.string ?? "")
            if EventType.all.contains(type) { return (member.name, type) }
            let known = EventType.all.map(\.rawValue).joined(separator: ", ")
            settings.fail("typeMap.\(member.name)", "must be one of Martlet's types: \(known)")
            return nil
        }
    }

    // MARK: reading

    /// The notification's own number; nil if the sender's place for it is not configured.
    func notificationID(in object: JSONObject) throws(Refusal) -> String? {
        guard let id else { return nil }
        guard let number = try text(at: id, in: object) else { throw Refusal(.missingField, "\(id) is missing") }
        return number
    }

    /// The event that a proven body says.
    func event(
        of object: JSONObject,
        source: SourceID,
        method: String,
        receivedAt: Timestamp,
        dedupeKey: String
    ) throws(Refusal) -> Event {
        guard let word = try text(at: type, in: object) else { throw Refusal(.missingField, "\(type) is missing") }
        let meaning = types.first { $0.word == word }?.type ?? .paymentUnrecognised
        let order = try text(at: order, in: object)
        let objectID = try text(at: self.object, in: object)
        let currency = try text(at: currency, in: object)
        return Event(
            id: .make(source: source, dedupeKey: dedupeKey),
            type: meaning,
            source: source,
            object: meaning.rawValue.hasPrefix("payout.") ? .payout : .payment,
            finality: Self.finality(of: meaning),
            providerStatus: word,
            merchantOrderID: order,
            providerObjectID: objectID,
            money: Money(ordered: Amount(try decimal(at: amount, in: object), code: currency)),
            receivedAt: receivedAt,
            verification: Verification(method: method),
            dedupeKey: dedupeKey,
            objectKey: objectID.map { "object:\($0)" } ?? order.map { "order:\($0)" } ?? "event:\(dedupeKey)"
        )
    }

    /// Nobody has told us which of the sender's outcomes are for good, so none is final: a final one would hold back
    /// whatever follows (providers.md section 1, rule 9).
    private static func finality(of type: EventType) -> Finality {
        switch type {
        case .paymentPaid, .paymentUnderpaid, .paymentExpired, .paymentFailed, .paymentCancelled, .paymentRefunded,
            .paymentRefundFailed, .payoutPaid, .payoutFailed, .payoutCancelled:
            .provisional
        default: .none
        }
    }

    private func text(at path: MemberPath?, in object: JSONObject) throws(Refusal) -> String? {
        guard let path, let value = path.value(in: object) else { return nil }
        guard let text = value.textOrDigits else {
            throw Refusal(.invalidField, "\(path) must be text or a number, not \(value.kind)")
        }
        return text.isEmpty ? nil : text
    }

    private func decimal(at path: MemberPath?, in object: JSONObject) throws(Refusal) -> DecimalText? {
        guard let path, let value = path.value(in: object) else { return nil }
        guard let decimal = value.decimal else { throw Refusal(.invalidField, "\(path) must be a decimal number") }
        return decimal
    }
}

/// Member names from the outermost object inwards; a number picks an element of a list.
struct MemberPath: Sendable, Equatable, CustomStringConvertible {
    let names: [String]

    init(names: [String]) { self.names = names }

    /// Nil unless the text is names joined by points.
    init?(_ text: String) {
        names = text.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        if names.contains("") { return nil }
    }

    var description: String { names.joined(separator: ".") }

    /// Whether this path goes through another one's place.
    func isInside(_ other: MemberPath) -> Bool { names.count > other.names.count && names.starts(with: other.names) }

    /// What stands there; nil if nothing or null does.
    func value(in object: JSONObject) -> JSONValue? {
        var value = JSONValue.object(object)
        for name in names {
            switch value {
            case .object(let object):
                guard let next = object[name] else { return nil }
                value = next
            case .array(let elements):
                guard let index = Int(name), elements.indices.contains(index) else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value == .null ? nil : value
    }
}
