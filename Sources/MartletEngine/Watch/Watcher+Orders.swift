// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletCrypto
import MartletRuntime
package import MartletStore
import MartletWire

/// Orders that a shop has created by way of the gateway, which knows their secrets from the first moment.
extension Watcher {
    /// Has the provider create an order with a fresh secret for its notifications, and stores secrets and watch.
    ///
    /// The provider is asked once. A crash between its answer and the commit leaves an order of which nobody has the
    /// numbers, so that nobody pays it. A notification that overtakes the commit waits in quarantine for it.
    ///
    /// `shops`: those that the order may belong to; nil for all.
    package func createOrder(_ request: [UInt8], at id: SourceID, shops: Set<String>?) async -> OrderCreation {
        guard let source = source(id), let provider = source.provider as? any OrderingProvider else {
            return .unknownSource(among: sourceIDs.filter { self.source($0)?.provider is any OrderingProvider })
        }
        if let reason = provider.cannotOrder { return .notConfigured(reason) }
        guard let hook = source.hook else {
            return .notConfigured(
                "ingest.publicURL is not set, so \(id) cannot tell its provider where to send notifications; "
                    + "configure it and reload with SIGHUP"
            )
        }
        let draft: OrderDraft
        do throws(RegistrationRefusal) {
            draft = try provider.draft(request, hook: hook, ipnSecret: Secret(text: Hex.encode(keyBytes(32))))
        } catch {
            return .malformed(error.problems)
        }
        let shop = source.shop(draft.merchantOrderID)
        if let shops, !shops.contains(shop) { return .otherShop(shop) }
        do throws(StoreError) {
            try store.checkSealing()
        } catch {
            return .cannotStore(error)
        }
        let placement = await provider.place(draft, at: clock.now(), with: tools)
        report(placement, at: id)
        switch placement {
        case .placed(let plan, let answer):
            return await created(plan, answer: answer, shop: shop, at: id)
        case .refused(let status, let message, let retryAfter):
            return .refused(status: status, message: message, retryAfter: retryAfter)
        case .notSent(let cause): return .notSent(cause: cause)
        case .turnedAway(let moment): return .turnedAway(until: moment, now: clock.now())
        case .unknown(let cause, let message): return .unknown(cause: cause, message: message)
        }
    }

    private func created(
        _ plan: WatchPlan,
        answer: JSONObject,
        shop: String,
        at id: SourceID
    ) async -> OrderCreation {
        guard let order = plan.order else { return .unknown(cause: "nonsense", message: nil) }
        do throws(StoreError) {
            let watch =
                switch try await keep(plan, shop: shop, of: id) {
                case .registered(let watch), .exists(let watch): watch
                }
            log.notice(
                "order created",
                metadata: ["source": "\(id)", "order": "\(order.objectID)", "watch": "\(watch)"]
            )
            return .created(CreatedOrder(watch: watch, order: order, answer: answer))
        } catch {
            log.error(
                "order created at its provider, but not stored: it must not be used",
                metadata: ["source": "\(id)", "order": "\(order.objectID)", "error": "\(error.label)"]
            )
            return .notStored(orderID: order.objectID, error)
        }
    }

    /// The provider's words may hold what the shop sent, so they stay out of the log.
    private nonisolated func report(_ placement: OrderPlacement, at id: SourceID) {
        let outcome: String
        switch placement {
        case .placed: return
        case .refused(let status, _, _): outcome = "refused with status \(status)"
        case .notSent(let cause): outcome = "not sent: \(cause)"
        case .turnedAway: outcome = "too many at once"
        case .unknown(let cause, _): outcome = "unknown: \(cause)"
        }
        log.warning("no order created", metadata: ["source": "\(id)", "outcome": "\(outcome)"])
    }
}
