// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore

extension IngestService {
    /// Answers a refusal, after it has been put into quarantine where the contract says so.
    func refuse(_ refusal: Refusal, _ passage: Passage) {
        let source = passage.source.provider.source
        let status = refusal.reason.status
        let reply = IngestAnswer.rejected(status, retryAfter: status == 503 ? Self.retryAfter : nil)
        // A source without its secret loses every callback until somebody mends it.
        log.log(
            level: refusal.reason == .misconfigured ? .error : .notice,
            "callback refused",
            metadata: [
                "source": "\(source)", "reason": "\(refusal.reason.rawValue)", "detail": "\(refusal.detail)",
                "address": "\(passage.callback.sourceAddress)",
            ]
        )
        guard refusal.reason.isQuarantined else {
            return answer(passage, with: reply, outcome: refusal.reason.rawValue)
        }
        let row = QuarantinedCallback(source: source, refusal: refusal, callback: passage.callback)
        store.quarantine(row) { [self] result in
            if case .failure(let error) = result {
                // The refusal stands either way, but a callback that could not be kept must come again.
                return unavailable(error, passage)
            }
            answer(passage, with: reply, outcome: refusal.reason.rawValue)
        }
    }

    /// Answers 503 without an acknowledgement: the provider must keep its callback (contract section 3).
    func unavailable(_ error: StoreError, _ passage: Passage) {
        log.error(
            "callback not stored, answered 503",
            metadata: [
                "source": "\(passage.source.provider.source)", "error": "\(error.label)", "detail": "\(error)",
            ]
        )
        answer(passage, with: .rejected(503, retryAfter: Self.retryAfter), outcome: "unavailable")
    }

    func answer(_ passage: Passage, with answer: IngestAnswer, outcome: String) {
        let source = passage.source.provider.source
        metrics.ingestRequests.increment([source.provider, source.id, outcome])
        metrics.ingestSeconds.observe(ContinuousClock.now - passage.startedAt)
        passage.respond(answer)
    }

    /// Seconds after which a provider may come again when the store is in trouble.
    private static let retryAfter = 5
}
