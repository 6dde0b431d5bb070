// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension EndpointRoutes {
    static let descriptions: [String: RouteDescription] = [
        "GET /v1/endpoints": RouteDescription(
            "listEndpoints",
            "Lists endpoints by id.",
            query: .paging,
            answers: [.page(of: endpoint)]
        ),
        "GET /v1/endpoints/{id}": RouteDescription(
            "getEndpoint",
            "Shows an endpoint.",
            answers: [.json(endpoint, 200, "The endpoint")]
        ),
        "POST /v1/endpoints/{id}/disable": RouteDescription(
            "disableEndpoint",
            "Sends an endpoint nothing more until it is enabled.",
            answers: [.json(.object(["id": .text, "endpoint?": endpoint]))],
            problems: [409]
        ),
        "POST /v1/endpoints/{id}/enable": RouteDescription(
            "enableEndpoint",
            "Sends an endpoint what waits, and on request what it missed.",
            body: .optional(.object(["offerSkipped?": JSONSchema.boolean.orNull])),
            answers: [
                .json(
                    .object([
                        "id": .text, "wasDisabled": .boolean, "offered": .count, "note?": .text,
                        "endpoint?": endpoint,
                    ])
                )
            ],
            problems: [409]
        ),
    ]

    static let endpoint = JSONSchema.named("Endpoint", settings.with(health))

    private static let settings = JSONSchema.object([
        "id": .text, "url": .text, "managedBy": .word(["config", "api"]), "version?": .count, "enabled": .boolean,
        "shops": .list(.text),
        "events": .list(.text), "signature": .word(of: EndpointSignature.self),
        "signatureStyles": .list(.word(of: SignatureStyle.self)),
        "secrets": .list(.object(["scheme": .word(of: SignatureScheme.self), "until": JSONSchema.moment.orNull])),
        "headers": .list(.text), "auth": JSONSchema.word(["basic", "bearer"]).orNull, "includeRaw": .boolean,
        "hasFilter": .boolean, "hasShape": .boolean, "ordering": .word(of: DeliveryOrdering.self),
        "maxInFlight": .count, "ratePerSecond": JSONSchema.number.orNull, "timeout": duration,
        "schedule": .list(duration), "allowNetworks": .list(.text), "hasOwnAuthorities": .boolean,
        "hasClientCertificate": .boolean, "usesProxy": .boolean,
    ])

    private static let health: KeyValuePairs<String, JSONSchema> = [
        "state": .word(of: EndpointState.self),
        "disabled": JSONSchema.object([
            "reason": .word(DisabledReason.allCases.map(\.rawValue) + ["configuration"]),
            "since": JSONSchema.moment.orNull, "meaning": .text,
        ]).orNull,
        "parkedUntil": JSONSchema.moment.orNull, "failingSince": JSONSchema.moment.orNull,
        "lastSuccess": JSONSchema.moment.orNull,
        "lastFailure": JSONSchema.object([
            "outcome": .text, "status": JSONSchema.integer(100...999).orNull, "at": .moment,
        ]).orNull,
        "rejecting": JSONSchema.object([
            "status": .integer(400...499), "since": .moment, "latest": .moment, "meaning": .text,
        ]).orNull,
        "backlog": .object([
            "pending": bounded, "dead": bounded, "skipped": bounded, "oldestDue": JSONSchema.moment.orNull,
        ]),
        "inMemory": .count, "inFlight": .count,
    ]

    private static let bounded = JSONSchema.object(["count": .count, "atLeast": .boolean])
    private static let duration = JSONSchema.text(format: nil, pattern: "^[0-9]+(ms|s|m|h|d)$", length: nil)
}
