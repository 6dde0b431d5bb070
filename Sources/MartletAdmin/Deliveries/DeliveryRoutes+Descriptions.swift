// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension DeliveryRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/deliveries": RouteDescription(
            "listDeliveries",
            "Searches deliveries.",
            query: [
                .init("state", .word(of: DeliveryState.self)),
                .init("endpoint"),
                .init("event", .someText, "The event's id"),
                .init("replay", .text(format: nil, pattern: "^(rpl_)?[1-9][0-9]{0,17}$", length: nil), "A replay's id"),
            ] + .span + .paging,
            answers: [.page(of: delivery)]
        ),
        "GET /v1/deliveries/{id}": RouteDescription(
            "getDelivery",
            "Shows a delivery with every attempt.",
            id: id,
            answers: [.json(.named("DeliveryDetail", delivery.with(["attempts": .list(attempt)])), 200, "The delivery")]
        ),
        "POST /v1/deliveries/{id}/retry": RouteDescription(
            "retryDelivery",
            "Makes a delivery due now.",
            id: id,
            answers: [.json(action(["due", "waitsInLane"]))],
            problems: [409]
        ),
        "POST /v1/deliveries/{id}/cancel": RouteDescription(
            "cancelDelivery",
            "Stops a delivery that is pending.",
            id: id,
            answers: [.json(action(["cancelled"]))],
            problems: [409]
        ),
    ]

    private static let id = JSONSchema.text(format: nil, pattern: "^(dlv_)?[1-9][0-9]{0,17}$", length: nil)

    static let delivery = JSONSchema.named(
        "Delivery",
        .object([
            "id": .id("dlv_"), "event": .text, "eventType": .text, "shop": .text, "endpoint": .text,
            "state": .word(of: DeliveryState.self), "attemptCount": .count, "dueAt": JSONSchema.moment.orNull,
            "createdAt": .moment, "lastOutcome": JSONSchema.text.orNull, "source?": .source,
            "replay?": JSONSchema.text.orNull, "replayOf?": JSONSchema.text.orNull,
            "waits?": JSONSchema.openObject(["reason": .text, "meaning": .text]).orNull,
        ])
    )

    private static let attempt = JSONSchema.named(
        "Attempt",
        .object([
            "number": .count, "startedAt": .moment, "durationMs": .count,
            "status": JSONSchema.integer(100...999).orNull,
            "error": JSONSchema.word(of: NetworkFailure.self).orNull, "detail": JSONSchema.text.orNull,
            "headers": .fields, "body": .text,
        ])
    )

    private static func action(_ outcomes: [String]) -> JSONSchema {
        .object([
            "id": .id("dlv_"), "outcome": .word(outcomes), "meaning": .text, "endpoint": .text,
            "endpointState": JSONSchema.word(of: EndpointState.self).orNull,
        ])
    }
}
