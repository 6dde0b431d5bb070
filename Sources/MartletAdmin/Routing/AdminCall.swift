// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire

/// One request on its way to a handler: recognised, allowed, and with parameters that its route knows.
struct AdminCall: Sendable {
    let request: HTTPRequest
    /// What stands for `{id}` in the path; empty where the route has none.
    let id: String
    let parameters: Parameters
    let caller: Caller
    let access: ScopedAccess
    let service: AdminService

    /// What stands for `{id}`, read as an id that the store numbers.
    func id<ID>(_ what: String, like example: String, in list: String, _ read: (String) -> ID?) throws(Problem) -> ID {
        guard let id = read(id) else {
            throw Problem(
                field: "id",
                rule: "must be \(what)",
                remedy: "write it like \(example), as GET \(list) shows it"
            )
        }
        return id
    }

    /// Reads a body that may be left out, with these members and no others.
    func body(allowing members: [String]) throws(Problem) -> JSONObject {
        if request.body.isEmpty { return JSONObject() }
        let value: JSONValue
        do {
            value = try JSONReader.read(request.body)
        } catch {
            throw Problem(field: "body", rule: "is not JSON: \(error.description)", remedy: Self.remedy(members))
        }
        guard let object = value.object else {
            throw Problem(field: "body", rule: "is \(value.kind), not an object", remedy: Self.remedy(members))
        }
        for member in object.members where !members.contains(member.name) {
            throw Problem(
                field: String(member.name.prefix(64)),
                rule: "is not a member of this route's body",
                remedy: Self.remedy(members)
            )
        }
        return object
    }

    /// Reads a body that must be an object, with any members.
    ///
    /// `purpose`: what it is for, such as "with the endpoint's settings".
    func object(_ purpose: String) throws(Problem) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONReader.read(request.body)
        } catch {
            throw Problem(field: "body", rule: "is not JSON: \(error.description)", remedy: "send an object \(purpose)")
        }
        guard let object = value.object else {
            throw Problem(field: "body", rule: "is \(value.kind), not an object", remedy: "send an object \(purpose)")
        }
        return object
    }

    /// True or false, false by default.
    static func bool(_ name: String, of object: JSONObject) throws(Problem) -> Bool {
        switch object[name] {
        case nil, .null: return false
        case .bool(let value): return value
        case .some(let value):
            throw Problem(field: name, rule: "is \(value.kind), not true or false", remedy: "write true or false")
        }
    }

    /// Text that is not empty; nil if it is absent or null.
    static func text(_ name: String, of body: JSONObject) throws(Problem) -> String? {
        switch body[name] {
        case nil, .null: return nil
        case .string(let text) where !text.isEmpty: return text
        case .some(let value):
            throw Problem(
                field: name,
                rule: "is \(value.kind), not text that is not empty",
                remedy: "write text or leave it out"
            )
        }
    }

    /// A moment; nil if it is absent or null.
    static func moment(_ name: String, of body: JSONObject) throws(Problem) -> Timestamp? {
        guard let text = try text(name, of: body) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw Problem(
                field: name,
                rule: "must be a moment with its offset and at most milliseconds (RFC 3339)",
                remedy: "write it like 2026-11-21T19:11:00Z"
            )
        }
        return moment
    }

    private static func remedy(_ members: [String]) -> String {
        members.isEmpty
            ? "send no body" : "send no body, or an object with \(members.map { "\"\($0)\"" }.joined(separator: ", "))"
    }
}
