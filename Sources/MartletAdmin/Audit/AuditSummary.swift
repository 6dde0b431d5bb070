// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// What the audit log keeps of a request's body: the names of its members, and the values of those that are known to be
/// neither secret nor personal.
///
/// A member that nobody thought of is shown as `***`: a new route can leak nothing here.
enum AuditSummary {
    /// Whose values are kept.
    static let shown: Set<String> = [
        "dryRun", "enabled", "endpoint", "endpoints", "event", "events", "expiresIn", "force", "id", "kind", "name",
        "merchantOrderId", "object", "offerSkipped", "order", "orderId", "ordering", "overlap", "provider",
        "ratePerSecond", "reason", "role", "shop", "shops", "since", "source", "state", "states", "to", "type",
        "types", "until", "uuid",
    ]
    /// Objects whose members are looked at in the same way.
    static let opened: Set<String> = ["filter", "select"]

    private static let members = 20
    private static let elements = 10
    private static let characters = 200
    /// Bytes of a summary; beyond that only the names are kept.
    static let atMost = 2048

    /// One JSON object; nil for a body that is empty or no object.
    static func of(_ body: [UInt8]) -> String? {
        guard let object = (try? JSONReader.read(body))?.object, !object.members.isEmpty else { return nil }
        let full = text(object, withValues: true)
        return full.utf8.count <= atMost ? full : text(object, withValues: false)
    }

    private static func text(_ object: JSONObject, withValues: Bool) -> String {
        var json = JSONWriter()
        write(object, withValues: withValues, depth: 0, to: &json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    private static func write(_ object: JSONObject, withValues: Bool, depth: Int, to json: inout JSONWriter) {
        let named = object.members.filter { isPlain($0.name) }
        json.beginObject()
        for member in named.prefix(members) {
            json.name(of: member.name)
            if withValues, case .object(let inner) = member.value, depth == 0, opened.contains(member.name) {
                write(inner, withValues: true, depth: 1, to: &json)
            } else if withValues, shown.contains(member.name), let value = bounded(member.value) {
                json.value(value)
            } else {
                json.string("***")
            }
        }
        // No plain name is this one, so no member stands twice.
        let left = object.members.count - min(named.count, members)
        if left > 0 { json.member("…", integer: Int64(left)) }
        json.endObject()
    }

    /// Simple values and lists of such, cut to a bounded length; nil for anything else.
    private static func bounded(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null, .bool: return value
        case .number(let digits): return digits.utf8.count <= 40 ? value : nil
        case .string(let text):
            // Who gives a key where an id belongs must not have it in the log.
            if AuditTrail.isSecret(text) { return nil }
            return text.count <= characters ? value : .string(text.prefix(characters) + "…")
        case .array(let all):
            let simple = all.prefix(elements).compactMap { element -> JSONValue? in
                if case .array = element { return nil }
                return bounded(element)
            }
            guard simple.count == min(all.count, elements) else { return nil }
            return .array(all.count > elements ? simple + [.string("… \(all.count) in all")] : simple)
        case .object: return nil
        }
    }

    /// A name that no route knows says nothing worth keeping.
    private static func isPlain(_ name: String) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F || byte == 0x2D
            }
    }
}
