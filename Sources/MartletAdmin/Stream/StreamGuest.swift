// SPDX-License-Identifier: Apache-2.0

/// Who follows a stream, and whether it still may: a stream goes on for hours, and its key may not.
struct StreamGuest: Sendable {
    let name: String
    /// Whose places it takes (`Caller.identity`).
    let identity: String
    /// Asked when the stream opens, once a second, and when keys or sessions end.
    let isAdmitted: @Sendable () -> Bool

    /// For a key that ended while its stream was being opened.
    static let hasLeft = Problem(401, "the key or the session is not in force any more", remedy: "use another key")
        .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\", error=\"invalid_token\"")
}
