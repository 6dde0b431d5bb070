// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore

/// What the admin API asks of the engine for the quarantine.
package protocol QuarantineControl: Sendable {
    /// Judges one callback again by today's settings and delivers what it says.
    func release(_ id: QuarantineID, forcing: Forcing?) async throws(StoreError) -> ReleaseOutcome
    /// Releases many, oldest first, up to the request's limit.
    func release(_ request: ReleaseRequest) async -> ReleaseReport
    /// The sources whose events all belong to these shops.
    func sources(of shops: Set<String>) -> Set<SourceID>
}
