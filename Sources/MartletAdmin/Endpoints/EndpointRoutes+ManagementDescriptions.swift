// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// Endpoints that are made and changed through the API, for clients.
extension EndpointRoutes {
    static let managementDescriptions: [String: RouteDescription] = [
        "POST /v1/endpoints": RouteDescription(
            "createEndpoint",
            "Makes an endpoint of settings as the configuration file has them; without secrets in them it makes those.",
            body: .required(.openObject(["id": .text, "url": .text])),
            answers: [.json(change, 201, "The endpoint is there, and its secret is shown this once")],
            problems: [409, 422, 504]
        ),
        "PATCH /v1/endpoints/{id}": RouteDescription(
            "updateEndpoint",
            "Changes settings of an endpoint; null takes a setting back to its default.",
            body: .required(.openObject([:])),
            answers: [.json(change, 200, "The change is in force")],
            problems: [409, 412]
        ),
        "DELETE /v1/endpoints/{id}": RouteDescription(
            "removeEndpoint",
            "Removes an endpoint.",
            query: [.init("pending", .word(["refuse", "cancel"]), "What becomes of deliveries that wait")],
            answers: [
                .json(
                    .object([
                        "id": .text, "outcome": .word(["removed"]), "cancelled": .count, "inFlight": .count,
                        "note?": .text,
                    ])
                )
            ],
            problems: [409, 412]
        ),
        "POST /v1/endpoints/{id}/test": RouteDescription(
            "testEndpoint",
            "Sends an endpoint a test and shows what it made of it.",
            answers: [.json(test, 200, "The test was made, whatever came of it")],
            problems: [409]
        ),
        "POST /v1/endpoints/{id}/rotate-secret": RouteDescription(
            "rotateSecret",
            "Gives an endpoint new secrets; the old ones sign along for the overlap.",
            body: .optional(
                .object([
                    "overlap?": JSONSchema.text(format: nil, pattern: "^[0-9]+(ms|s|m|h|d)$", length: nil).orNull,
                    "scheme?": JSONSchema.word(of: SignatureScheme.self).orNull,
                ])
            ),
            answers: [.json(change, 200, "The new secret is shown this once")],
            problems: [409, 412, 422, 504]
        ),
        "POST /v1/secrets/reseal": RouteDescription(
            "resealSecrets",
            "Seals secrets of the store with the present key.",
            answers: [.json(.object(["resealed": .count, "more": .boolean, "keysInUse": .list(.text)]))],
            problems: [409]
        ),
    ]

    private static let change = JSONSchema.object([
        "id": .text,
        "secrets?": .list(
            .object(["scheme": .word(of: SignatureScheme.self), "secret?": .text, "publicKey?": .text])
        ),
        "oldSecretsUntil?": JSONSchema.moment.orNull, "warnings": .list(.text), "endpoint?": endpoint, "note?": .text,
    ])

    private static let test = JSONSchema.object([
        "event": .text, "eventType": .text, "succeeded": .boolean, "outcome": .text, "startedAt": .moment,
        "durationMs": .count, "status": JSONSchema.integer(100...999).orNull,
        "error": JSONSchema.word(of: NetworkFailure.self).orNull, "detail": JSONSchema.text.orNull, "body": .text,
    ])
}
