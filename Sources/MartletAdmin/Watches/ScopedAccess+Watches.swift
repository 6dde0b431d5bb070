// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Watches as far as the caller's shops go.
extension ScopedAccess {
    func watches(_ query: WatchQuery) async throws(StoreError) -> [StoredWatch] {
        var query = query
        query.shops = shops
        return try await store.watches(query)
    }

    func watch(_ id: WatchID) async throws(StoreError) -> WatchDetail? {
        guard let detail = try await store.watch(id), sees(detail.stored.shop) else { return nil }
        return detail
    }

    func register(_ registration: [UInt8], at source: SourceID) async throws(StoreError) -> WatchRegistrationAnswer {
        guard knows(source) else { return .unknownSource(among: []) }
        let limit = ownsAll(of: source) ? nil : shops
        return try await watchControl.registerWatch(registration, at: source, shops: limit)
    }

    func pollNow(_ id: WatchID) async throws(StoreError) -> WatchAction {
        guard try await watch(id) != nil else { return .unknown }
        return try await watchControl.pollNow(id)
    }

    func resume(_ id: WatchID) async throws(StoreError) -> WatchAction {
        guard try await watch(id) != nil else { return .unknown }
        return try await watchControl.resume(id)
    }

    func close(_ id: WatchID) async throws(StoreError) -> WatchAction {
        guard try await watch(id) != nil else { return .unknown }
        return try await watchControl.close(id)
    }
}
