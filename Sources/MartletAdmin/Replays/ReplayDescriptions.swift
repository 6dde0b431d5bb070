// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// `/v1/replays` for clients.
enum ReplayDescriptions {
    static let all: [String: RouteDescription] = [
        "GET /v1/replays": RouteDescription(
            "listReplays",
            "Lists replays.",
            query: [.init("state", .word(states))] + .paging,
            answers: [.page(of: replay)]
        ),
        "POST /v1/replays": RouteDescription(
            "createReplay",
            "Makes deliveries again, by filter and time; with `dryRun` it only counts.",
            body: .required(.object(filter).with(common)),
            answers: [.json(dryRun, 200, "What it would be"), .json(replay, 201, "The replay has begun")],
            problems: [409, 422, 504]
        ),
        "POST /v1/events/{id}/replay": RouteDescription(
            "replayEvent",
            "Delivers an event again, to all that it went to or to named endpoints.",
            id: .text(format: nil, pattern: "^evt_[0-9a-f]{32}$", length: nil),
            body: .optional(.object([:]).with(common)),
            answers: [.json(dryRun, 200, "What it would be"), .json(replay, 201, "The replay has begun")],
            problems: [409, 422, 504]
        ),
        "GET /v1/replays/{id}": RouteDescription(
            "getReplay",
            "Shows a replay and how far it has come.",
            id: id,
            answers: [.json(replay, 200, "The replay")]
        ),
        "POST /v1/replays/{id}/pause": steering("pauseReplay", "Pauses a replay that runs."),
        "POST /v1/replays/{id}/resume": steering("resumeReplay", "Goes on with a replay that is paused."),
        "POST /v1/replays/{id}/cancel": steering("cancelReplay", "Ends a replay; what it has made goes on."),
    ]

    private static let states = ["running", "paused", "cancelled", "done"]
    private static let id = JSONSchema.text(format: nil, pattern: "^(rpl_)?[1-9][0-9]{0,17}$", length: nil)

    private static func steering(_ operation: String, _ summary: String) -> RouteDescription {
        RouteDescription(operation, summary, id: id, answers: [.json(replay, 200, "The replay")], problems: [409])
    }

    private static let replayed = JSONSchema.word(["dead", "skipped", "cancelled", "delivered", "missing"])
    private static let names = JSONSchema.either([.someText, .list(.someText), .null])

    private static let filter: KeyValuePairs<String, JSONSchema> = [
        "state?": .either([replayed, .list(replayed), .null]), "endpoint?": JSONSchema.someText.orNull,
        "source?": JSONSchema.someText.orNull, "provider?": JSONSchema.someText.orNull,
        "type?": JSONSchema.word((EventType.all + EventType.operational).map(\.rawValue)).orNull,
        "shop?": JSONSchema.someText.orNull, "order?": JSONSchema.someText.orNull, "since?": JSONSchema.moment.orNull,
        "until?": JSONSchema.moment.orNull,
    ]

    private static let common: KeyValuePairs<String, JSONSchema> = [
        "to?": names, "ratePerSecond?": JSONSchema.number.orNull, "reason?": JSONSchema.someText.orNull,
        "dryRun?": JSONSchema.boolean.orNull,
    ]

    private static let counts: KeyValuePairs<String, JSONSchema> = [
        "total": .count, "left": .count, "made": .count, "waiting": .count, "delivered": .count, "dead": .count,
        "cancelled": .count, "gone": .count, "unneeded": .count, "otherShop": .count,
    ]

    private static let replay = JSONSchema.named(
        "Replay",
        .object([
            "id": .id("rpl_"), "state": .word(states), "reason": .text, "createdBy": .text, "createdAt": .moment,
            "changedAt": .moment, "finishedAt": JSONSchema.moment.orNull, "filter": .openObject([:]),
            "ratePerSecond": .number, "endpoints": .list(.object(["endpoint": .text]).with(counts)),
        ]).with(counts)
    )

    private static let surveyed: KeyValuePairs<String, JSONSchema> = [
        "total": .count, "missing": .count, "withoutRaw": .count, "otherShop": .count,
    ]

    private static let dryRun = JSONSchema.object([
        "dryRun": .boolean, "filter": .openObject([:]), "ratePerSecond": .number, "seconds": .count,
        "endpoints": .list(
            .object(["endpoint": .text, "state": JSONSchema.word(of: EndpointState.self).orNull]).with(surveyed)
        ),
        "sample": .list(DeliveryRoutes.delivery), "missingSample": .list(EventRoutes.event),
    ]).with(surveyed)
}
