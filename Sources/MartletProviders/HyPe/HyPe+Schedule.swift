// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// When an invoice is asked for (providers.md section 5.7).
///
/// The moment of issue is not known, only its day, so the age counts from the registration.
extension HyPe {
    static let day = Duration.seconds(86_400)
    /// How long refunds are looked for after the first sight of `completed_success`.
    static let refundWatch = day * 60
    /// Unpaid so long after its registration, an invoice is overdue: the end of the schedule.
    static let unpaidWatch = day * 7

    /// The poll after one at `now`, which may be the watch's last.
    static func nextPoll(after now: Timestamp, registeredAt start: Timestamp, memory: Memory) -> Timestamp {
        let pause = memory.state.lastStatus == "completed_success" ? day : pause(atAge: now - start)
        return now + grown(pause, failures: memory.failures)
    }

    /// 20 s for 5 minutes, 1 min to an hour, 10 min to a day, hourly to seven days, then daily.
    static func pause(atAge age: Duration) -> Duration {
        switch age {
        case ..<(.seconds(300)): .seconds(20)
        case ..<(.seconds(3600)): .seconds(60)
        case ..<day: .seconds(600)
        case ..<(day * 7): .seconds(3600)
        default: day
        }
    }

    /// Grows by half with each failure, to one hour at most: 20 s, 30 s, 45 s, 67.5 s, …; never below the schedule.
    static func grown(_ pause: Duration, failures: Int) -> Duration {
        let limit = Duration.seconds(3600)
        var grown = pause
        // 1.5 to the 13th is beyond 3600 s / 20 s.
        for _ in 0..<min(failures, 13) where grown < limit { grown = min(grown * 3 / 2, limit) }
        return max(pause, grown)
    }
}
