// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Replays, as far as the caller's shops go.
///
/// A key that is limited to shops makes again deliveries of events of those shops, and sees the replays that were limited to
/// them.
extension ScopedAccess {
    func survey(_ selection: ReplaySelection, sample: Int) async throws(StoreError) -> ReplaySurvey {
        let endpoints = await control.standings().map(\.endpoint)
        return try await store.survey(limited(selection), for: endpoints, sample: sample)
    }

    func begin(_ replay: NewReplay) async throws(StoreError) -> ReplayBeginning {
        var replay = replay
        replay.selection = limited(replay.selection)
        return try await replayControl.begin(replay)
    }

    func replays(_ query: ReplayQuery) async throws(StoreError) -> [StoredReplay] {
        var query = query
        query.shops = shops
        return try await store.replays(query)
    }

    func replay(_ id: ReplayID) async throws(StoreError) -> StoredReplay? {
        guard let replay = try await store.replay(id) else { return nil }
        guard let shops else { return replay }
        return replay.replay.selection.shops?.isSubset(of: shops) == true ? replay : nil
    }

    /// Steers a replay; `former` is how it stood before, and the whole is nil for one that is unknown.
    func steer(
        _ id: ReplayID,
        to state: ReplayState
    ) async throws(StoreError) -> (action: ReplayAction, former: StoredReplay)? {
        guard let former = try await replay(id) else { return nil }
        return (try await replayControl.steer(id, to: state), former)
    }

    private func limited(_ selection: ReplaySelection) -> ReplaySelection {
        var selection = selection
        selection.shops = shops
        return selection
    }
}
