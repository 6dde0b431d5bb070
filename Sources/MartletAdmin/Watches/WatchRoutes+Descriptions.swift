// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension WatchRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/watches": RouteDescription(
            "listWatches",
            "Lists watches.",
            query: [.init("source", .source), .init("state", .word(of: WatchState.self))] + .paging,
            answers: [.page(of: watch)]
        ),
        "POST /v1/watches": RouteDescription(
            "registerWatch",
            "Follows an order by asking its provider; which members it takes beside \"source\" is the provider's matter.",
            body: .required(.openObject(["source": .source])),
            answers: [
                .json(action(["exists"]), 200, "The order was watched before; its details are replaced"),
                .json(action(["registered"]), 201, "The order is watched"),
            ],
            problems: [409, 422, 504]
        ),
        "GET /v1/watches/{id}": RouteDescription(
            "getWatch",
            "Shows a watch with its newest fifty polls.",
            id: id,
            answers: [.json(.named("WatchDetail", watch.with(["history": .list(poll)])), 200, "The watch")]
        ),
        "DELETE /v1/watches/{id}": RouteDescription(
            "closeWatch",
            "Ends a watch.",
            id: id,
            answers: [.json(action(["closed"]))],
            problems: [409]
        ),
        "POST /v1/watches/{id}/poll": RouteDescription(
            "pollWatch",
            "Makes an open watch due now.",
            id: id,
            answers: [.json(action(["due"]))],
            problems: [409]
        ),
        "POST /v1/watches/{id}/resume": RouteDescription(
            "resumeWatch",
            "Opens a watch that is held, overdue or closed, and lifts the hold of its source.",
            id: id,
            answers: [.json(action(["resumed"]))],
            problems: [409]
        ),
    ]

    private static let id = JSONSchema.text(format: nil, pattern: "^(wch_)?[1-9][0-9]{0,17}$", length: nil)

    static let watch = JSONSchema.named(
        "Watch",
        .object([
            "id": .id("wch_"), "source": .source, "subject": .text, "shop": .text,
            "state": .word(of: WatchState.self), "note": JSONSchema.text.orNull, "sourceHeld": .boolean,
            "nextPollAt": JSONSchema.moment.orNull, "deadline": .moment, "polls": .count,
            "lastOutcome": JSONSchema.text.orNull, "createdAt": .moment,
        ])
    )

    private static let poll = JSONSchema.object([
        "number": .count, "at": .moment, "outcome": .text, "note": JSONSchema.text.orNull, "events": .list(.text),
    ])

    private static func action(_ outcomes: [String]) -> JSONSchema {
        .object(["id": .id("wch_"), "outcome": .word(outcomes), "watch?": watch])
    }
}
