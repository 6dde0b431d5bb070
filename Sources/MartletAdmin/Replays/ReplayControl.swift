// SPDX-License-Identifier: Apache-2.0
package import MartletStore

/// What the admin API may ask of replays; the gateway's is the replayer.
package protocol ReplayControl: Sendable {
    func begin(_ replay: NewReplay) async throws(StoreError) -> ReplayBeginning
    /// Pauses, resumes or cancels a replay; cancelling takes back what still waits of it too.
    func steer(_ id: ReplayID, to state: ReplayState) async throws(StoreError) -> ReplayAction
}
