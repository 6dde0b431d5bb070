// SPDX-License-Identifier: Apache-2.0

/// The dashboard's pages and its session for clients.
enum SessionDescriptions {
    static let all: [String: RouteDescription] = [
        "GET /": RouteDescription(
            "getDashboard",
            "The dashboard.",
            answers: [page("text/html"), unchanged("text/html")]
        ),
        "GET /assets/{id}": RouteDescription(
            "getAsset",
            "What the dashboard is made of.",
            answers: media.map(page) + media.map(unchanged)
        ),
        "POST /v1/session": RouteDescription(
            "beginSession",
            "Signs a browser in; the answer sets a cookie that scripts cannot read.",
            body: .required(.object(["key": .someText])),
            answers: [.json(session, 201, "Signed in")],
            problems: [401, 403, 429, 503]
        ),
        "GET /v1/session": RouteDescription(
            "getSession",
            "Shows who asks.",
            answers: [.json(session, 200, "Who asks")]
        ),
        "DELETE /v1/session": RouteDescription(
            "endSession",
            "Signs a browser out.",
            answers: [.json(.object(["outcome": .word(["ended"])]))],
            problems: [409]
        ),
    ]

    private static let media = ["text/html", "text/css", "text/javascript", "image/svg+xml", "image/png"]

    private static func page(_ mediaType: String) -> RouteDescription.Answer {
        .text(200, "The file", mediaType: mediaType)
    }

    private static func unchanged(_ mediaType: String) -> RouteDescription.Answer {
        .text(304, "The client has it already", mediaType: mediaType)
    }

    private static let session = JSONSchema.object([
        "name": .text, "role": .word(of: AdminRole.self), "shops": .list(.text), "csrfToken": JSONSchema.text.orNull,
    ])
}
