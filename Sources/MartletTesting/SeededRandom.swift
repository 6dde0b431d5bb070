// SPDX-License-Identifier: Apache-2.0
import MartletRuntime
import Synchronization

/// `SplitMix64` as the engine's source of randomness; a test prints its seed.
package final class SeededRandom: RandomSource {
    package let seed: UInt64
    private let generator: Mutex<SplitMix64>

    package init(seed: UInt64) {
        self.seed = seed
        generator = Mutex(SplitMix64(seed: seed))
    }

    package func next() -> UInt64 { generator.withLock { $0.next() } }
}
