// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// `/v1/stream` and `/v1/stats` for clients.
enum StreamDescriptions {
    static let all: [String: RouteDescription] = [
        "GET /v1/stream": RouteDescription(
            "openStream",
            "Tells what happens, as it happens, as server-sent events.",
            query: [
                .init("kinds", .someText, "Some of the kinds of news, joined by commas"), .init("shop"),
                .init("source", .someText, "`provider/id`, or an id at any provider"),
                .init("type", .someText, "A type, or a pattern such as `payment.*`"), .init("endpoint"),
                .init("after", .count, "Goes on after this position"),
            ],
            answers: [.text(200, "The stream, which does not end", mediaType: "text/event-stream")],
            problems: [404]
        ),
        "GET /v1/stats": RouteDescription(
            "getStats",
            "Counts what has come and gone lately, and what waits.",
            answers: [
                .json(
                    .openObject([
                        "at": .moment, "windows": .map(.openObject(["seconds": .number])),
                        "oldestDue": JSONSchema.moment.orNull, "deliveries": JSONSchema.map(.count).orNull,
                        "endpoints": .list(.openObject(["id": .text, "state": .word(of: EndpointState.self)])),
                        "streams": .count,
                    ]),
                    200,
                    "The counts"
                )
            ]
        ),
        "GET /v1/stats/history": RouteDescription(
            "getStatsHistory",
            "Counts events and attempts of the last hour, minute by minute.",
            answers: [
                .json(
                    .object([
                        "at": .moment,
                        "steps": .list(
                            .object([
                                "from": .moment, "seconds": .number, "events": .count, "delivered": .count,
                                "failed": .count,
                            ])
                        ),
                        "endpoints": .map(.object(["delivered": .list(.count), "failed": .list(.count)])),
                    ]),
                    200,
                    "The steps, oldest first; of each endpoint that was sent something its counts of the same steps"
                )
            ]
        ),
    ]
}
