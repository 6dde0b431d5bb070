// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Who may do what and who did it: keys, the audit log, requests that must not be done twice, sealed secrets.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol AccessStore: Sendable {
    // MARK: sealed secrets

    /// Says whether secrets can be stored; asked before something is done that will have one.
    ///
    /// - Throws: `noSecretsKey`, as everything that would store a secret does.
    func checkSealing() throws(StoreError)
    /// The names of the keys that stored secrets are sealed with (`SecretSealer`), sorted; unsealed ones name none.
    ///
    /// Knows of every write that was begun before the call.
    func sealingKeys() async throws(StoreError) -> [String]
    /// Seals up to `limit` secrets with the present key that are unsealed or under another one; returns how many.
    func resealSecrets(limit: Int) async throws(StoreError) -> Int

    // MARK: requests that must not be done twice

    /// Remembers a request by its name, unless it is known already.
    ///
    /// One that was named `IdempotentRequest.kept` ago is another one.
    func claim(_ request: IdempotentRequest, now: Timestamp) async throws(StoreError) -> IdempotencyClaim
    /// Stores the answer of a request that was claimed.
    func keep(_ answer: StoredAnswer, of request: IdempotentRequest) async throws(StoreError)
    /// Forgets a request that came to nothing, so that it can be made again; one that was answered stays.
    func forget(_ request: IdempotentRequest) async throws(StoreError)

    // MARK: keys of the admin API

    /// Stores a key unless its name is taken by one that is not revoked.
    func insert(_ key: NewKey) async throws(StoreError) -> KeyInsertion
    /// Ends a key for good; `by` is the name of the key that asks for it.
    func revoke(_ key: KeyID, by: String, now: Timestamp) async throws(StoreError) -> KeyRevocation
    /// Notes when a key was used last; an earlier moment changes nothing.
    func noteUse(of key: KeyID, at moment: Timestamp, completion: @escaping Completion<Void>)
    /// Newest first.
    func keys(_ query: KeyQuery) async throws(StoreError) -> [StoredKey]

    // MARK: audit log

    /// Writes a line, before what it tells of is done, or at once with its result.
    func append(_ entry: NewAuditEntry, completion: @escaping Completion<AuditID>)
    /// Writes what came of it.
    func complete(_ id: AuditID, with result: AuditResult) async throws(StoreError)
    /// Newest first.
    func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry]
}
