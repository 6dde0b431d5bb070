// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension EventStoreConformance {
    private static func key(
        _ name: String,
        role: String = "operator",
        shops: Set<String>? = nil,
        expiresAt: Timestamp? = nil
    ) -> NewKey {
        NewKey(
            name: name,
            role: role,
            shops: shops,
            digest: [UInt8](repeating: 7, count: 31) + [UInt8(name.utf8.count)],
            createdAt: Samples.now,
            createdBy: "ops",
            expiresAt: expiresAt
        )
    }

    private static func insert(_ key: NewKey, into store: any EventStore) async throws -> KeyID {
        guard case .stored(let id) = try await store.insert(key) else {
            throw ConformanceFailure(description: "\(key.name) is not stored")
        }
        return id
    }

    static let keyCases: [Case] = [
        Case("keepsKeysWithAllTheyMayDo") { store, harness in
            let first = key("ci", role: "viewer", shops: ["nordic", "tashkent"], expiresAt: Samples.now + .seconds(60))
            let second = key("night")
            let ids = [try await insert(first, into: store), try await insert(second, into: store)]
            try checkEqual(try await store.insert(key("ci")), .nameTaken(ids[0]), "names are unique")
            try await store.noteUse(of: ids[1], at: Samples.now + .seconds(60))
            try await store.noteUse(of: ids[1], at: Samples.now)
            await store.close()
            let reopened = try await harness.open(Options())
            let found = try await reopened.keys(KeyQuery())
            await reopened.close()
            let expected = [
                StoredKey(id: ids[1], key: second, lastUsedAt: Samples.now + .seconds(60)),
                StoredKey(id: ids[0], key: first),
            ]
            try checkEqual(found, expected, "newest first; an earlier use changes nothing")
        },
        Case("revokesAKeyForGoodAndFreesItsName") { store, _ in
            let old = try await insert(key("ci"), into: store)
            let other = try await insert(key("other"), into: store)
            try checkEqual(try await store.revoke(old, by: "boss", now: Samples.now), .revoked(name: "ci"))
            let revocation = StoredKey.Revocation(at: Samples.now, by: "boss")
            let again = try await store.revoke(old, by: "late", now: Samples.now + .seconds(1))
            try checkEqual(again, .already(revocation))
            let unknown = try await store.revoke(KeyID(number: 99), by: "boss", now: Samples.now)
            try checkEqual(unknown, .unknown)
            let new = try await insert(key("ci"), into: store)
            try check(new > other, "numbers are not used again")
            try checkEqual(try await store.keys(KeyQuery(includesRevoked: false)).map(\.id), [new, other])
            let all = try await store.keys(KeyQuery(limit: 2))
            try checkEqual(all.map(\.id), [new, other])
            let rest = try await store.keys(KeyQuery(before: other))
            try checkEqual(rest.map(\.revoked), [revocation], "a revoked one can still be looked at")
        },
        Case("boundsTheNumberOfKeys") { store, _ in
            for number in 0..<StoredKey.atMost { _ = try await insert(key("k\(number)"), into: store) }
            try checkEqual(try await store.insert(key("one-more")), .full)
            let newest = try unwrap(try await store.keys(KeyQuery(limit: 1)).first)
            _ = try await store.revoke(newest.id, by: "boss", now: Samples.now)
            _ = try await insert(key("one-more"), into: store)
        },
    ]

    private static func entry(
        _ action: String = "POST /v1/keys",
        at: Timestamp = Samples.now,
        actor: String = "ops",
        object: String? = nil,
        result: AuditResult? = nil
    ) -> NewAuditEntry {
        NewAuditEntry(
            at: at,
            actor: actor,
            key: KeyID(number: 3),
            address: .loopback,
            action: action,
            object: object,
            detail: #"{"name":"ci"}"#,
            result: result
        )
    }

    static let auditCases: [Case] = [
        Case("writesWhatIsDoneBeforeAndAfterIt") { store, harness in
            var created = entry()
            let id = try await store.append(created)
            let cutOff = try await store.append(entry(object: "ledger"))
            try checkEqual(try await store.audit(AuditQuery()).map(\.entry.result), [nil, nil])
            let result = AuditResult(outcome: .done, status: 201, created: "key_1")
            try await store.complete(id, with: result)
            created.result = result
            let own = NewAuditEntry.ofGateway("endpoint.disabled", object: "ledger", at: Samples.now)
            let third = try await store.append(own)
            await store.close()
            let reopened = try await harness.open(Options())
            let found = try await reopened.audit(AuditQuery())
            await reopened.close()
            let expected = [
                AuditEntry(id: third, entry: own), AuditEntry(id: cutOff, entry: entry(object: "ledger")),
                AuditEntry(id: id, entry: created),
            ]
            try checkEqual(found, expected, "newest first, in every part")
        },
        Case("searchesTheAuditLog") { store, _ in
            let made = AuditResult(outcome: .done, status: 201, created: "rpl_1")
            var ids: [AuditID] = []
            for (number, object) in ["ledger", "evt_1", nil, "ledger"].enumerated() {
                let at = Samples.now + .seconds(number)
                let actor = number == 3 ? "night" : "ops"
                ids.append(
                    try await store.append(
                        entry(at: at, actor: actor, object: object, result: number == 1 ? made : nil)
                    )
                )
            }
            func found(_ query: AuditQuery) async throws -> [AuditID] { try await store.audit(query).map(\.id) }
            try checkEqual(try await found(AuditQuery(object: "ledger")), [ids[3], ids[0]])
            try checkEqual(try await found(AuditQuery(object: "evt_1")), [ids[1]])
            try checkEqual(try await found(AuditQuery(object: "rpl_1")), [ids[1]], "by what was made")
            try checkEqual(try await found(AuditQuery(actor: "night")), [ids[3]])
            let span = AuditQuery(since: Samples.now + .seconds(1), until: Samples.now + .seconds(3))
            try checkEqual(try await found(span), [ids[2], ids[1]], "until is not included")
            try checkEqual(try await found(AuditQuery(before: ids[2], limit: 1)), [ids[1]])
        },
        Case("writesWhatBecomesOfAnEndpointWithItsHealth") { store, _ in
            let note = NewAuditEntry.ofGateway("endpoint.disabled", object: "ledger", at: Samples.now)
            try await store.save(EndpointHealth.Saved(), of: Samples.ledger, noting: [note])
            try checkEqual(try await store.audit(AuditQuery()).map(\.entry), [note])
        },
        Case("forgetsOldAuditLinesAndRevokedKeys") { store, _ in
            for number in 0..<5 { _ = try await store.append(entry(at: Samples.now + .seconds(number))) }
            for name in ["a", "b", "stays"] { _ = try await insert(key(name), into: store) }
            for (number, id) in try await store.keys(KeyQuery()).map(\.id).dropFirst().enumerated() {
                _ = try await store.revoke(id, by: "ops", now: Samples.now + .seconds(number))
            }
            let long = Samples.now + .seconds(-1_000_000)
            var horizon = RetentionHorizon(events: long, raw: long, quarantine: long, dedupe: long, batch: 2)
            try checkEqual(try await store.prune(horizon), 0, "without a horizon of their own they stay")
            horizon.audit = Samples.now + .seconds(3)
            try checkEqual(try await store.prune(horizon), 2, "a batch at most")
            while try await store.prune(horizon) > 0 {}
            try checkEqual(try await store.audit(AuditQuery()).count, 2, "the horizon itself stays")
            try checkEqual(try await store.keys(KeyQuery()).map(\.key.name), ["stays"], "a key in force stays for ever")
        },
    ]
}
