// SPDX-License-Identifier: Apache-2.0
import CLinux
package import Dispatch
import Glibc
package import MartletCore
import Synchronization

/// The wall clock as a parameter: due times are moments of the wall clock, because they outlive the process.
package protocol WallClock: Sendable {
    func now() -> Timestamp

    /// Calls `fire` once on `queue`, at `deadline` or soon after. A deadline in the past fires at once.
    func schedule(at deadline: Timestamp, on queue: DispatchQueue, fire: @escaping @Sendable () -> Void)
        -> any ScheduledTimer
}

/// A timer that can be called off; calling it off twice, or after it fired, does nothing.
package protocol ScheduledTimer: Sendable {
    func cancel()
}

/// The machine's clock.
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func schedule(at deadline: Timestamp, on queue: DispatchQueue, fire: @escaping @Sendable () -> Void)
        -> any ScheduledTimer
    {
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let pause = max(0, (deadline - now()).wholeMilliseconds)
        // A wall deadline follows the clock when it is set, as the due times it stands for do. Bounded, because
        // Dispatch counts in nanoseconds.
        timer.schedule(wallDeadline: .now() + .milliseconds(Int(min(pause, 365 * 86_400_000))))
        timer.setEventHandler {
            timer.cancel()
            fire()
        }
        timer.activate()
        return DispatchTimer(source: timer)
    }
}

// `DispatchSourceTimer` is not marked Sendable on Linux; `cancel` may be called from any thread (dispatch_source(3)).
private struct DispatchTimer: ScheduledTimer, @unchecked Sendable {
    let source: any DispatchSourceTimer
    func cancel() { source.cancel() }
}

/// Randomness as a parameter, so that a run can be repeated from its seed.
package protocol RandomSource: Sendable {
    func next() -> UInt64
}

extension RandomSource {
    /// A number in 0..<1.
    package func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Numbers for jitter and span ids, seeded by the system; not for secrets.
///
/// The system's own generator is a system call for each number, and an attempt needs one or two.
package final class SystemRandom: RandomSource {
    private let state = Atomic<UInt64>(UInt64.random(in: .min ... .max))

    package init() {}

    /// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    package func next() -> UInt64 {
        var mixed = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
