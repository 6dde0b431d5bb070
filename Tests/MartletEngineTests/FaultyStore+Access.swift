// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Keys and the audit log, which these tests leave alone.
extension FaultyStore {
    func insert(_ key: NewKey) async throws(StoreError) -> KeyInsertion { try await base.insert(key) }

    func revoke(_ key: KeyID, by: String, now: Timestamp) async throws(StoreError) -> KeyRevocation {
        try await base.revoke(key, by: by, now: now)
    }

    func noteUse(of key: KeyID, at moment: Timestamp, completion: @escaping Completion<Void>) {
        base.noteUse(of: key, at: moment, completion: completion)
    }

    func keys(_ query: KeyQuery) async throws(StoreError) -> [StoredKey] { try await base.keys(query) }

    func append(_ entry: NewAuditEntry, completion: @escaping Completion<AuditID>) {
        base.append(entry, completion: completion)
    }

    func complete(_ id: AuditID, with result: AuditResult) async throws(StoreError) {
        try await base.complete(id, with: result)
    }

    func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] { try await base.audit(query) }
}
