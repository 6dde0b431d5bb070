// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// What a request for a new key asks for, checked by every rule.
struct KeyWish: Equatable {
    static let members = ["name", "role", "shops", "expiresIn"]
    /// How long a key may be meant to last.
    private static let lifetimes = Duration.seconds(60)...Duration.seconds(3650 * 86_400)

    var name: String
    var role: AdminRole
    /// Nil for all shops.
    var shops: Set<String>?
    var lifetime: Duration?

    /// - Throws: `Problem` that names the member, or 403 where the caller would make a key that may do more than its own.
    init(_ body: JSONObject, of caller: Caller, knownShops: [String]) throws(Problem) {
        name = try Self.name(body["name"])
        role = try Self.role(body["role"])
        shops = try Self.shops(body["shops"], known: knownShops)
        lifetime = try Self.lifetime(body["expiresIn"])
        guard caller.covers(role, shops) else {
            throw Problem(
                403,
                "a key cannot make one that may do more than itself; \"\(caller.name)\" has the role "
                    + "\(caller.role.rawValue) for \(caller.shops?.sorted().joined(separator: ", ") ?? "all shops")",
                remedy: "ask for less, or use a key that may do more"
            )
        }
    }

    /// When the new key ends: no later than the one that makes it, or a key for an hour could make one for good.
    func end(of caller: Caller, from now: Timestamp) throws(Problem) -> Timestamp? {
        let end = lifetime.map { now + $0 }
        guard let last = caller.expiresAt, end.map({ $0 > last }) ?? true else { return end }
        throw Problem(
            403,
            field: "expiresIn",
            rule: "must end the new key no later than the one that makes it, which is at \(last.rfc3339)",
            remedy: "ask for less, or use a key that lasts longer"
        )
    }

    private static func name(_ value: JSONValue?) throws(Problem) -> String {
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        guard let name = value?.string, let first = name.utf8.first, name.utf8.count <= 64, isAlphanumeric(first),
            name.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F })
        else {
            throw Problem(
                field: "name",
                rule: "must be 1 to 64 lower-case letters, digits, \"-\" and \"_\", and begin with a letter or digit",
                remedy: "say who uses the key, such as \"nightly-report\""
            )
        }
        guard name != NewAuditEntry.gateway else {
            throw Problem(
                field: "name",
                rule: "must not be \"\(name)\": the audit log calls the gateway itself so",
                remedy: "choose another name"
            )
        }
        return name
    }

    private static func role(_ value: JSONValue?) throws(Problem) -> AdminRole {
        guard let text = value?.string, let role = AdminRole(rawValue: text) else {
            let roles = AdminRole.allCases.map(\.rawValue)
            let near = roles.near(to: String((value?.string ?? "").prefix(64)))
            throw Problem(
                field: "role",
                rule: "must be one of \(roles.joined(separator: ", "))",
                remedy: near.first.map { "did you mean \"\($0)\"?" } ?? "give the least that is enough"
            )
        }
        return role
    }

    private static func shops(_ value: JSONValue?, known: [String]) throws(Problem) -> Set<String>? {
        guard let value, value != .null else { return nil }
        guard case .array(let elements) = value, !elements.isEmpty, elements.count <= known.count + 1 else {
            throw Problem(
                field: "shops",
                rule: "must be a list with at least one shop, or [\"*\"] for all",
                remedy: "the shops are \(known.joined(separator: ", "))"
            )
        }
        var shops: Set<String> = []
        for element in elements {
            let shop = element.string ?? ""
            guard shop == "*" || known.contains(shop) else {
                let shown = String(shop.prefix(64))
                var problem = Problem(
                    field: "shops",
                    rule: "names \"\(shown)\", which is no shop of the configuration",
                    remedy: "choose among \(known.joined(separator: ", ")), or * for all"
                )
                problem.near = known.near(to: shown)
                throw problem
            }
            shops.insert(shop)
        }
        return shops.contains("*") ? nil : shops
    }

    private static func lifetime(_ value: JSONValue?) throws(Problem) -> Duration? {
        guard let value, value != .null else { return nil }
        guard let lifetime = value.string.flatMap({ SettingsReader.duration(from: $0) }), lifetimes.contains(lifetime)
        else {
            throw Problem(
                field: "expiresIn",
                rule: "must be a duration from 1m to 3650d",
                remedy: "write it like 12h or 90d, or leave it out for a key that lasts until it is revoked"
            )
        }
        return lifetime
    }
}
