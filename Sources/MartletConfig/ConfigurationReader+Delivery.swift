// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// The sections `delivery` and `retention`.
extension ConfigurationReader {
    /// Time for one attempt may be set within this range.
    static let timeouts = Duration.milliseconds(100)...Duration.seconds(300)

    func readDelivery(_ reader: SettingsReader) -> Configuration.Delivery {
        let standard = RetrySchedule.standard
        let delivery = Configuration.Delivery(
            schedule: RetrySchedule(
                delays: schedule("schedule", of: reader, default: standard.delays),
                jitter: reader.number("jitter", default: standard.jitter, in: 0...1)
            ),
            timeout: duration("timeout", of: reader, default: .seconds(15), in: Self.timeouts),
            egress: EgressPolicy(allowed: networks("allowNetworks", of: reader, default: [])),
            proxy: readProxy(reader)
        )
        reader.finish()
        return delivery
    }

    func readRetention(_ reader: SettingsReader) -> Configuration.Retention {
        let day = 86_400
        let range = Duration.seconds(60)...Duration.seconds(3650 * day)
        let events = duration("events", of: reader, default: .seconds(90 * day), in: range)
        let retention = Configuration.Retention(
            events: events,
            raw: duration("raw", of: reader, default: min(.seconds(30 * day), events), in: range),
            quarantine: duration("quarantine", of: reader, default: .seconds(30 * day), in: range),
            dedupe: duration("dedupe", of: reader, default: max(.seconds(400 * day), events), in: range),
            audit: duration("audit", of: reader, default: .seconds(400 * day), in: range)
        )
        if retention.raw > events {
            reader.fail("raw", "must not be longer than \"events\" (\(events.settingText)): it goes with its event")
        }
        if retention.dedupe < events {
            reader.fail(
                "dedupe",
                "must not be shorter than \"events\" (\(events.settingText)): a late repeat would be taken for news"
            )
        }
        reader.finish()
        return retention
    }

    func checkRetention(_ configuration: Configuration) {
        let schedules = [configuration.delivery.schedule] + configuration.endpoints.map(\.schedule)
        let longest =
            schedules.map { schedule in
                schedule.delays.reduce(Duration.zero, +) * (1 + schedule.jitter)
            }.max() ?? .zero
        guard configuration.retention.events < longest else { return }
        warn(
            "$.retention.events",
            "is shorter than the longest retry schedule; make it longer, or the schedule shorter"
        )
    }
}
