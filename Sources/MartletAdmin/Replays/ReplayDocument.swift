// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletRuntime
import MartletStore
import MartletWire

/// A replay as the admin API shows it.
enum ReplayDocument {
    static func write(_ stored: StoredReplay, to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", stored.id.description)
        json.member("state", stored.state.rawValue)
        json.member("reason", stored.replay.reason)
        json.member("createdBy", stored.replay.createdBy)
        json.member("createdAt", stored.replay.createdAt)
        json.member("changedAt", stored.changedAt)
        json.member("finishedAt", stored.finishedAt)
        json.name("filter")
        stored.replay.selection.write(to: &json)
        json.member("ratePerSecond", number: stored.replay.ratePerSecond)
        write(stored.counts, to: &json)
        json.name("endpoints")
        json.beginArray()
        for part in stored.parts {
            json.beginObject()
            json.member("endpoint", part.endpoint.rawValue)
            write(part.counts, to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    /// What a dry run found.
    ///
    /// `states`: those of the endpoints that are configured.
    static func write(
        _ survey: ReplaySurvey,
        _ wish: ReplayWish,
        states: [EndpointID: EndpointState],
        to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("dryRun", bool: true)
        json.name("filter")
        wish.selection.write(to: &json)
        json.member("ratePerSecond", number: wish.ratePerSecond)
        json.member("total", integer: Int64(survey.total))
        json.member("missing", integer: Int64(survey.sum(\.missing)))
        json.member("withoutRaw", integer: Int64(survey.sum(\.withoutRaw)))
        json.member("otherShop", integer: Int64(survey.sum(\.otherShop)))
        json.member("seconds", integer: Int64((Double(survey.total) / wish.ratePerSecond).rounded(.up)))
        json.name("endpoints")
        json.beginArray()
        for (endpoint, part) in survey.parts.sorted(by: { $0.key < $1.key }) {
            json.beginObject()
            json.member("endpoint", endpoint.rawValue)
            json.member("total", integer: Int64(part.total))
            json.member("missing", integer: Int64(part.missing))
            json.member("withoutRaw", integer: Int64(part.withoutRaw))
            json.member("otherShop", integer: Int64(part.otherShop))
            json.member("state", states[endpoint]?.rawValue)
            json.endObject()
        }
        json.endArray()
        json.name("sample")
        json.beginArray()
        for delivery in survey.sample { DeliveryDocument.write(delivery, to: &json) }
        json.endArray()
        json.name("missingSample")
        json.beginArray()
        for event in survey.missingSample { EventDocument.write(event, to: &json) }
        json.endArray()
        json.endObject()
    }

    private static func write(_ counts: ReplayCounts, to json: inout JSONWriter) {
        json.member("total", integer: Int64(counts.total))
        json.member("left", integer: Int64(counts.left))
        json.member("made", integer: Int64(counts.made))
        json.member("waiting", integer: Int64(counts.waiting))
        json.member("delivered", integer: Int64(counts.delivered))
        json.member("dead", integer: Int64(counts.dead))
        json.member("cancelled", integer: Int64(counts.cancelled))
        json.member("gone", integer: Int64(counts.gone))
        json.member("unneeded", integer: Int64(counts.unneeded))
        json.member("otherShop", integer: Int64(counts.otherShop))
    }

    static func gauge(_ counts: [ReplayState: Int]) -> Gauge {
        Gauge(
            "martlet_replays",
            help: "Replays by state.",
            labels: ["state"],
            samples: ReplayState.allCases.map { (labelValues: [$0.rawValue], value: Double(counts[$0] ?? 0)) }
        )
    }
}
