// SPDX-License-Identifier: Apache-2.0

/// `/v1/keys` and `/v1/audit` for clients.
enum KeyDescriptions {
    static let all: [String: RouteDescription] = [
        "GET /v1/keys": RouteDescription(
            "listKeys",
            "Lists keys: those of the configuration by name, then those that were made here, newest first.",
            query: .paging,
            answers: [.page(of: key)]
        ),
        "POST /v1/keys": RouteDescription(
            "createKey",
            "Makes a key, and shows it this once.",
            body: .required(
                .object([
                    "name": .text(format: nil, pattern: "^[a-z0-9][a-z0-9_-]*$", length: 1...64),
                    "role": .word(of: AdminRole.self), "shops?": JSONSchema.list(.text).orNull,
                    "expiresIn?": JSONSchema.text.orNull,
                ])
            ),
            answers: [.json(stored.with(["key": .text]), 201, "The key is there")],
            problems: [409, 422, 504]
        ),
        "DELETE /v1/keys/{id}": RouteDescription(
            "revokeKey",
            "Revokes a key at once.",
            answers: [.json(.object(["id": .id("key_"), "name": .text, "outcome": .word(["revoked"])]))],
            problems: [409]
        ),
        "GET /v1/audit": RouteDescription(
            "listAudit",
            "Searches what was done and by whom.",
            query: .span + [.init("actor"), .init("object")] + .paging,
            answers: [.page(of: entry)]
        ),
    ]

    private static let rights: KeyValuePairs<String, JSONSchema> = [
        "name": .text, "role": .word(of: AdminRole.self), "shops": .list(.text),
    ]

    private static let stored = JSONSchema.object([
        "id": .id("key_"), "managedBy": .word(["api"]), "state": .word(["active", "expired", "revoked"]),
        "createdAt": .moment, "createdBy": .text, "expiresAt": JSONSchema.moment.orNull,
        "lastUsedAt": JSONSchema.moment.orNull, "revokedAt": JSONSchema.moment.orNull,
        "revokedBy": JSONSchema.text.orNull,
    ]).with(rights)

    private static let configured = JSONSchema.object([
        "id": .null, "managedBy": .word(["config"]), "state": .word(["active"]),
    ]).with(rights)

    private static let key = JSONSchema.named("Key", .either([stored, configured]))

    private static let entry = JSONSchema.named(
        "AuditEntry",
        .object([
            "id": .text, "at": .moment, "actor": .text, "key": JSONSchema.text.orNull,
            "address": JSONSchema.text.orNull,
            "action": .text, "object": JSONSchema.text.orNull, "created": JSONSchema.text.orNull,
            "detail": .any, "outcome": .text,
            "status": JSONSchema.integer(100...599).orNull,
        ])
    )
}
