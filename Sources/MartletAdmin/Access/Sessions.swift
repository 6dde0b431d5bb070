// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletCrypto
import Synchronization

/// Who is signed in at the dashboard.
///
/// In memory only: a restart ends every session. A session stands for its key and not for the rights that the key had when
/// it began, so a key that is taken away or changed takes its sessions along. Bounded: when all places are taken, the one
/// that has been idle longest goes. May be used from any queue.
final class Sessions: Sendable {
    static let idleLimit = Duration.seconds(12 * 3600)
    static let places = 256

    struct Session: Sendable {
        /// SHA-256 of the key; the key itself is not kept.
        let keyDigest: [UInt8]
        /// What a change has to send along; a foreign page can send the cookie at most, and never read this.
        let token: String
        /// Where the page was that signed in; nil where the client was no browser.
        let origin: String?
        fileprivate(set) var lastUsed: Timestamp
    }

    /// By the SHA-256 of the id, so that finding one takes no time that says how near a guess was.
    private let entries = Mutex<[[UInt8]: Session]>([:])

    var count: Int { entries.withLock { $0.count } }

    /// Begins one; the id is 256 random bits in hexadecimal.
    func begin(keyDigest: [UInt8], origin: String?, at now: Timestamp) -> (id: String, session: Session) {
        let id = Hex.encode(secureRandomBytes(32))
        let token = Hex.encode(secureRandomBytes(32))
        let session = Session(keyDigest: keyDigest, token: token, origin: origin, lastUsed: now)
        entries.withLock { entries in
            entries = entries.filter { !Self.isOver($0.value, at: now) }
            if entries.count >= Self.places, let idle = entries.min(by: { $0.value.lastUsed < $1.value.lastUsed }) {
                entries[idle.key] = nil
            }
            entries[Self.place(id)] = session
        }
        return (id, session)
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

    func end(_ id: String) {
        let place = Self.place(id)
        entries.withLock { $0[place] = nil }
    }

    private static func isOver(_ session: Session, at now: Timestamp) -> Bool { now - session.lastUsed >= idleLimit }

    private static func place(_ id: String) -> [UInt8] { Digest.sha256(Array(id.utf8)) }
}
