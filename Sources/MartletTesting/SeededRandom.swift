// SPDX-License-Identifier: Apache-2.0
import MartletRuntime
import Synchronization

/// SplitMix64: the same numbers for the same seed, so that a failed run can be repeated.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. A test prints its seed.
package final class SeededRandom: RandomSource {
    package let seed: UInt64
    private let state: Mutex<UInt64>

    package init(seed: UInt64) {
        self.seed = seed
        state = Mutex(seed)
    }

    package func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
