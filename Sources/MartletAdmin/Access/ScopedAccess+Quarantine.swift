// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// The quarantine, as far as the caller's shops go.
///
/// A refused callback has no shop yet, so a key that is limited to shops sees those of sources whose events all belong to
/// its shops.
extension ScopedAccess {
    func quarantined(_ query: QuarantineQuery) async throws(StoreError) -> [QuarantinedCallback] {
        var query = query
        query.sources = visibleSources
        return try await store.quarantined(query)
    }

    func quarantined(_ id: QuarantineID) async throws(StoreError) -> QuarantinedCallback? {
        guard let row = try await store.quarantined(id), visibleSources?.contains(row.source) ?? true else {
            return nil
        }
        return row
    }

    func release(_ id: QuarantineID, forcing: Forcing?) async throws(StoreError) -> ReleaseOutcome {
        guard try await quarantined(id) != nil else { return .gone }
        return try await quarantine.release(id, forcing: forcing)
    }

    func release(_ request: ReleaseRequest) async -> ReleaseReport {
        var request = request
        request.sources = visibleSources
        return await quarantine.release(request)
    }

    func drop(_ id: QuarantineID) async throws(StoreError) -> Bool {
        guard try await quarantined(id) != nil else { return false }
        return try await store.removeQuarantined(id)
    }

    /// The sources whose events all belong to the caller's shops; nil for all sources.
    var visibleSources: Set<SourceID>? { shops.map(quarantine.sources(of:)) }
}
