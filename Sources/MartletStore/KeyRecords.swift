// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// A key of the admin API that lives in the store; printed as `key_` and the store's number.
package struct KeyID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64
    package init(number: Int64) { self.number = number }

    /// Reads `key_42`; nil for anything else, so that no key's name is taken for a number.
    package init?(text: String) {
        guard text.hasPrefix("key_") else { return nil }
        let digits = text.dropFirst(4)
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int64(digits), number > 0 else {
            return nil
        }
        self.number = number
    }

    package var description: String { "key_\(number)" }
    package static func < (left: KeyID, right: KeyID) -> Bool { left.number < right.number }
}

/// A key that is to be stored, by the SHA-256 of its text.
///
/// A fast hash is right here: the text is 32 random bytes, so there is nothing to guess, and a slow one would let anybody
/// keep the gateway busy with wrong keys.
package struct NewKey: Sendable, Equatable {
    package var name: String
    /// `viewer`, `operator` or `admin`.
    package var role: String
    /// Nil for all shops.
    package var shops: Set<String>?
    /// 32 bytes.
    package var digest: [UInt8]
    package var createdAt: Timestamp
    /// The name of the key that asked for it.
    package var createdBy: String
    package var expiresAt: Timestamp?

    package init(
        name: String,
        role: String,
        shops: Set<String>?,
        digest: [UInt8],
        createdAt: Timestamp,
        createdBy: String,
        expiresAt: Timestamp? = nil
    ) {
        self.name = name
        self.role = role
        self.shops = shops
        self.digest = digest
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
    }
}

/// A key as it is stored.
package struct StoredKey: Sendable, Equatable {
    /// Keys that are not revoked at one time, expired ones included.
    package static let atMost = 1000

    package var id: KeyID
    package var key: NewKey
    /// Nil if it never was; written once a minute at most.
    package var lastUsedAt: Timestamp?
    package var revoked: Revocation?

    package struct Revocation: Sendable, Equatable {
        package var at: Timestamp
        /// The name of the key that asked for it.
        package var by: String

        package init(at: Timestamp, by: String) {
            self.at = at
            self.by = by
        }
    }

    package init(id: KeyID, key: NewKey, lastUsedAt: Timestamp? = nil, revoked: Revocation? = nil) {
        self.id = id
        self.key = key
        self.lastUsedAt = lastUsedAt
        self.revoked = revoked
    }
}

/// What became of a key that was to be stored.
package enum KeyInsertion: Sendable, Equatable {
    case stored(KeyID)
    /// A key that is not revoked has that name.
    case nameTaken(KeyID)
    /// There are `StoredKey.atMost`.
    case full
}

/// What became of the wish to revoke a key.
package enum KeyRevocation: Sendable, Equatable {
    case revoked(name: String)
    case already(StoredKey.Revocation)
    case unknown
}

/// Which stored keys a list shows, newest first.
package struct KeyQuery: Sendable, Equatable {
    package var includesRevoked: Bool
    /// Only keys older than this one.
    package var before: KeyID?
    package var limit: Int

    package init(includesRevoked: Bool = true, before: KeyID? = nil, limit: Int = 50) {
        self.includesRevoked = includesRevoked
        self.before = before
        self.limit = limit
    }
}
