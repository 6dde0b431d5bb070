// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the admin API may ask of sweeps; the gateway's is the sweeper.
package protocol SweepControl: Sendable {
    /// Where the sources that are swept stand, by source, with when each is due.
    func standings() async -> [(record: SweepRecord, due: Timestamp)]
    /// Begins a run now; false where one is under way, which then goes on at once; nil if the source is not swept.
    func sweepNow(_ source: SourceID) async throws(StoreError) -> Bool?
}
