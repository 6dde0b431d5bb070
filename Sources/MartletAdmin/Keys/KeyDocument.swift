// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore
import MartletWire

/// A key as the admin API describes it; never the key itself.
enum KeyDocument {
    enum Listed {
        case configured(Caller)
        case stored(StoredKey)

        /// The place in the list: those of the configuration come first.
        var place: String {
            switch self {
            case .configured(let caller): "config/\(caller.name)"
            case .stored(let key): key.id.description
            }
        }
    }

    static func write(_ listed: Listed, at now: Timestamp, to json: inout JSONWriter) {
        json.beginObject()
        switch listed {
        case .configured(let caller):
            json.name("id")
            json.null()
            writeRights(caller.name, caller.role.rawValue, caller.shops, to: &json)
            json.member("managedBy", "config")
            json.member("state", "active")
        case .stored(let stored): writeMembers(of: stored, at: now, to: &json)
        }
        json.endObject()
    }

    /// Without the braces, so that the answer to a creation can add the key itself.
    static func writeMembers(of stored: StoredKey, at now: Timestamp, to json: inout JSONWriter) {
        json.member("id", stored.id.description)
        writeRights(stored.key.name, stored.key.role, stored.key.shops, to: &json)
        json.member("managedBy", "api")
        json.member("state", state(of: stored, at: now))
        json.member("createdAt", stored.key.createdAt)
        json.member("createdBy", stored.key.createdBy)
        json.member("expiresAt", stored.key.expiresAt)
        json.member("lastUsedAt", stored.lastUsedAt)
        json.member("revokedAt", stored.revoked?.at)
        json.member("revokedBy", stored.revoked?.by)
    }

    private static func writeRights(_ name: String, _ role: String, _ shops: Set<String>?, to json: inout JSONWriter) {
        json.member("name", name)
        json.member("role", role)
        json.member("shops", strings: shops?.sorted() ?? ["*"])
    }

    private static func state(of stored: StoredKey, at now: Timestamp) -> String {
        if stored.revoked != nil { return "revoked" }
        return stored.key.expiresAt.map { $0 <= now } ?? false ? "expired" : "active"
    }
}
