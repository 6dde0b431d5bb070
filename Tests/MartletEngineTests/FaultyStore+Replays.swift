// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension FaultyStore {
    func survey(
        _ selection: ReplaySelection,
        for endpoints: [Endpoint],
        sample: Int
    ) async throws(StoreError) -> ReplaySurvey {
        try await base.survey(selection, for: endpoints, sample: sample)
    }

    func begin(_ replay: NewReplay, for endpoints: [Endpoint]) async throws(StoreError) -> ReplayBeginning {
        try await base.begin(replay, for: endpoints)
    }

    func advance(_ step: ReplayStep) async throws(StoreError) -> ReplayProgress? {
        if faults.strikes(.replayStep) { throw StoreError.full("no space left") }
        faults.began()
        defer { faults.ended() }
        return try await base.advance(step)
    }

    func steer(
        _ replay: ReplayID,
        to state: ReplayState,
        at now: Timestamp
    ) async throws(StoreError) -> ReplayAction {
        try await base.steer(replay, to: state, at: now)
    }

    func cancelWaiting(
        of replay: ReplayID,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EndpointID: Int] {
        try await base.cancelWaiting(of: replay, now: now, limit: limit)
    }

    func settle(_ replay: ReplayID, at now: Timestamp) async throws(StoreError) -> Bool {
        try await base.settle(replay, at: now)
    }

    func replays(_ query: ReplayQuery) async throws(StoreError) -> [StoredReplay] { try await base.replays(query) }
    func replay(_ id: ReplayID) async throws(StoreError) -> StoredReplay? {
        if faults.strikes(.readReplay) { throw StoreError.failed(code: 10, operation: "read", message: "disk error") }
        return try await base.replay(id)
    }

    func replayCounts() async throws(StoreError) -> [ReplayState: Int] { try await base.replayCounts() }
}
