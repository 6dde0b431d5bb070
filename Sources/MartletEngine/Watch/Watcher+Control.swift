// SPDX-License-Identifier: Apache-2.0
import Logging
package import MartletCore
import MartletRuntime
package import MartletStore
import Synchronization

/// What operators do with watches.
extension Watcher {
    /// Why no watch was registered.
    package enum RegistrationError: Error, Sendable, Equatable {
        /// There is no such source, or its provider is not asked; those that are.
        case unknownSource(among: [SourceID])
        case refused(RegistrationRefusal)
        case otherShop(String)
        /// Whose order it is shows only when its provider has been asked.
        case unknownShop
    }

    /// Reads and stores a registration; what waited for its order is then looked at again.
    ///
    /// `shops`: those that the watch may belong to; nil for all.
    ///
    /// - Throws: `RegistrationError` or `StoreError`; nothing was stored.
    package func register(
        _ registration: [UInt8],
        at id: SourceID,
        shops: Set<String>?
    ) async throws -> WatchRegistration {
        guard let source = source(id) else { throw RegistrationError.unknownSource(among: sourceIDs) }
        let now = clock.now()
        let plan: WatchPlan
        do throws(RegistrationRefusal) {
            plan = try source.provider.plan(registration, now: now)
        } catch {
            throw RegistrationError.refused(error)
        }
        let shop = source.shop(of: plan)
        if let shops {
            // By a number of the provider's alone, what becomes of any shop's order could be watched.
            let isNumbered = plan.order?.merchantOrderID != nil || plan.merchantOrderID != nil
            if !isNumbered, plan.order == nil || source.shops.count > 1 { throw RegistrationError.unknownShop }
            if !shops.contains(shop) { throw RegistrationError.otherShop(shop) }
            // Registering replaces an order's secrets, so it takes more than saying whose order it is.
            if let order = plan.order, let known = try await store.order(of: id, objectID: order.objectID) {
                let owner = source.shop(known.merchantOrderID)
                if !shops.contains(owner) { throw RegistrationError.otherShop(owner) }
            }
        }
        return try await keep(plan, shop: shop, of: id)
    }

    /// Stores a watch with its order; what waited for the order is then looked at again.
    func keep(_ plan: WatchPlan, shop: String, of id: SourceID) async throws(StoreError) -> WatchRegistration {
        let outcome = try await store.register(plan, shop: shop, now: clock.now())
        // Before the first poll: a callback that came earlier says more than an answer.
        if let order = plan.order { await announceRegistered(order, id) }
        nudge(id)
        return outcome
    }

    /// Asks about an order whose notification was refused, if it is watched, and at most once a minute: anybody may send
    /// such.
    package nonisolated func doubted(_ source: SourceID, _ subject: String) {
        let now = clock.now()
        guard doubts.withLock({ $0.isNew(subject, of: source, at: now) }) else { return }
        Task {
            do throws(StoreError) {
                let isSooner = try await store.hasten(
                    subject,
                    of: source,
                    now: now,
                    wall: wall.now(),
                    pause: Doubts.pause,
                    unlessAfter: await self.source(source)?.provider.failureOutcomes ?? []
                )
                if isSooner { await nudge(source) }
            } catch {
                // It is asked about on its schedule all the same.
                log.error(
                    "order not asked about sooner",
                    metadata: ["source": "\(source)", "order": "\(subject)", "error": "\(error.label)"]
                )
            }
        }
    }

    package func pollNow(_ id: WatchID) async throws(StoreError) -> WatchAction {
        let action = try await store.pollNow(id, now: clock.now())
        if action == .done { try await nudge(of: id) }
        dispatcher.changes.post(.watch(id))
        return action
    }

    /// Lifts the hold of the watch and of its source.
    package func resume(_ id: WatchID) async throws(StoreError) -> WatchAction {
        let action = try await store.resume(id, now: clock.now())
        if action == .done { try await nudge(of: id) }
        dispatcher.changes.post(.watch(id))
        return action
    }

    package func close(_ id: WatchID) async throws(StoreError) -> WatchAction {
        let action = try await store.close(id, now: wall.now())
        dispatcher.changes.post(.watch(id))
        return action
    }

    private func nudge(of id: WatchID) async throws(StoreError) {
        if let detail = try await store.watch(id) { nudge(detail.stored.watch.source) }
    }
}
