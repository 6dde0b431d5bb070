// SPDX-License-Identifier: Apache-2.0
import CLinux
package import Dispatch
import Glibc
package import MartletCore

/// Wall time as it was when the process started, and from then on the machine's own count of seconds.
///
/// What is due goes by this clock: setting the wall clock (NTP, by hand) moves it in neither direction, so that no retry
/// comes early or late by it, and it counts a suspended machine's time (CLOCK_BOOTTIME, clock_gettime(2)). Signatures
/// and what people see are dated by `SystemClock`.
package struct SteadyClock: WallClock {
    /// Wall time at second zero of the machine's count, in milliseconds.
    private let offset: Int64

    /// `wall`: the clock that is right now, by default the machine's.
    package init(wall: any WallClock = SystemClock()) {
        offset = wall.now().milliseconds - Self.uptime()
    }

    package func now() -> Timestamp { Timestamp(milliseconds: offset + Self.uptime()) }

    /// A timer that a suspension of the machine does not hold up: Dispatch's own stands still meanwhile, or follows the
    /// wall clock.
    package func schedule(at deadline: Timestamp, on queue: DispatchQueue, fire: @escaping @Sendable () -> Void)
        -> any ScheduledTimer
    {
        let pause = max(0, (deadline - now()).wholeMilliseconds)
        let descriptor = martlet_timer_after(pause)
        guard descriptor >= 0 else {
            // Out of descriptors: a timer that may be late after a suspension is better than none.
            return SystemClock().schedule(at: SystemClock().now() + .milliseconds(pause), on: queue, fire: fire)
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            source.cancel()
            fire()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
        return SteadyTimer(source: source)
    }

    /// Milliseconds since the machine started, those asleep included.
    private static func uptime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

// `DispatchSourceRead` is not marked Sendable on Linux; `cancel` may be called from any thread (dispatch_source(3)).
private struct SteadyTimer: ScheduledTimer, @unchecked Sendable {
    let source: any DispatchSourceRead
    func cancel() { source.cancel() }
}
