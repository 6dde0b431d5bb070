// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Seals secrets before they are stored, so that the store's file alone gives none away.
///
/// May be called from any queue.
package protocol SecretSealer: Sendable {
    /// The name of the key that new values are sealed with; it says nothing of the key.
    var keyID: String { get }
    /// Seals with that key.
    ///
    /// `place`: table, column and row, such as `orders.ipn_secret:kryptoswap/main:5d8e`. A value that is moved to another
    /// place does not open there.
    func seal(_ secret: Secret, for place: String) -> [UInt8]
    /// Opens what any of the keys has sealed for that place.
    func open(_ sealed: [UInt8], for place: String) throws(SealingError) -> Secret
    /// Whether the key of that name is there.
    func has(_ keyID: String) -> Bool
}

/// Why a stored secret does not open; names the key that it wants, never the value.
package struct SealingError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// Seals with one and opens what either has sealed, while one takes the place of the other.
package struct SealerHandover: SecretSealer {
    private let present: any SecretSealer
    private let former: any SecretSealer

    /// Nil where nothing seals any more; what the former has sealed is then to be looked for beforehand.
    package static func of(_ former: (any SecretSealer)?, to present: (any SecretSealer)?) -> (any SecretSealer)? {
        guard let present, let former else { return present }
        return SealerHandover(present: present, former: former)
    }

    package var keyID: String { present.keyID }

    package func seal(_ secret: Secret, for place: String) -> [UInt8] { present.seal(secret, for: place) }

    package func open(_ sealed: [UInt8], for place: String) throws(SealingError) -> Secret {
        do throws(SealingError) {
            return try present.open(sealed, for: place)
        } catch let refusal {
            do throws(SealingError) { return try former.open(sealed, for: place) } catch { throw refusal }
        }
    }

    package func has(_ keyID: String) -> Bool { present.has(keyID) || former.has(keyID) }
}

/// Holds the sealer in force; read with every secret that is stored or read, exchanged on reload.
package final class SealerBox: Sendable {
    private let value: Mutex<(any SecretSealer)?>

    /// Nil: no key is configured.
    package init(_ sealer: (any SecretSealer)? = nil) { value = Mutex(sealer) }

    package var current: (any SecretSealer)? { value.withLock { $0 } }
    package func exchange(_ sealer: (any SecretSealer)?) { value.withLock { $0 = sealer } }
}
