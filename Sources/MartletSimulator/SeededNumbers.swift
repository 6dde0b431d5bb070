// SPDX-License-Identifier: Apache-2.0
import MartletCrypto

/// Numbers and names that are the same for the same seed and the same order, whatever runs beside it.
///
/// Source of the generator: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64, order: Int) {
        state = seed
        // The first number of a seed is the start of its order, so that neighbouring seeds do not share orders.
        state = next() &+ UInt64(truncatingIfNeeded: order) &* 0xD134_2543_DE82_EF95
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Lower-case hexadecimal digits, at most 64.
    mutating func digits(_ count: Int) -> String {
        String(Hex.encode(Digest.sha256(Array(String(next()).utf8))).prefix(count))
    }

    /// A number shaped like a UUID of version 4.
    mutating func uuid() -> String {
        let digits = Array(digits(32))
        let parts = [digits[..<8], digits[8..<12], ["4"] + digits[13..<16], ["8"] + digits[17..<20], digits[20...]]
        return parts.map { String($0) }.joined(separator: "-")
    }

    /// Whether something happens that happens in that share of cases.
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}
