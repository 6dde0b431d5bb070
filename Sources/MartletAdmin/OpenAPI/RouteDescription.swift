// SPDX-License-Identifier: Apache-2.0

/// What a client must know of a route to use it: the route's part of `/v1/openapi.json`.
///
/// What all routes have in common is added by `OpenAPIDocument`: problems 400, 401, 403, 429 and 503, 404 where the path
/// names something, and the key. A test compares the table with the descriptions, and the answers with both.
package struct RouteDescription: Sendable {
    /// A query parameter, or what stands for a name in the path.
    package struct Parameter: Sendable {
        package var name: String
        package var schema: JSONSchema
        /// What it does, where the name does not say it.
        package var meaning: String?

        init(_ name: String, _ schema: JSONSchema = .someText, _ meaning: String? = nil) {
            self.name = name
            self.schema = schema
            self.meaning = meaning
        }
    }

    package struct Body: Sendable {
        package var schema: JSONSchema
        package var isRequired: Bool
    }

    /// An answer that is no problem.
    package struct Answer: Sendable {
        package var status: Int
        package var meaning: String
        package var schema: JSONSchema
        package var mediaType: String
    }

    /// The operation's name in clients that are generated, such as `listEvents`.
    package var operation: String
    /// One sentence.
    package var summary: String
    /// What stands for `{id}` in the path.
    package var id: JSONSchema
    package var query: [Parameter]
    package var body: Body?
    /// Whether it takes `Idempotency-Key`, with the problems 409, 422 and 504.
    package var takesIdempotencyKey: Bool
    package var answers: [Answer]
    /// Statuses of problems beyond those that any route has.
    package var problems: [Int]

    init(
        _ operation: String,
        _ summary: String,
        id: JSONSchema = .someText,
        query: [Parameter] = [],
        body: Body? = nil,
        takesIdempotencyKey: Bool = false,
        answers: [Answer],
        problems: [Int] = []
    ) {
        self.operation = operation
        self.summary = summary
        self.id = id
        self.query = query
        self.body = body
        self.takesIdempotencyKey = takesIdempotencyKey
        self.answers = answers
        self.problems = problems
    }
}

extension RouteDescription.Answer {
    static func json(_ schema: JSONSchema, _ status: Int = 200, _ meaning: String = "Done") -> Self {
        Self(status: status, meaning: meaning, schema: schema, mediaType: "application/json")
    }

    /// One page of a list.
    static func page(of element: JSONSchema) -> Self {
        .json(.object(["data": .list(element), "nextCursor": JSONSchema.text.orNull]), 200, "One page")
    }

    static func text(_ status: Int, _ meaning: String, mediaType: String = "text/plain") -> Self {
        Self(status: status, meaning: meaning, schema: .text, mediaType: mediaType)
    }
}

extension RouteDescription.Body {
    static func required(_ schema: JSONSchema) -> Self { Self(schema: schema, isRequired: true) }
    static func optional(_ schema: JSONSchema) -> Self { Self(schema: schema, isRequired: false) }
}

extension [RouteDescription.Parameter] {
    /// What every list takes.
    static let paging: Self = [
        .init("limit", .integer(1...500), "Elements on a page, 50 by default"),
        .init("cursor", .someText, "\"nextCursor\" of the page before"),
    ]

    /// A span of time.
    static let span: Self = [
        .init("since", .moment, "From this moment on"), .init("until", .moment, "Before this moment"),
    ]
}
