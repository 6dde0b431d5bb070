// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletWire

/// What the lists of all providers have in common.
extension ListRequest {
    /// The answer to a call that brought no page; the provider's own wish holds for the whole source.
    func failed(_ problem: AskProblem, retryAfter: Duration? = nil, through gate: AskGate) -> ListAnswer {
        if let retryAfter { gate.pause(until: now + retryAfter) }
        let pause = max(PollSchedule.pause(afterFailures: failures + 1), retryAfter ?? .zero)
        return .failed(outcome: problem.rawValue, pause: pause)
    }

    /// Whether an object was created in the window, with a day around it for clocks and time zones.
    ///
    /// Should a provider not heed the window that it is asked for, orders of long ago must not become news.
    func covers(_ createdAt: Timestamp) -> Bool { createdAt >= since - .days(1) && createdAt <= until + .days(1) }
}

extension SettingsReader {
    /// `sweep`: true, false or `{"at": "03:30"}`; by default true where the provider can be asked.
    ///
    /// `missing`: what the source lacks for it; nil if nothing.
    func sweep(missing: String?) -> DailyTime? {
        let standard = DailyTime("03:30")
        var time: DailyTime?
        switch value("sweep") {
        case nil: return missing == nil ? standard : nil
        case .bool(false): return nil
        case .bool(true): time = standard
        case .object:
            guard let settings = nested("sweep") else { return nil }
            let text = settings.string("at") ?? "03:30"
            settings.finish()
            time = DailyTime(text)
            if time == nil { settings.fail("at", "must be a time of day in UTC, such as \"03:30\"") }
        case .some(let other):
            fail("sweep", "must be true, false or an object such as {\"at\": \"03:30\"}, not \(other.kind)")
        }
        if let missing { fail("sweep", "needs \(missing), or the provider's list cannot be asked for") }
        return time
    }
}
