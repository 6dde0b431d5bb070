// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

extension FaultyStore {
    func managedEndpoints() async throws(StoreError) -> [ManagedEndpoint] { try await base.managedEndpoints() }

    func create(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool { try await base.create(endpoint) }

    func replace(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool { try await base.replace(endpoint) }

    func removeManagedEndpoint(_ id: EndpointID) async throws(StoreError) {
        try await base.removeManagedEndpoint(id)
    }

    func cancelPending(of endpoint: EndpointID, limit: Int) async throws(StoreError) -> Int {
        try await base.cancelPending(of: endpoint, limit: limit)
    }

    func checkSealing() throws(StoreError) { try base.checkSealing() }

    func sealingKeys() async throws(StoreError) -> [String] { try await base.sealingKeys() }

    func resealSecrets(limit: Int) async throws(StoreError) -> Int { try await base.resealSecrets(limit: limit) }
}
