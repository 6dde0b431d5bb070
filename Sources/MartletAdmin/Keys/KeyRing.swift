// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletStore
import Synchronization

/// The keys of the store and what they are worth at this moment: each change is on disk and then in force at once.
final class KeyRing: Sendable {
    private let store: any EventStore
    private let authenticator: Authenticator
    private let log: Logger
    private let shops = Mutex<[String]>([])
    /// The minute in which each key was used last; there are `StoredKey.atMost` keys.
    private let minutes = Mutex<[KeyID: Int64]>([:])

    init(store: any EventStore, authenticator: Authenticator, log: Logger) {
        self.store = store
        self.authenticator = authenticator
        self.log = log
    }

    /// Puts the keys of the store into force, as a start does before anybody is let in.
    func load() async throws(StoreError) {
        authenticator.add(try await store.keys(KeyQuery(includesRevoked: false, limit: StoredKey.atMost)))
    }

    /// The shops of the configuration, to which keys can be limited.
    func update(shops: [String]) { self.shops.withLock { $0 = shops } }
    var knownShops: [String] { shops.withLock { $0 } }

    /// The keys of the configuration, by name.
    var configured: [Caller] { authenticator.configured }

    func stored(_ query: KeyQuery) async throws(StoreError) -> [StoredKey] { try await store.keys(query) }

    func insert(_ key: NewKey) async throws(StoreError) -> KeyInsertion {
        let outcome = try await store.insert(key)
        if case .stored(let id) = outcome { authenticator.add([StoredKey(id: id, key: key)]) }
        return outcome
    }

    func revoke(_ id: KeyID, by name: String, now: Timestamp) async throws(StoreError) -> KeyRevocation {
        let outcome = try await store.revoke(id, by: name, now: now)
        if case .revoked = outcome {
            authenticator.remove(id)
            minutes.withLock { $0[id] = nil }
        }
        return outcome
    }

    /// Writes the minute of a key's use, once for each minute.
    func noteUse(of caller: Caller, at now: Timestamp) {
        guard let id = caller.key else { return }
        let minute = now.milliseconds / 60_000
        let isNew = minutes.withLock { minutes in
            defer { minutes[id] = minute }
            return minutes[id] != minute
        }
        guard isNew else { return }
        store.noteUse(of: id, at: Timestamp(milliseconds: minute * 60_000)) { [log] result in
            if case .failure(let error) = result {
                log.warning("use of a key not noted", metadata: ["key": "\(id)", "error": "\(error.label)"])
            }
        }
    }
}
