// SPDX-License-Identifier: Apache-2.0

/// A provider that sends a callback again when it is asked to (providers.md section 4.6).
package protocol ResendingProvider: Sendable {
    /// Asks once, and tries nothing again: whoever asked sees the answer.
    func resend(_ wanted: ResendRequest, at now: Timestamp, with tools: PollTools) async -> ResendOutcome
}

/// Which callback is wanted again: by one of the two, the provider's number first.
package struct ResendRequest: Sendable, Equatable {
    package var uuid: String?
    package var orderID: String?

    package init(uuid: String?, orderID: String?) {
        self.uuid = uuid
        self.orderID = orderID
    }
}

/// What the provider said.
package enum ResendOutcome: Sendable, Equatable {
    /// It sends the callback again.
    case accepted
    /// It does not; its own words, shortened, if it gave any.
    case refused(status: Int, message: String?)
    /// No answer that could be read came; a word from a bounded set.
    case failed(String)
    /// Not asked: the source's rate, or the provider's own wish.
    case deferred(Duration)
    /// Not asked: what the source lacks, and the remedy.
    case notPossible(String)
}
