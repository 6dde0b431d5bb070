// SPDX-License-Identifier: Apache-2.0

extension SweepRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/sweeps": RouteDescription(
            "listSweeps",
            "Lists the sources that are swept, all on one page.",
            answers: [.page(of: sweep)]
        ),
        "POST /v1/sweeps": RouteDescription(
            "runSweep",
            "Begins the comparison with a provider's list now.",
            body: .required(.object(["source": .source])),
            answers: [
                .json(.object(["source": .source, "outcome": .word(["begun", "running"]), "sweep?": sweep]))
            ],
            problems: [409, 422, 504]
        ),
        "POST /v1/sources/{provider}/{id}/resend": RouteDescription(
            "resend",
            "Has a provider send the callback of a payment again; one of the two members names it.",
            id: .configuredID,
            body: .required(.object(["uuid?": number, "orderId?": number])),
            answers: [
                .json(.object(["source": .source, "outcome": .word(["accepted"]), "meaning": .text]))
            ],
            problems: [409, 422, 504]
        ),
    ]

    private static let number = JSONSchema.text(format: nil, pattern: "^[^\\s]+$", length: 1...128).orNull

    private static let counts: KeyValuePairs<String, JSONSchema> = [
        "pages": .count, "listed": .count, "missed": .count, "unreadable": .count,
    ]

    private static let sweep = JSONSchema.named(
        "Sweep",
        .object([
            "source": .source, "state": .word(["waiting", "running"]), "nextAt": .moment,
            "lastOutcome": JSONSchema.text.orNull,
            "run": JSONSchema.object([
                "startedAt": .moment, "since": .moment, "until": .moment, "failures": .count,
            ]).with(counts).orNull,
            "last": JSONSchema.object(["startedAt": .moment, "finishedAt": .moment]).with(counts).orNull,
        ])
    )
}
