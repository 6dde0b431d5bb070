// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore
package import MartletWire

/// Endpoints that live in the store, as the admin API makes and changes them.
///
/// Changes are made one after the other, are in force when a method returns, and survive a restart. Methods throw
/// `EndpointRefusal` or `StoreError` with nothing changed: a change that is stored is answered, whatever follows, because
/// its secrets are told this once (`EndpointChange.isInForce`, `EndpointRemoval.isComplete`).
package protocol EndpointManagement: Sendable {
    /// The versions of the store's endpoints that are in force; those of the configuration file have none.
    func versions() async -> [EndpointID: Int64]
    /// Makes an endpoint of settings in the shape of the file's; without secrets in them it makes those as well.
    func create(_ settings: JSONObject) async throws -> EndpointChange
    /// Replaces settings, and removes those that are null.
    ///
    /// `version`: the one that the caller has seen; nil for whichever there is.
    func update(_ id: EndpointID, _ settings: JSONObject, version: Int64?) async throws -> EndpointChange
    /// Removes an endpoint; unless `cancelsPending`, only if nothing is pending for it.
    func remove(_ id: EndpointID, cancelsPending: Bool, version: Int64?) async throws -> EndpointRemoval
    /// Gives new secrets; the old ones sign along for `overlap`.
    ///
    /// `scheme`: nil for all that the endpoint has secrets of.
    func rotateSecret(
        of id: EndpointID,
        scheme: SignatureScheme?,
        overlap: Duration,
        version: Int64?
    ) async throws -> EndpointChange
}

/// A secret that was made just now, to be shown this once.
package struct NewSecret: Sendable, Equatable {
    package var scheme: SignatureScheme
    /// What the subscriber needs: the shared secret, or the public key of a pair.
    package var forSubscriber: Secret

    package init(scheme: SignatureScheme, forSubscriber: Secret) {
        self.scheme = scheme
        self.forSubscriber = forSubscriber
    }
}

/// What a change came to.
package struct EndpointChange: Sendable {
    package var id: EndpointID
    package var version: Int64
    package var newSecrets: [NewSecret]
    /// From then on the old secrets sign no more; nil if there was none, or they ended at once.
    package var oldSecretsUntil: Timestamp?
    /// What `martlet check` would warn of.
    package var warnings: [SettingsProblem]
    /// False if it is stored and the store then failed; the gateway goes on trying.
    package var isInForce: Bool

    package init(
        id: EndpointID,
        version: Int64,
        newSecrets: [NewSecret] = [],
        oldSecretsUntil: Timestamp? = nil,
        warnings: [SettingsProblem] = [],
        isInForce: Bool = true
    ) {
        self.id = id
        self.version = version
        self.newSecrets = newSecrets
        self.oldSecretsUntil = oldSecretsUntil
        self.warnings = warnings
        self.isInForce = isInForce
    }
}

/// What a removal came to.
package struct EndpointRemoval: Sendable, Equatable {
    /// Deliveries that were pending.
    package var cancelled: Int
    /// Deliveries that are being sent at this moment; they are not tried again.
    package var inHand: Int
    /// False if it is stored and the store then failed; the gateway goes on trying.
    package var isComplete: Bool

    package init(cancelled: Int, inHand: Int, isComplete: Bool = true) {
        self.cancelled = cancelled
        self.inHand = inHand
        self.isComplete = isComplete
    }
}

/// Why an endpoint was not made or changed.
package enum EndpointRefusal: Error, Sendable, Equatable {
    case unknown
    /// It belongs to the configuration file.
    case ofConfiguration
    case exists(inConfiguration: Bool)
    /// Settings that break rules, with paths such as `$.url`.
    case invalid([SettingsProblem])
    /// Somebody has changed it meanwhile; its present version.
    case otherVersion(Int64)
    /// Deliveries wait for it.
    case pending(BoundedCount)
    /// It was removed, and the last of its deliveries is still being sent.
    case removing
    case tooMany(Int)
}
