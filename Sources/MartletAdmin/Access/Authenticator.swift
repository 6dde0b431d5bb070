// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletStore
import MartletWire
import Synchronization

/// Recognises bearer keys (RFC 6750 section 2.1).
///
/// A key is compared by its SHA-256 with every key there is, those of the file and those of the store, in constant time and
/// without stopping at the one that fits: how long an answer takes says nothing about how near a guess was. May be called
/// from any queue.
final class Authenticator: Sendable {
    enum Verdict: Sendable, Equatable {
        case caller(Caller)
        /// No credentials were given.
        case missing
        case wrong
        /// A right key whose time is over.
        case expired(Caller, at: Timestamp)
        /// Too many wrong keys came from that address; the next one is looked at after so many seconds.
        case tooMany(seconds: Int)
        /// Neither the configuration nor the store has a key.
        case noKeys
    }

    private struct Entry: Sendable {
        let digest: [UInt8]
        let caller: Caller
        let expiresAt: Timestamp?
    }

    private struct Keys: Sendable {
        var configured: [Entry]
        var stored: [KeyID: Entry] = [:]
        /// A key that is revoked while it is being made must not come into force afterwards.
        var revoked: Set<KeyID> = []
        /// Both of the above in one piece.
        private(set) var entries: [Entry] = []
        /// By the digest, for callers who have been recognised before: they learn nothing from how long it takes.
        private(set) var known: [[UInt8]: Entry] = [:]

        init(_ configured: [Entry]) {
            self.configured = configured
            gather()
        }

        mutating func gather() {
            entries = configured + stored.values
            known = Dictionary(entries.map { ($0.digest, $0) }) { _, last in last }
        }
    }

    private let keys: Mutex<Keys>
    private let failures = Mutex(FailureLimiter())

    init(_ keys: [AdminKey]) { self.keys = Mutex(Keys(Self.entries(keys))) }

    /// Puts other keys of the configuration into force; the old ones are worth nothing from then on.
    func update(_ keys: [AdminKey]) {
        let entries = Self.entries(keys)
        self.keys.withLock { keys in
            keys.configured = entries
            keys.gather()
        }
    }

    /// Puts keys of the store into force, beside those that are.
    func add(_ stored: [StoredKey]) {
        keys.withLock { keys in
            for key in stored where key.revoked == nil && !keys.revoked.contains(key.id) {
                // Nobody can have a role that this version does not know.
                guard let caller = Caller(key) else { continue }
                keys.stored[key.id] = Entry(digest: key.key.digest, caller: caller, expiresAt: key.key.expiresAt)
            }
            keys.gather()
        }
    }

    /// A revoked key is worth nothing from now on.
    func remove(_ id: KeyID) {
        keys.withLock { keys in
            keys.revoked.insert(id)
            keys.stored[id] = nil
            keys.gather()
        }
    }

    /// Whether a caller who was let in by a key would be let in by it again, as the same.
    func admits(_ caller: Caller, byKeyWith digest: [UInt8], at now: Timestamp) -> Bool {
        keys.withLock { keys in
            guard let entry = keys.known[digest], entry.caller == caller else { return false }
            return entry.expiresAt.map { now < $0 } ?? true
        }
    }

    /// Whether a key is in force.
    func hasKey(with digest: [UInt8], at now: Timestamp) -> Bool {
        keys.withLock { keys in
            guard let entry = keys.known[digest] else { return false }
            return entry.expiresAt.map { now < $0 } ?? true
        }
    }

    /// The digest of the key that a request brings; nil if it brings none that can be read.
    static func digest(in headers: HeaderFields) -> [UInt8]? {
        headers.all("Authorization").first.flatMap(token).map { Digest.sha256($0) }
    }

    /// The keys of the configuration, by name.
    var configured: [Caller] { keys.withLock { $0.configured.map(\.caller).sorted { $0.name < $1.name } } }

    /// Judges a request by its `Authorization` fields.
    func judge(_ headers: HeaderFields, from address: IPAddress, at now: Timestamp) -> Verdict {
        let fields = headers.all("Authorization")
        if fields.isEmpty { return keys.withLock { $0.entries.isEmpty } ? .noKeys : .missing }
        return judge(key: fields.count == 1 ? Self.token(in: fields[0]) : nil, from: address, at: now)
    }

    /// Judges a key by itself; nil for one that could not be read, which is wrong.
    func judge(key: [UInt8]?, from address: IPAddress, at now: Timestamp) -> Verdict {
        if keys.withLock({ $0.entries.isEmpty }) { return .noKeys }
        // Asked before the key is looked at, or guessing would go on unhindered.
        if let seconds = failures.withLock({ $0.secondsUntilFree(address, at: now) }) {
            return .tooMany(seconds: seconds)
        }
        if let key, let (caller, expiresAt) = owner(of: key) {
            if let expiresAt, expiresAt <= now { return .expired(caller, at: expiresAt) }
            return .caller(caller)
        }
        failures.withLock { $0.failed(address, at: now) }
        return .wrong
    }

    /// Whose key it is, with the same work for every key, right or wrong.
    func owner(of token: [UInt8]) -> (caller: Caller, expiresAt: Timestamp?)? { owner(ofKeyWith: Digest.sha256(token)) }

    /// Who a session's key stands for today; nil once the key is not in force any more.
    func caller(ofKeyWith digest: [UInt8], at now: Timestamp) -> Caller? {
        guard let (caller, expiresAt) = owner(ofKeyWith: digest), expiresAt.map({ now < $0 }) ?? true else {
            return nil
        }
        return caller
    }

    private func owner(ofKeyWith digest: [UInt8]) -> (caller: Caller, expiresAt: Timestamp?)? {
        let entries = keys.withLock { $0.entries }
        var found: Int?
        for (index, entry) in entries.enumerated() where constantTimeEquals(entry.digest, digest) { found = index }
        return found.map { (entries[$0].caller, entries[$0].expiresAt) }
    }

    private static func entries(_ keys: [AdminKey]) -> [Entry] {
        keys.map { key in
            Entry(digest: key.key.withExposedBytes { Digest.sha256($0) }, caller: Caller(key), expiresAt: nil)
        }
    }

    /// What stands after the scheme, whose name has no case (RFC 9110 section 11.1).
    private static func token(in field: String) -> [UInt8]? {
        let parts = field.split(separator: " ")
        guard parts.count == 2, String(parts[0]).equalsIgnoringASCIICase("Bearer") else { return nil }
        return Array(parts[1].utf8)
    }
}
