// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the admin API may ask of watches; the gateway's is the watcher.
package protocol WatchControl: Sendable {
    /// Reads and stores a registration.
    ///
    /// `shops`: those that the watch may belong to; nil for all.
    func registerWatch(
        _ registration: [UInt8],
        at source: SourceID,
        shops: Set<String>?
    ) async throws(StoreError) -> WatchRegistrationAnswer
    func pollNow(_ id: WatchID) async throws(StoreError) -> WatchAction
    /// Lifts the hold of the watch and of its source.
    func resume(_ id: WatchID) async throws(StoreError) -> WatchAction
    func close(_ id: WatchID) async throws(StoreError) -> WatchAction
    /// Asks a provider to send a callback again; nil if there is no such source that is asked.
    func resend(_ wanted: ResendRequest, at source: SourceID) async -> ResendOutcome?
    /// The shop of an order of the source; nil if there is no such source.
    func shop(of order: String, at source: SourceID) async -> String?
}

/// What became of a registration.
package enum WatchRegistrationAnswer: Sendable, Equatable {
    case stored(WatchRegistration)
    /// There is no such source, or its provider is not asked; those that are.
    case unknownSource(among: [SourceID])
    case refused([RegistrationRefusal.Problem])
    /// The order belongs to a shop that the caller may not see.
    case otherShop(String)
    /// Its shop shows only when the provider has been asked, and the caller may not see all shops of the source.
    case unknownShop
}
