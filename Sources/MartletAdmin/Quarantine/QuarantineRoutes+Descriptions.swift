// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension QuarantineRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/quarantine": RouteDescription(
            "listQuarantine",
            "Lists refused callbacks.",
            query: [.init("source", .source), .init("reason", .word(of: RefusalReason.self))] + .span + .paging,
            answers: [.page(of: callback)]
        ),
        "GET /v1/quarantine/{id}": RouteDescription(
            "getQuarantined",
            "Shows a refused callback; the request as it came needs the role operator.",
            id: id,
            answers: [.json(detail, 200, "The callback")]
        ),
        "DELETE /v1/quarantine/{id}": RouteDescription(
            "dropQuarantined",
            "Removes a refused callback for good.",
            id: id,
            answers: [.json(action(["dropped"]))]
        ),
        "POST /v1/quarantine/{id}/release": RouteDescription(
            "releaseQuarantined",
            "Verifies a refused callback again by today's settings, or believes it without proof.",
            id: id,
            body: .optional(
                .object(["force?": JSONSchema.boolean.orNull, "reason?": JSONSchema.text.orNull])
            ),
            answers: [.json(action(["released", "duplicate", "hint"]))],
            problems: [409]
        ),
        "POST /v1/quarantine/release": RouteDescription(
            "releaseManyQuarantined",
            "Releases up to 500 refused callbacks, oldest first.",
            body: .optional(
                .object([
                    "source?": JSONSchema.source.orNull, "reason?": JSONSchema.word(of: RefusalReason.self).orNull,
                    "since?": JSONSchema.moment.orNull, "until?": JSONSchema.moment.orNull,
                    "cursor?": JSONSchema.someText.orNull,
                ])
            ),
            answers: [.json(report)]
        ),
    ]

    private static let id = JSONSchema.text(format: nil, pattern: "^(qtn_)?[1-9][0-9]{0,17}$", length: nil)

    static let callback = JSONSchema.named(
        "QuarantinedCallback",
        .object([
            "id": .id("qtn_"), "source": .source, "reason": .word(of: RefusalReason.self), "detail": .text,
            "receivedAt": .moment, "sourceAddress": .text, "mediaType": JSONSchema.text.orNull, "bytes": .count,
        ])
    )

    private static let detail = JSONSchema.named(
        "QuarantinedCallbackDetail",
        callback.with([
            "request": JSONSchema.object([
                "method": .text, "headers": .fields, "body?": .text, "bodyBase64?": .text,
            ]).orNull,
            "requestNote?": .text,
        ])
    )

    private static let report = JSONSchema.named(
        "ReleaseReport",
        .object([
            "released": .count, "withheld": .count, "duplicates": .count, "hints": .count,
            "stillRefused": .map(.count), "ofUnknownSources": .count, "more": .boolean,
            "nextCursor": JSONSchema.text.orNull, "failure": JSONSchema.text.orNull,
        ])
    )

    private static func action(_ outcomes: [String]) -> JSONSchema {
        .object([
            "id": .id("qtn_"), "outcome": .word(outcomes), "meaning": .text, "event": JSONSchema.text.orNull,
            "flags": .list(.word(of: EventFlag.self)),
        ])
    }
}
