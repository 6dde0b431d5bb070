// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// When and how often one source's provider is asked: the provider's own schedule, unless the settings have another.
package struct Polling: Sendable {
    static let ratePerSecond = 5.0

    let schedule: PollSchedule
    /// Shared by all copies of this value.
    let gate: AskGate

    init(schedule: PollSchedule, ratePerSecond: Double = Polling.ratePerSecond) {
        self.schedule = schedule
        // As many as make up two seconds may go at once after a pause.
        gate = AskGate(ratePerSecond: ratePerSecond, burst: max(1, 2 * ratePerSecond))
    }
}

extension SettingsReader {
    /// Reads `polling`: `schedule`, a list of `every` and `until`, and `callsPerSecond`.
    ///
    /// `base`: the address that is asked. The providers' own limits are unknown, so beyond this machine a pace above
    /// the usual one causes a warning.
    func polling(_ standard: PollSchedule, base: String?) -> Polling {
        guard let settings = nested("polling") else { return Polling(schedule: standard) }
        let rate = settings.number("callsPerSecond", default: Polling.ratePerSecond, in: 0.1...1000)
        let phases = settings.phases("schedule")
        settings.finish()
        let isLocal = base.flatMap { ProviderInterface.host(of: $0) }.map { Self.isLoopback($0) } ?? false
        if !isLocal, rate > Polling.ratePerSecond || phases.contains(where: { $0.every < .seconds(10) }) {
            let message =
                "asks more than 5 times a second or an order more often than every 10s; a provider may block that. "
                + "Such a pace is meant for staging"
            warn("polling", message)
        }
        guard let first = phases.first else { return Polling(schedule: standard, ratePerSecond: rate) }
        let schedule = PollSchedule(phases: phases, pauseAfterFailure: min(first.every, .minutes(1)))
        return Polling(schedule: schedule, ratePerSecond: rate)
    }

    /// Empty if absent or wrong.
    private func phases(_ name: String) -> [PollSchedule.Phase] {
        let readers = nestedList(name)
        let problems = problems.all.count
        if readers.isEmpty, value(name) != nil {
            fail(name, "must hold at least one stretch such as {\"every\": \"1m\", \"until\": \"30d\"}")
        }
        var phases: [PollSchedule.Phase] = []
        for reader in readers {
            for member in ["every", "until"] where !reader.has(member) {
                reader.fail(member, "is required; give a duration such as \"1m\"")
            }
            let phase = PollSchedule.Phase(
                every: reader.duration("every", default: .minutes(1)),
                until: reader.duration("until", default: .days(365))
            )
            reader.finish()
            if phase.every < .seconds(1) || phase.every > .days(1) {
                reader.fail("every", "must be from \"1s\" to \"1d\"")
            }
            if phase.until <= phases.last?.until ?? .zero {
                reader.fail("until", "must be longer than that of the stretch before: ages are counted from the start")
            } else if phase.until > .days(365) {
                reader.fail("until", "must be at most \"365d\"")
            }
            phases.append(phase)
        }
        return hasErrors(since: problems) ? [] : phases
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host.lowercased() == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return ["127.0.0.0/8", "::1"].compactMap { AddressBlock($0) }.contains { $0.contains(address) }
    }
}
