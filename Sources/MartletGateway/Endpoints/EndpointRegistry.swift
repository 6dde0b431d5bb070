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

/// Which endpoints are in force: those of the configuration file and those of the store, the file first.
///
/// The one place that puts endpoints into force, at the start, on reload and with every change through the API; one at a
/// time, so that none works on what another is about to replace.
actor EndpointRegistry {
    /// Why endpoints cannot be put into force; says what to do about it.
    struct Failure: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    let store: any EventStore
    let dispatcher: Dispatcher
    let sealing: SealerBox
    /// What ends of secrets are judged by.
    let wall: any WallClock
    let schedule: any WallClock
    let log: Logger
    private let topology: TopologyBox
    private(set) var configuration: Configuration
    /// The store's endpoints that are in force.
    private var inForce: [EndpointID: Int64] = [:]
    /// The store's endpoints that give way to the file's.
    private var shadowed: Set<EndpointID> = []
    /// Something is stored that could not be put into force.
    var isBehind = false
    private var isChanging = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    var isStopped = false

    init(
        store: any EventStore,
        dispatcher: Dispatcher,
        topology: TopologyBox,
        sealing: SealerBox,
        wall: any WallClock,
        schedule: any WallClock,
        configuration: Configuration,
        log: Logger
    ) {
        self.store = store
        self.dispatcher = dispatcher
        self.topology = topology
        self.sealing = sealing
        self.wall = wall
        self.schedule = schedule
        self.configuration = configuration
        self.log = log
    }

    /// Puts all endpoints into force, and ends removals that a former run began.
    ///
    /// - Throws: `Failure` or `StoreError` with nothing in force.
    func start() async throws {
        await begin()
        defer { end() }
        try await checkKeys(of: configuration)
        try await apply(configuration)
        for endpoint in try await store.managedEndpoints() where endpoint.isRemoving { finishRemoval(of: endpoint.id) }
    }

    /// Puts a changed configuration into force, or nothing of it when this throws.
    func reload(_ configuration: Configuration) async throws {
        await begin()
        defer { end() }
        try await checkKeys(of: configuration)
        let (former, present) = (sealing.current, configuration.secretBox)
        // Looked at again after the exchange: what was sealed in between with a key that goes is found by that.
        sealing.exchange(SealerHandover.of(former, to: present))
        do {
            try await checkKeys(of: configuration)
            try await apply(configuration)
        } catch {
            // Without a former key the present one stays: an order may have been sealed with it in between.
            sealing.exchange(former == nil ? present : SealerHandover.of(present, to: former))
            throw error
        }
        sealing.exchange(present)
    }

    /// Ends what runs by itself.
    func stop() { isStopped = true }

    // MARK: one change after the other

    func begin() async {
        guard isChanging else {
            isChanging = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func end() {
        if waiting.isEmpty { isChanging = false } else { waiting.removeFirst().resume() }
    }

    // MARK: putting into force

    /// Between `begin` and `end` only.
    func apply(_ configuration: Configuration) async throws {
        let ofFile = Set(configuration.endpoints.map(\.id))
        var endpoints = configuration.endpoints
        var versions: [EndpointID: Int64] = [:]
        var shadowed: Set<EndpointID> = []
        for managed in try await store.managedEndpoints() where !managed.isRemoving {
            if ofFile.contains(managed.id) {
                shadowed.insert(managed.id)
                continue
            }
            endpoints.append(try read(managed, configuration))
            versions[managed.id] = managed.version
        }
        let subscribers = try await dispatcher.update(endpoints)
        topology.exchange(Topology(sources: configuration.pushingSources, subscribers: subscribers))
        self.configuration = configuration
        inForce = versions
        for id in shadowed.subtracting(self.shadowed).sorted() {
            log.warning(
                "an endpoint of the configuration file stands in place of one that the API made; rename one of them",
                metadata: ["endpoint": "\(id)"]
            )
        }
        self.shadowed = shadowed
        isBehind = false
    }

    private func read(_ managed: ManagedEndpoint, _ configuration: Configuration) throws -> Endpoint {
        let document = try ManagedDocument(managed)
        let (endpoint, problems) = configuration.readEndpoint(document.members, isStored: true, now: wall.now())
        guard let endpoint else {
            let errors = problems.filter { $0.severity == .error }.map(\.description).joined(separator: "; ")
            throw Failure(
                description: "the endpoint \"\(managed.id)\" that the API made cannot be put into force (\(errors)); "
                    + "give the configuration file an endpoint of that id to stand in place of it"
            )
        }
        return endpoint
    }

    /// Every stored secret must open, or callbacks would fail one by one later on.
    private func checkKeys(of configuration: Configuration) async throws {
        let missing = try await store.sealingKeys().filter { !(configuration.secretBox?.has($0) ?? false) }
        guard !missing.isEmpty else { return }
        throw Failure(
            description:
                "the store holds secrets that are sealed with the key \(missing.joined(separator: ", ")), which "
                + "the configuration does not name; give that key as \"secretsKey\" or in \"previousSecretsKeys\""
        )
    }
}

extension EndpointRegistry: EndpointManagement {
    func versions() -> [EndpointID: Int64] { inForce }
}
