// SPDX-License-Identifier: Apache-2.0

/// A request that its sender has named, so that sending it again does not do it again.
package struct IdempotentRequest: Sendable, Equatable {
    /// How long a name is remembered.
    package static let kept = Duration.seconds(86_400)

    /// Whose name it is; those of other callers do not matter.
    package var caller: String
    package var key: String
    /// Of everything that makes two requests the same.
    package var digest: [UInt8]

    package init(caller: String, key: String, digest: [UInt8]) {
        self.caller = caller
        self.key = key
        self.digest = digest
    }
}

/// An answer as it went out.
package struct StoredAnswer: Sendable, Equatable {
    package var status: Int
    package var mediaType: String
    package var body: [UInt8]

    package init(status: Int, mediaType: String, body: [UInt8]) {
        self.status = status
        self.mediaType = mediaType
        self.body = body
    }
}

/// What is known of a request that somebody has named.
package enum IdempotencyClaim: Sendable, Equatable {
    /// Nothing was: it is remembered from now on, and whoever claimed it must do it.
    case new
    /// The name stands for another request.
    case other
    /// It was claimed, and no answer is stored: it is being done, or was cut off.
    case unanswered
    case answered(StoredAnswer)
}
