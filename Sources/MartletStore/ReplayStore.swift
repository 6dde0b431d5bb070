// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// Deliveries that are made again on request.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol ReplayStore: Sendable {
    /// What a replay of the selection would make right now; writes nothing.
    ///
    /// `endpoints`: those that there are; what is for others is counted whatever its shop.
    /// `sample`: how many deliveries it shows.
    func survey(
        _ selection: ReplaySelection,
        for endpoints: [Endpoint],
        sample: Int
    ) async throws(StoreError) -> ReplaySurvey

    /// Stores a replay with the list of all that it is to make, in one transaction; the list never changes afterwards.
    func begin(_ replay: NewReplay, for endpoints: [Endpoint]) async throws(StoreError) -> ReplayBeginning

    /// Makes the next deliveries of a replay for one endpoint, oldest event first, and moves its place along, in one
    /// transaction; nil unless it is running.
    ///
    /// What is on its way by now, or has arrived in another way, is not made; neither is what retention has removed, nor an
    /// event of a shop that is not among the step's. A delivery for the endpoint that the old one was for has the body of
    /// the old one.
    func advance(_ step: ReplayStep) async throws(StoreError) -> ReplayProgress?

    /// Pauses, resumes or cancels a replay.
    ///
    /// No step makes anything after that. What had been made stays as it is.
    func steer(_ replay: ReplayID, to state: ReplayState, at now: Timestamp) async throws(StoreError) -> ReplayAction

    /// Cancels up to `limit` deliveries of a replay that wait and are not in hand; returns how many for each endpoint.
    ///
    /// Each lets the next one of its lane go, as `cancel` does.
    func cancelWaiting(
        of replay: ReplayID,
        now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> [EndpointID: Int]

    /// Ends a replay that has nothing left to make and none of whose deliveries is still on its way; false if it goes on.
    func settle(_ replay: ReplayID, at now: Timestamp) async throws(StoreError) -> Bool

    /// Newest first.
    func replays(_ query: ReplayQuery) async throws(StoreError) -> [StoredReplay]
    func replay(_ id: ReplayID) async throws(StoreError) -> StoredReplay?
    /// Replays by state.
    func replayCounts() async throws(StoreError) -> [ReplayState: Int]
}
