// SPDX-License-Identifier: Apache-2.0
package import Logging
import MartletCore
package import MartletNet
package import MartletRuntime
package import MartletStore
import MartletWire
import Synchronization

/// What the admin listener answers: health, readiness, metrics and the admin API (contract sections 1 and 6).
///
/// Called on the admin loop's queue, where a request is recognised and judged; what it asks for is done elsewhere.
package final class AdminService: Sendable {
    let store: any EventStore
    let control: any EndpointControl
    private let endpoints: any EndpointManagement
    private let quarantine: any QuarantineControl
    private let watches: any WatchControl
    let sweeps: any SweepControl
    private let orders: any OrderControl
    private let replays: any ReplayControl
    let idempotency: IdempotencyKeys
    let trail: AuditTrail
    let keys: KeyRing
    let streams: StreamHub
    let windows: ActivityWindows
    private let sources: any SourceControl
    let authenticator: Authenticator
    let sessions = Sessions()
    let metrics: Metrics
    let refusals: Counter
    let clock: any WallClock
    /// What due times go by.
    let schedule: any WallClock
    let log: Logger
    let isReady = Atomic<Bool>(false)

    /// `keys`: those of the configuration; without any the API under `/v1` is closed.
    ///
    /// `changes`: what live streams tell; `activity`: what statistics count.
    package init(
        store: any EventStore,
        control: any EndpointControl,
        endpoints: any EndpointManagement,
        quarantine: any QuarantineControl,
        watches: any WatchControl,
        sweeps: any SweepControl,
        orders: any OrderControl,
        replays: any ReplayControl,
        sources: any SourceControl,
        keys: [AdminKey],
        metrics: Metrics,
        changes: ChangeFeed = ChangeFeed(),
        activity: Activity = Activity(),
        clock: any WallClock,
        schedule: (any WallClock)? = nil,
        log: Logger
    ) {
        self.store = store
        self.control = control
        self.endpoints = endpoints
        self.quarantine = quarantine
        self.watches = watches
        self.sweeps = sweeps
        self.orders = orders
        self.replays = replays
        self.sources = sources
        idempotency = IdempotencyKeys(store: store, log: log)
        trail = AuditTrail(store: store, log: log)
        streams = StreamHub(store: store, control: control, changes: changes, log: log)
        windows = ActivityWindows(activity, clock: schedule ?? clock)
        authenticator = Authenticator(keys)
        self.keys = KeyRing(store: store, authenticator: authenticator, log: log)
        self.metrics = metrics
        refusals = metrics.counter(
            "martlet_admin_refusals_total",
            help: "Requests to the admin API that were not let in.",
            labels: ["reason"]
        )
        self.clock = clock
        self.schedule = schedule ?? clock
        self.log = log
    }

    /// Says whether callbacks may be sent here; false while the gateway starts and while it stops.
    package func setReady(_ ready: Bool) {
        isReady.store(ready, ordering: .relaxed)
        if ready { windows.start() } else { windows.stop() }
    }

    /// Puts changed keys of the configuration into force; the old ones are worth nothing from then on.
    ///
    /// Those of the store stay.
    package func update(keys: [AdminKey]) {
        authenticator.update(keys)
        // A key that comes back must not bring the sessions of before.
        endSessionsOfEndedKeys()
        streams.endAll(.reload)
    }

    /// The shops of the configuration, to which keys can be limited.
    package func update(shops: [String]) { keys.update(shops: shops) }

    /// Puts the keys of the store into force; before that nobody may be let in by one, so before the listener starts.
    package func loadKeys() async throws(StoreError) { try await keys.load() }

    package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        do throws(Problem) {
            let (route, id) = try find(request)
            let caller = try admit(request, to: route, id: id)
            let parameters = try Parameters(of: request.target, allowed: route.parameters)
            let call = AdminCall(
                request: request,
                id: id,
                parameters: parameters,
                caller: caller,
                access: ScopedAccess(
                    store: store,
                    control: control,
                    endpoints: endpoints,
                    quarantine: quarantine,
                    watches: watches,
                    sweeps: sweeps,
                    orders: orders,
                    replays: replays,
                    sources: sources,
                    caller: caller
                ),
                service: self
            )
            Task { reply.send(await answer(call, route)) }
        } catch {
            reply.send(error.response)
        }
    }

    private func find(_ request: HTTPRequest) throws(Problem) -> (route: AdminRoute, id: String) {
        switch AdminRoutes.match(request.method, request.path) {
        case .route(let route, let id): return (route, id)
        case .otherMethod(let allowed):
            let methods = allowed.joined(separator: ", ")
            throw Problem(405, "\(request.method) is not possible here", remedy: "use \(methods)")
                .with(header: "Allow", methods)
        case .none:
            let patterns = AdminRoutes.table.map { "\($0.method) \($0.pattern)" }.joined(separator: ", ")
            throw Problem(404, "\(request.path.prefix(200)) is not served here", remedy: "there are \(patterns)")
                .with(code: "unknown_route")
        }
    }

    /// The moment by which people see things dated.
    func now() -> Timestamp { clock.now() }

    /// The moment by which things are due.
    func dueNow() -> Timestamp { schedule.now() }

    /// The state of an endpoint, whoever asks; nil if it is not configured.
    func state(of id: EndpointID) async -> EndpointState? {
        await standings().first { $0.endpoint.id == id }?.state
    }

    /// Why a delivery is still pending; nil if it is not.
    func reason(for delivery: StoredDelivery) async -> WaitingReason? {
        let standing = await control.standings().first { $0.endpoint.id == delivery.endpoint }
        return WaitingReason(
            state: delivery.state,
            dueAt: delivery.dueAt,
            health: standing?.health ?? EndpointHealth.Saved(),
            isConfigured: standing != nil,
            isEnabled: standing?.endpoint.isEnabled ?? true,
            heldUntil: standing?.heldUntil,
            at: schedule.now()
        )
    }

    /// Every configured endpoint, whoever asks.
    func standings() async -> [EndpointStanding] { await control.standings() }
}
