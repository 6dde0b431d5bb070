// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime

/// Callbacks once more, on an operator's word.
extension Watcher {
    /// Nil if there is no such source.
    ///
    /// The log names who was asked for and what was answered; whose key it was is in the line of the request.
    package func resend(_ wanted: ResendRequest, at id: SourceID) async -> ResendOutcome? {
        guard let source = source(id) else { return nil }
        guard let provider = source.provider as? any ResendingProvider else {
            return .notPossible("\(id.provider) offers no such call; \"POST /v1/watches\" has the gateway ask instead")
        }
        let outcome = await provider.resend(wanted, at: clock.now(), with: tools)
        log.notice(
            "provider asked to send a callback again",
            metadata: [
                "source": "\(id)", "uuid": "\(wanted.uuid ?? "-")", "order": "\(wanted.orderID ?? "-")",
                "answer": "\(outcome.word)",
            ]
        )
        return outcome
    }

    /// The shop of an order of the source; nil if there is no such source.
    package func shop(of order: String, at id: SourceID) async -> String? { source(id)?.shop(order) }
}

extension ResendOutcome {
    /// Without the provider's own words, which may hold anything.
    fileprivate var word: String {
        switch self {
        case .accepted: "accepted"
        case .refused(let status, _): "refused_\(status)"
        case .failed(let problem): problem
        case .deferred: "deferred"
        case .notPossible: "not_possible"
        }
    }
}
