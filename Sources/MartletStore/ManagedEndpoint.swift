// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// An endpoint that was made through the API and lives in the store, as the store keeps it.
package struct ManagedEndpoint: Sendable, Equatable {
    /// How many a store may have.
    package static let most = 1000

    package var id: EndpointID
    /// From 1; one more with each change.
    package var version: Int64
    /// One JSON object in the shape of the configuration's endpoint, without the members that may hold secrets.
    package var settings: [UInt8]
    /// One JSON object with those members; sealed in the store.
    package var secrets: Secret
    package var createdAt: Timestamp
    package var changedAt: Timestamp
    /// It gets no events any more, and goes as soon as nothing is pending for it.
    package var isRemoving: Bool

    package init(
        id: EndpointID,
        version: Int64 = 1,
        settings: [UInt8],
        secrets: Secret,
        createdAt: Timestamp,
        changedAt: Timestamp,
        isRemoving: Bool = false
    ) {
        self.id = id
        self.version = version
        self.settings = settings
        self.secrets = secrets
        self.createdAt = createdAt
        self.changedAt = changedAt
        self.isRemoving = isRemoving
    }
}
