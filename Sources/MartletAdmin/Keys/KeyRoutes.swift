// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletNet
import MartletStore
import MartletWire

/// `/v1/keys`: who may use the admin API.
enum KeyRoutes {
    /// The member of the answer that is shown once and kept nowhere.
    static let secret = "key"

    /// Keys of the configuration by name, then those of the store, newest first.
    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let ring = call.service.keys
        let limit = try call.parameters.limit()
        let last = try call.parameters.cursor(of: "keys") { $0 }
        let storedBefore = last.flatMap { KeyID(text: $0) }
        var found: [KeyDocument.Listed] = []
        if storedBefore == nil {
            let configured = ring.configured.map { KeyDocument.Listed.configured($0) }
            found = Array(configured.filter { key in last.map { key.place > $0 } ?? true }.prefix(limit + 1))
        }
        if found.count <= limit {
            let query = KeyQuery(before: storedBefore, limit: limit + 1 - found.count)
            found += try await ring.stored(query).map { .stored($0) }
        }
        let now = call.service.now()
        let page = ListPage(found, limit: limit) { ListCursor(list: "keys", last: $0.place) }
        return .page(page) { KeyDocument.write($0, at: now, to: &$1) }
    }

    @Sendable static func create(_ call: AdminCall) async throws -> HTTPResponse {
        let ring = call.service.keys
        let body = try call.body(allowing: KeyWish.members)
        let wish = try KeyWish(body, of: call.caller, knownShops: ring.knownShops)
        guard !ring.configured.contains(where: { $0.name == wish.name }) else {
            throw taken(wish.name, by: "a key of the configuration file", remedy: "choose another name")
        }
        let now = call.service.now()
        let end = try wish.end(of: call.caller, from: now)
        let text = "mk_" + Hex.encode(secureRandomBytes(32))
        let key = NewKey(
            name: wish.name,
            role: wish.role.rawValue,
            shops: wish.shops,
            digest: Digest.sha256(Array(text.utf8)),
            createdAt: now,
            createdBy: call.caller.name,
            expiresAt: end
        )
        switch try await ring.insert(key) {
        case .stored(let id):
            return .json(201) { json in
                json.beginObject()
                KeyDocument.writeMembers(of: StoredKey(id: id, key: key), at: now, to: &json)
                json.member("key", text)
                json.endObject()
            }
        case .nameTaken(let id):
            throw taken(wish.name, by: id.description, remedy: "choose another name, or revoke \(id) first")
        case .full:
            throw Problem(
                409,
                "there are \(StoredKey.atMost) keys already",
                remedy: "revoke those that nobody uses; GET /v1/keys shows when each was used last"
            )
        }
    }

    @Sendable static func revoke(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let ring = call.service.keys
        guard let id = KeyID(text: call.id) else {
            if ring.configured.contains(where: { $0.name == call.id }) {
                throw Problem(
                    409,
                    "\"\(call.id)\" belongs to the configuration file",
                    remedy: "remove it from admin.keys there and reload the file with SIGHUP"
                )
            }
            let known = try await ring.stored(KeyQuery(includesRevoked: false, limit: StoredKey.atMost))
            let meant = known.first { $0.key.name == call.id }?.id
            throw Problem(
                field: "id",
                rule: "must be a key's id",
                remedy: meant.map { "did you mean \($0)?" } ?? "write it like key_42, as GET /v1/keys shows it"
            )
        }
        switch try await ring.revoke(id, by: call.caller.name, now: call.service.now()) {
        case .revoked(let name):
            call.service.keysHaveEnded()
            return .json { json in
                json.beginObject()
                json.member("id", id.description)
                json.member("name", name)
                json.member("outcome", "revoked")
                json.endObject()
            }
        case .already(let revocation):
            throw Problem(
                409,
                "\(id) was revoked by \"\(revocation.by)\" at \(revocation.at.rfc3339)",
                remedy: "nothing is left to do"
            )
        case .unknown:
            throw Problem.unknown("key", call.id, among: [], remedy: "GET /v1/keys lists those that there are")
        }
    }

    private static func taken(_ name: String, by whom: String, remedy: String) -> Problem {
        var problem = Problem(409, "the name \"\(name)\" is taken by \(whom)", remedy: remedy)
        problem.field = "name"
        return problem
    }
}
