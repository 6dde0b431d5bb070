// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension EventRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/events": RouteDescription(
            "listEvents",
            "Searches events.",
            query: [
                .init("shop"),
                .init("source", .someText, "`provider/id`, or an id at any provider"),
                .init("provider"),
                .init("type", .word((EventType.all + EventType.operational).map(\.rawValue))),
                .init("order", .someText, "The merchant's order number"),
                .init("object", .someText, "The provider's number of the payment"),
            ] + .span + .paging,
            answers: [.page(of: event)]
        ),
        "DELETE /v1/events/{id}/personal-data": RouteDescription(
            "expungeEvent",
            "Removes what an event says of people; its skeleton stays.",
            id: .text(format: nil, pattern: "^evt_[0-9a-f]{32}$", length: nil),
            body: .required(.object(["reason": .someText, "cancelPending?": JSONSchema.boolean.orNull])),
            answers: [
                .json(
                    .object([
                        "id": .text, "outcome": .word(["expunged", "already"]), "expunged": expunged,
                        "cancelled": .count, "logCleared": .boolean,
                    ])
                )
            ],
            problems: [409]
        ),
        "GET /v1/events/{id}": RouteDescription(
            "getEvent",
            "Shows an event with its deliveries; the callback as it came needs the role operator.",
            id: .text(format: nil, pattern: "^evt_[0-9a-f]{32}$", length: nil),
            answers: [.json(detail, 200, "The event")]
        ),
    ]

    static let event = JSONSchema.named(
        "Event",
        .object([
            "id": .text(format: nil, pattern: "^evt_[0-9a-f]{32}$", length: nil), "type": .text, "source": .source,
            "shop": .text, "merchantOrderId": JSONSchema.text.orNull, "providerObjectId": JSONSchema.text.orNull,
            "providerStatus": JSONSchema.text.orNull, "flags": .list(.word(of: EventFlag.self)),
            "receivedAt": .moment, "sequence?": .count, "traceId?": JSONSchema.text.orNull,
            "expunged?": expunged.orNull,
            "body": .openObject(["type": .text, "timestamp": .moment, "data": .openObject([:])]),
        ])
    )

    private static let expunged = JSONSchema.object(["by": .text, "reason": .text, "at": .moment])

    private static let detail = JSONSchema.named(
        "EventDetail",
        event.with([
            "deliveries": .list(DeliveryRoutes.delivery), "raw": JSONSchema.openObject([:]).orNull, "rawNote?": .text,
        ])
    )
}
