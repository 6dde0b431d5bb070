// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Who asks, once the key has been recognised.
struct Caller: Sendable, Equatable {
    /// The key's name, for the log and for error messages.
    var name: String
    var role: AdminRole
    /// The shops that the caller sees; nil for all.
    var shops: Set<String>?
    /// Nil for keys of the configuration.
    var key: KeyID?
    /// Nil for a key that lasts until it is revoked.
    var expiresAt: Timestamp?

    init(name: String, role: AdminRole, shops: Set<String>?, key: KeyID? = nil, expiresAt: Timestamp? = nil) {
        self.name = name
        self.role = role
        self.shops = shops
        self.key = key
        self.expiresAt = expiresAt
    }

    init(_ key: AdminKey) {
        self.init(name: key.name, role: key.role, shops: key.shops.contains("*") ? nil : key.shops)
    }

    /// Nil for a role that this version does not know.
    init?(_ stored: StoredKey) {
        guard let role = AdminRole(rawValue: stored.key.role) else { return nil }
        self.init(
            name: stored.key.name,
            role: role,
            shops: stored.key.shops,
            key: stored.id,
            expiresAt: stored.key.expiresAt
        )
    }

    /// Whose the names of requests are (`Idempotency-Key`): a new key of an old name gets no answers of the old one.
    ///
    /// No key's name has a slash.
    var identity: String { key.map { "\($0)/\(name)" } ?? name }

    /// Whether this one may do and see all that the other may.
    func covers(_ role: AdminRole, _ shops: Set<String>?) -> Bool {
        guard self.role.includes(role) else { return false }
        guard let own = self.shops else { return true }
        return shops.map { $0.isSubset(of: own) } ?? false
    }

    /// For the routes that are open to everybody; sees no shop.
    static let anybody = Caller(name: "-", role: .viewer, shops: [])
}
