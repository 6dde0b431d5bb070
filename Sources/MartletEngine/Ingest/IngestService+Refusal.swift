// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletCore
import MartletRuntime
import MartletStore
import Synchronization

extension IngestService {
    /// Answers a refusal, after it has been put into quarantine where the contract says so.
    func refuse(_ refusal: Refusal, _ passage: Passage) {
        let source = passage.source.provider.source
        let status = refusal.reason.status
        // What is kept in learning mode is genuine, and its provider sends it only once: once it is on disk it is safe.
        let reply =
            refusal.reason == .learning
            ? IngestAnswer(passage.source.provider.acknowledgement)
            : IngestAnswer.rejected(status, retryAfter: status == 503 ? Self.retryAfter : nil)
        // A source without its secret loses every callback until somebody mends it.
        log.log(
            level: Self.level(of: refusal.reason),
            refusal.reason == .learning
                ? "callback kept while its source is learning, not delivered" : "callback refused",
            metadata: [
                "source": "\(source)", "reason": "\(refusal.reason.rawValue)", "detail": "\(refusal.detail)",
                "address": "\(passage.callback.sourceAddress)",
            ]
        )
        if refusal.reason != .learning { watch(.refused(refusal.reason), source) }
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
            changes.post(.quarantine)
            switch passage.order {
            case .unknown(let id): return releaseIfKnownMeanwhile(row, of: id)
            case .known(let id, hasSecret: false): releaseIfKnownMeanwhile(row, of: id, bySecret: true)
            case .known, .notAsked: break
            }
            // Sent once and never again: what is refused may be all the news there is (providers.md section 6.5).
            if refusal.reason != .learning, let id = passage.source.provider.order(ofRefused: row.callback) {
                doubted(source, id)
            }
        }
    }

    private static func level(of reason: RefusalReason) -> Logger.Level {
        switch reason {
        case .misconfigured: .error
        case .learning: .warning
        default: .notice
        }
    }

    /// An order that was registered between the look-up and this moment has not found the row in quarantine.
    ///
    /// Its own secret may be what verifies the callback, so it matters not for what it was refused. `bySecret`: the order
    /// was known without one, so that only a secret of its own changes anything.
    private func releaseIfKnownMeanwhile(_ row: QuarantinedCallback, of id: String, bySecret: Bool = false) {
        guard Self.mayWaitForOrder.contains(row.refusal.reason) else { return }
        Task { [self] in
            do throws(StoreError) {
                guard let order = try await store.order(of: row.source, objectID: id),
                    order.ipnSecret != nil || !bySecret
                else { return }
                await orderRegistered(order, of: row.source)
            } catch {
                log.error(
                    "order not looked up again",
                    metadata: ["source": "\(row.source)", "error": "\(error.label)"]
                )
            }
        }
    }

    /// Counts what a source accepts and refuses, and warns when it refuses most of it.
    func watch(_ verdict: RefusalWatch.Verdict, _ source: SourceID) {
        let now = clock.now()
        guard let warning = refusals.withLock({ $0.note(verdict, of: source, at: now) }) else { return }
        log.warning(
            "source refuses most of its callbacks",
            metadata: [
                "source": "\(source)", "refused": "\(warning.refused)", "accepted": "\(warning.accepted)",
                "reason": "\(warning.reason.rawValue)", "look_at": "\(warning.advice)",
            ]
        )
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
