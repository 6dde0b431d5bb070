// SPDX-License-Identifier: Apache-2.0
package import MartletCore

/// How endpoints are doing, and those that were made through the API.
///
/// A step of `EventStore`, which says what holds for all of them.
package protocol EndpointStore: Sendable {
    // MARK: endpoints

    /// Writes how an endpoint is doing, with the operational events and lines of the audit log that tell of it.
    func save(
        _ health: EndpointHealth.Saved,
        of endpoint: EndpointID,
        announcing: [Capture],
        noting: [NewAuditEntry],
        completion: @escaping Completion<Void>
    )

    /// How the endpoints were doing when it was last written.
    func endpointHealth() async throws(StoreError) -> [EndpointID: EndpointHealth.Saved]

    // MARK: endpoints that were made through the API

    /// By id, with those that are being removed.
    func managedEndpoints() async throws(StoreError) -> [ManagedEndpoint]
    /// Stores a new one; false if there is one of that id.
    ///
    /// - Throws: `noSecretsKey` if the store has no key to seal with, here and in `replace`.
    func create(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool
    /// Stores a changed one in place of the version before it; false if that is not the stored one.
    func replace(_ endpoint: ManagedEndpoint) async throws(StoreError) -> Bool
    /// Removes it with what is known of its health; its deliveries stay.
    func removeManagedEndpoint(_ id: EndpointID) async throws(StoreError)
    /// Ends up to `limit` pending deliveries of the endpoint that are not in flight; returns how many.
    func cancelPending(of endpoint: EndpointID, limit: Int) async throws(StoreError) -> Int
}
