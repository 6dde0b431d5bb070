// SPDX-License-Identifier: Apache-2.0

/// What a test of an endpoint came to (contract.md section 6).
package enum EndpointTest: Sendable, Equatable {
    /// The event's id, and what the endpoint did.
    case done(EventID, AttemptResult)
    /// As many tests are under way as may be.
    case busy
    case unknown
}
