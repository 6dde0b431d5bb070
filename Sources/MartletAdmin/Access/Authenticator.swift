// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import MartletWire
import Synchronization

/// Recognises bearer keys (RFC 6750 section 2.1).
///
/// A key is compared by its SHA-256 with every key there is, in constant time and without stopping at the one that fits:
/// how long an answer takes says nothing about how near a guess was. May be called from any queue.
final class Authenticator: Sendable {
    enum Verdict: Sendable, Equatable {
        case caller(Caller)
        /// No credentials were given.
        case missing
        case wrong
        /// Too many wrong keys came from that address; the next one is looked at after so many seconds.
        case tooMany(seconds: Int)
        /// The configuration has no key at all.
        case noKeys
    }

    private struct Entry: Sendable {
        let digest: [UInt8]
        let caller: Caller
    }

    private let entries: Mutex<[Entry]>
    private let failures = Mutex(FailureLimiter())

    init(_ keys: [AdminKey]) { entries = Mutex(Self.entries(keys)) }

    /// Puts other keys into force; the old ones are worth nothing from then on.
    func update(_ keys: [AdminKey]) { entries.withLock { $0 = Self.entries(keys) } }

    /// Judges a request by its `Authorization` fields.
    func judge(_ headers: HeaderFields, from address: IPAddress, at now: Timestamp) -> Verdict {
        let fields = headers.all("Authorization")
        if fields.isEmpty { return entries.withLock { $0.isEmpty } ? .noKeys : .missing }
        return judge(key: fields.count == 1 ? Self.token(in: fields[0]) : nil, from: address, at: now)
    }

    /// Judges a key by itself; nil for one that could not be read, which is wrong.
    func judge(key: [UInt8]?, from address: IPAddress, at now: Timestamp) -> Verdict {
        let entries = entries.withLock { $0 }
        if entries.isEmpty { return .noKeys }
        // Asked before the key is looked at, or guessing would go on unhindered.
        if let seconds = failures.withLock({ $0.secondsUntilFree(address, at: now) }) {
            return .tooMany(seconds: seconds)
        }
        if let key, let caller = Self.caller(of: Digest.sha256(key), among: entries) { return .caller(caller) }
        failures.withLock { $0.failed(address, at: now) }
        return .wrong
    }

    /// Who a session's key stands for today; nil once the key is not in force any more.
    func caller(ofKeyWith digest: [UInt8]) -> Caller? { Self.caller(of: digest, among: entries.withLock { $0 }) }

    private static func entries(_ keys: [AdminKey]) -> [Entry] {
        keys.map { key in
            Entry(digest: key.key.withExposedBytes { Digest.sha256($0) }, caller: Caller(key))
        }
    }

    private static func caller(of digest: [UInt8], among entries: [Entry]) -> Caller? {
        var found: Caller?
        for entry in entries where constantTimeEquals(entry.digest, digest) { found = entry.caller }
        return found
    }

    /// What stands after the scheme, whose name has no case (RFC 9110 section 11.1).
    private static func token(in field: String) -> [UInt8]? {
        let parts = field.split(separator: " ")
        guard parts.count == 2, String(parts[0]).equalsIgnoringASCIICase("Bearer") else { return nil }
        return Array(parts[1].utf8)
    }
}
