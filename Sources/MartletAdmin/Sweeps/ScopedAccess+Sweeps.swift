// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Sweeps and resending, as far as the caller's shops go.
///
/// A provider's list is one of all shops, so a key that is limited to shops sees the sweeps of sources whose events all
/// belong to its shops.
extension ScopedAccess {
    func sweeps() async -> [(record: SweepRecord, due: Timestamp)] {
        await sweepControl.standings().filter { visibleSources?.contains($0.record.source) ?? true }
    }

    func sweepNow(_ source: SourceID) async throws(StoreError) -> Bool? {
        guard visibleSources?.contains(source) ?? true else { return nil }
        return try await sweepControl.sweepNow(source)
    }

    /// Nil if there is no such source, or the caller may not see the order.
    func resend(_ wanted: ResendRequest, at source: SourceID) async throws(StoreError) -> ResendOutcome? {
        guard knows(source), try await reaches(wanted, at: source) else { return nil }
        return await watchControl.resend(wanted, at: source)
    }

    /// By the source as a whole, else by the order's shop, as its number or its events tell.
    private func reaches(_ wanted: ResendRequest, at source: SourceID) async throws(StoreError) -> Bool {
        guard let visibleSources, !visibleSources.contains(source) else { return true }
        // The provider goes by the first of the two only, so the other proves nothing.
        guard let uuid = wanted.uuid else {
            guard let order = wanted.orderID else { return false }
            return await watchControl.shop(of: order, at: source).map(sees) ?? false
        }
        let query = EventQuery(provider: source.provider, source: source.id, object: uuid, limit: 1)
        return try await store.events(query).first.map { sees($0.shop) } ?? false
    }
}
