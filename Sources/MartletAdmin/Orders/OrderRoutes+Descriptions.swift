// SPDX-License-Identifier: Apache-2.0

extension OrderRoutes {
    static let descriptions: [String: RouteDescription] = [
        "POST /v1/sources/kryptoswap/{id}/orders": RouteDescription(
            "createOrder",
            "Has Kryptoswap create an order, and follows it.",
            id: .configuredID,
            body: .required(
                .object([
                    "order": .openObject([:]), "merchantOrderId?": textOrDigits, "expectedAmount?": textOrDigits,
                    "expectedCurrency?": textOrDigits,
                ])
            ),
            takesIdempotencyKey: true,
            answers: [.json(created, 201, "The order is there and is watched")],
            problems: [409, 502, 504]
        )
    ]

    private static let textOrDigits = JSONSchema.either([.text, .number, .null])

    private static let created = JSONSchema.object([
        "id": .id("wch_"), "source": .source, "orderId": .text, "orderUID": JSONSchema.text.orNull,
        "merchantOrderId": JSONSchema.text.orNull, "order": .openObject([:]), "watch?": WatchRoutes.watch,
    ])
}
