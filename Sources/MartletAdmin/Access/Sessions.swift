// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import Synchronization

/// Who is signed in at the dashboard.
///
/// In memory only: a restart ends every session. A session stands for its key and not for the rights that the key had when
/// it began, so a key that is taken away or changed takes its sessions along. Bounded, in all and for one key, so that no key
/// takes the places of the others: when all are taken, the one that has been idle longest goes, of that key if it has as many
/// as it may. May be used from any queue.
final class Sessions: Sendable {
    static let idleLimit = Duration.seconds(12 * 3600)
    /// From its beginning, however much it is used: a cookie that was stolen is of no use for ever.
    static let lifetime = Duration.seconds(7 * 86_400)
    static let places = 256
    static let placesOfOneKey = 32
    /// After so long without use a session gives way to a new one of its key.
    static let givesWayAfter = Duration.seconds(15 * 60)

    /// All sessions of a key are in use; when the first of them gives way.
    struct Full: Error, Equatable {
        let seconds: Int
    }

    struct Session: Sendable {
        /// SHA-256 of the key; the key itself is not kept.
        let keyDigest: [UInt8]
        /// What a change has to send along; a foreign page can send the cookie at most, and never read this.
        let token: String
        /// Where the page was that signed in; nil where the client was no browser.
        let origin: String?
        fileprivate let begunAt: Timestamp
        fileprivate(set) var lastUsed: Timestamp
    }

    /// By the SHA-256 of the id, so that finding one takes no time that says how near a guess was.
    private let entries = Mutex<[[UInt8]: Session]>([:])

    var count: Int { entries.withLock { $0.count } }

    /// Begins one; the id is 256 random bits in hexadecimal.
    func begin(
        keyDigest: [UInt8],
        origin: String?,
        at now: Timestamp
    ) throws(Full) -> (id: String, session: Session) {
        let id = Hex.encode(secureRandomBytes(32))
        let token = Hex.encode(secureRandomBytes(32))
        let session = Session(keyDigest: keyDigest, token: token, origin: origin, begunAt: now, lastUsed: now)
        let full = entries.withLock { entries -> Full? in
            entries = entries.filter { !Self.isOver($0.value, at: now) }
            let ofKey = entries.filter { $0.value.keyDigest == keyDigest }
            if ofKey.count >= Self.placesOfOneKey, let idle = Self.idlest(ofKey) {
                let left = (idle.value.lastUsed + Self.givesWayAfter - now).wholeMilliseconds
                if left > 0 { return Full(seconds: Int((left + 999) / 1000)) }
                entries[idle.key] = nil
            } else if entries.count >= Self.places, let idle = Self.idlest(entries) {
                entries[idle.key] = nil
            }
            entries[Self.place(id)] = session
            return nil
        }
        if let full { throw full }
        return (id, session)
    }

    private static func idlest(_ entries: [[UInt8]: Session]) -> (key: [UInt8], value: Session)? {
        entries.min { $0.value.lastUsed < $1.value.lastUsed }
    }

    /// Finds one that is not over, and takes note that it is in use.
    func find(_ id: String, at now: Timestamp) -> Session? {
        let place = Self.place(id)
        return entries.withLock { entries in
            guard let session = entries[place] else { return nil }
            if Self.isOver(session, at: now) {
                entries[place] = nil
                return nil
            }
            entries[place]?.lastUsed = now
            return session
        }
    }

    /// Whether a session is there and not over, without taking that as use.
    func isOpen(_ id: String, at now: Timestamp) -> Bool {
        let place = Self.place(id)
        return entries.withLock { $0[place].map { !Self.isOver($0, at: now) } ?? false }
    }

    /// Ends the sessions of keys that are not in force any more.
    func keep(_ isInForce: ([UInt8]) -> Bool) {
        entries.withLock { entries in entries = entries.filter { isInForce($0.value.keyDigest) } }
    }

    func end(_ id: String) {
        let place = Self.place(id)
        entries.withLock { $0[place] = nil }
    }

    private static func isOver(_ session: Session, at now: Timestamp) -> Bool {
        now - session.lastUsed >= idleLimit || now - session.begunAt >= lifetime
    }

    private static func place(_ id: String) -> [UInt8] { Digest.sha256(Array(id.utf8)) }
}
