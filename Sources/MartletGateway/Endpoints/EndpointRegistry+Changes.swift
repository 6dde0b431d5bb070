// SPDX-License-Identifier: Apache-2.0
import Logging
import MartletAdmin
import MartletConfig
import MartletCore
import MartletCrypto
import MartletEngine
import MartletRuntime
import MartletStore
import MartletWire

/// Endpoints as the API makes and changes them.
extension EndpointRegistry {
    func create(_ settings: JSONObject) async throws -> EndpointChange {
        await begin()
        defer { end() }
        try store.checkSealing()
        var document = ManagedDocument(settings)
        let shown = try document.addMissingSecrets()
        let (endpoint, warnings) = try check(document, isStored: false)
        let id = endpoint.id
        if isOfFile(id) { throw EndpointRefusal.exists(inConfiguration: true) }
        let stored = try await store.managedEndpoints()
        if let known = stored.first(where: { $0.id == id }) {
            throw known.isRemoving ? EndpointRefusal.removing : .exists(inConfiguration: false)
        }
        guard stored.count < ManagedEndpoint.most else { throw EndpointRefusal.tooMany(ManagedEndpoint.most) }
        let now = wall.now()
        guard try await store.create(document.stored(as: id, version: 1, createdAt: now, now: now)) else {
            throw EndpointRefusal.exists(inConfiguration: false)
        }
        let isInForce = await enforce()
        return EndpointChange(id: id, version: 1, newSecrets: shown, warnings: warnings, isInForce: isInForce)
    }

    func update(_ id: EndpointID, _ settings: JSONObject, version: Int64?) async throws -> EndpointChange {
        await begin()
        defer { end() }
        let managed = try await find(id, version)
        if let other = settings["id"], other != .string(id.rawValue) {
            let problem = SettingsProblem(path: "$.id", "cannot be changed; make a new endpoint and remove this one")
            throw EndpointRefusal.invalid([problem])
        }
        var document = try ManagedDocument(managed)
        document.replace(settings)
        let shown = try document.addMissingSecrets()
        // Shops that were there when it was made need not be there any more, but whoever names shops now must know them.
        let warnings = try check(document, isStored: settings["shops"] == nil).warnings
        return try await replace(managed, by: document, EndpointChange(id: id, version: 0, newSecrets: shown), warnings)
    }

    func rotateSecret(
        of id: EndpointID,
        scheme: SignatureScheme?,
        overlap: Duration,
        version: Int64?
    ) async throws -> EndpointChange {
        await begin()
        defer { end() }
        let managed = try await find(id, version)
        var document = try ManagedDocument(managed)
        guard let rotation = try document.rotate(scheme, overlap: overlap, now: wall.now()) else {
            let problem = SettingsProblem(
                path: "$.scheme",
                "is not one that the endpoint has a secret of; leave it out"
            )
            throw EndpointRefusal.invalid([problem])
        }
        guard document.secretCount <= ManagedDocument.mostSecrets else {
            let problem = SettingsProblem(
                path: "$.secrets",
                "would be more than \(ManagedDocument.mostSecrets) that sign at once; wait until an old one has ended, or "
                    + "use \"overlap\": \"0s\""
            )
            throw EndpointRefusal.invalid([problem])
        }
        let warnings = try check(document, isStored: true).warnings
        let change = EndpointChange(
            id: id,
            version: 0,
            newSecrets: rotation.shown,
            oldSecretsUntil: rotation.oldSecretsUntil
        )
        return try await replace(managed, by: document, change, warnings)
    }

    func remove(_ id: EndpointID, cancelsPending: Bool, version: Int64?) async throws -> EndpointRemoval {
        await begin()
        defer { end() }
        var managed = try await find(id, version)
        if !cancelsPending {
            let count = try await unfinished(of: id)
            if count.count > 0 { throw EndpointRefusal.pending(count) }
        }
        managed.isRemoving = true
        managed.version += 1
        managed.changedAt = wall.now()
        guard try await store.replace(managed) else { throw EndpointRefusal.otherVersion(managed.version) }
        let isInForce = await enforce()
        // Whatever comes of the rest now, it is looked at again.
        defer { finishRemoval(of: id) }
        let (cancelled, failure) = await cancelPending(of: id)
        if let failure {
            log.error(
                "deliveries of a removed endpoint not cancelled yet, trying again",
                metadata: ["endpoint": "\(id)", "error": "\(failure.label)"]
            )
        }
        let inHand = await dispatcher.inHand(of: id)
        return EndpointRemoval(cancelled: cancelled, inHand: inHand, isComplete: isInForce && failure == nil)
    }

    // MARK: steps

    func isOfFile(_ id: EndpointID) -> Bool { configuration.endpoints.contains { $0.id == id } }

    /// The stored endpoint, unless it is another's to change or has changed since the caller looked.
    private func find(_ id: EndpointID, _ version: Int64?) async throws -> ManagedEndpoint {
        if isOfFile(id) { throw EndpointRefusal.ofConfiguration }
        let managed = try await store.managedEndpoints().first { $0.id == id && !$0.isRemoving }
        guard let managed else { throw EndpointRefusal.unknown }
        if let version, version != managed.version { throw EndpointRefusal.otherVersion(managed.version) }
        return managed
    }

    private func check(
        _ document: ManagedDocument,
        isStored: Bool
    ) throws -> (endpoint: Endpoint, warnings: [SettingsProblem]) {
        let (endpoint, problems) = configuration.readEndpoint(document.members, isStored: isStored, now: wall.now())
        guard let endpoint else { throw EndpointRefusal.invalid(problems.filter { $0.severity == .error }) }
        return (endpoint, problems)
    }

    private func replace(
        _ managed: ManagedEndpoint,
        by document: ManagedDocument,
        _ change: EndpointChange,
        _ warnings: [SettingsProblem]
    ) async throws -> EndpointChange {
        let next = document.stored(
            as: managed.id,
            version: managed.version + 1,
            createdAt: managed.createdAt,
            now: wall.now()
        )
        guard try await store.replace(next) else { throw EndpointRefusal.otherVersion(managed.version) }
        var change = change
        change.isInForce = await enforce()
        change.version = next.version
        change.warnings = warnings
        return change
    }

    private func unfinished(of id: EndpointID) async throws -> BoundedCount {
        var count = try await store.backlogs(of: [id], limit: 1000)[id]?.pending ?? .none
        count.count += await dispatcher.inHand(of: id)
        return count
    }
}
