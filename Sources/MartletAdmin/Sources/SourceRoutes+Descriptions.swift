// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension SourceRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/sources": RouteDescription(
            "listSources",
            "Lists sources by id, with how they are doing.",
            query: .paging,
            answers: [.page(of: source)]
        ),
        "GET /v1/sources/{provider}/{id}": RouteDescription(
            "getSource",
            "Shows a source and how it is doing.",
            id: .configuredID,
            answers: [.json(source, 200, "The source")]
        ),
    ]

    private static let source = JSONSchema.named(
        "Source",
        .object([
            "id": .source, "provider": .text, "managedBy": .word(["config"]), "shops": .list(.text),
            "receives": .boolean, "asked": .boolean, "lastHeardAt": JSONSchema.moment.orNull,
            "lastEventAt": JSONSchema.moment.orNull,
            "refusals": .object(["lastHour": .map(.count), "lastDay": .map(.count), "atLeast": .boolean]),
            "quarantine": .object(["count": .count, "oldest": JSONSchema.moment.orNull]),
            "watches": .object(["open": .count, "held": .count, "overdue": .count]),
            "hold": JSONSchema.object(["reason": .text, "since": .moment]).orNull,
            "pollFaults": .object(["count": .count, "atLeast": .boolean, "newest": JSONSchema.text.orNull]),
            "warnings": .list(.text),
        ])
    )
}
