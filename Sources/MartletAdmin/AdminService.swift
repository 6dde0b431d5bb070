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
    private let store: any EventStore
    private let control: any EndpointControl
    private let endpoints: any EndpointManagement
    private let quarantine: any QuarantineControl
    private let watches: any WatchControl
    private let sweeps: any SweepControl
    private let orders: any OrderControl
    private let replays: any ReplayControl
    private let idempotency: IdempotencyKeys
    private let trail: AuditTrail
    let keys: KeyRing
    let streams: StreamHub
    let windows: ActivityWindows
    private let sources: any SourceControl
    let authenticator: Authenticator
    let sessions = Sessions()
    private let metrics: Metrics
    let refusals: Counter
    private let clock: any WallClock
    /// What due times go by.
    private let schedule: any WallClock
    let log: Logger
    private let isReady = Atomic<Bool>(false)

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
        streams.endAll(.reload)
    }

    /// The shops of the configuration, to which keys can be limited.
    package func update(shops: [String]) { keys.update(shops: shops) }

    /// Puts the keys of the store into force; before that nobody may be let in by one, so before the listener starts.
    package func loadKeys() async throws(StoreError) { try await keys.load() }

    /// Whether a caller who was let in would be let in again; for answers that go on and on.
    func admits(_ caller: Caller) -> Bool { authenticator.admits(caller, at: clock.now()) }

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

    /// The one place where keys and roles are asked for.
    private func admit(_ request: HTTPRequest, to route: AdminRoute, id: String) throws(Problem) -> Caller {
        let (role, needsAllShops): (AdminRole, Bool)
        switch route.access {
        case .open: return .anybody
        case .role(let needed): (role, needsAllShops) = (needed, false)
        case .allShops(let needed): (role, needsAllShops) = (needed, true)
        }
        let caller = try recognise(request)
        keys.noteUse(of: caller, at: clock.now())
        if let problem = refusal(of: caller, at: route, role, needsAllShops: needsAllShops) {
            if route.isAudited {
                trail.noteRefusal(of: caller, request, to: route, id: id, status: problem.status, at: clock.now())
            }
            throw problem
        }
        // After the key, so that strangers learn nothing of the gateway's state here.
        guard isReady.load(ordering: .relaxed) else {
            throw Problem(503, "the gateway is starting or stopping", remedy: "try again in a moment")
                .with(header: "Retry-After", "1")
        }
        return caller
    }

    /// Why a key is not enough for a route; nil if it is.
    private func refusal(
        of caller: Caller,
        at route: AdminRoute,
        _ role: AdminRole,
        needsAllShops: Bool
    ) -> Problem? {
        guard caller.role.includes(role) else {
            refusals.increment(["role"])
            return Problem(
                403,
                "\(route.method) \(route.pattern) needs the role \(role.rawValue); "
                    + "the key \"\(caller.name)\" has the role \(caller.role.rawValue)",
                remedy: "use a key with the role \(role.rawValue)"
            )
        }
        guard needsAllShops, caller.shops != nil else { return nil }
        refusals.increment(["shops"])
        return Problem(
            403,
            "\(route.method) \(route.pattern) concerns all shops; the key \"\(caller.name)\" is limited to some",
            remedy: "use a key with the role \(role.rawValue) that is for all shops"
        )
    }

    private func recognise(_ request: HTTPRequest) throws(Problem) -> Caller {
        if let caller = try callerBySession(request) { return caller }
        return try caller(by: authenticator.judge(request.headers, from: request.peer, at: clock.now()), request)
    }

    /// The caller of a verdict, or why there is none.
    func caller(by verdict: Authenticator.Verdict, _ request: HTTPRequest) throws(Problem) -> Caller {
        switch verdict {
        case .caller(let caller): return caller
        case .missing:
            refusals.increment(["missing"])
            throw Problem(401, "this needs a key", remedy: "send it as \"Authorization: Bearer KEY\"")
                .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\"")
        case .noKeys:
            refusals.increment(["no_keys"])
            throw Problem(401, "the configuration has no key for the admin API", remedy: "add one to admin.keys")
                .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\"")
        case .expired(let caller, let moment):
            refusals.increment(["expired"])
            throw Problem(
                401,
                "the key \"\(caller.name)\" expired at \(moment.rfc3339)",
                remedy: "have an admin make a new one"
            )
            .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\", error=\"invalid_token\"")
        case .wrong:
            refusals.increment(["wrong"])
            log.warning("wrong key at the admin API", metadata: ["address": "\(request.peer)"])
            throw Problem(
                401,
                "that is not a key of this gateway",
                remedy: "send one of admin.keys or of GET /v1/keys as \"Authorization: Bearer KEY\""
            )
            .with(header: "WWW-Authenticate", "Bearer realm=\"martlet\", error=\"invalid_token\"")
        case .tooMany(let seconds):
            refusals.increment(["too_many"])
            throw Problem(
                429,
                "too many wrong keys have come from \(request.peer)",
                remedy: "try again in \(seconds) s with a right one"
            )
            .with(header: "Retry-After", String(seconds))
        }
    }

    /// The one place where changes are written down.
    private func answer(_ call: AdminCall, _ route: AdminRoute) async -> HTTPResponse {
        guard route.isAudited else { return await respond(call, route) }
        let response = await trail.record(call, route) { await respond(call, route) }
        log.notice(
            "operator's request",
            metadata: [
                "key": "\(call.caller.name)", "route": "\(route.method) \(route.pattern)",
                "id": "\(AuditTrail.shown(call.id).prefix(64))", "status": "\(response.status)",
            ]
        )
        return response
    }

    private func respond(_ call: AdminCall, _ route: AdminRoute) async -> HTTPResponse {
        do {
            return try await route.creates ? idempotency.answer(call, route) : route.answer(call)
        } catch let problem as Problem {
            return problem.response
        } catch let error as StoreError {
            log.error("store failed an admin request", metadata: ["error": "\(error.label)", "detail": "\(error)"])
            return Problem(error).response
        } catch {
            log.error("admin request failed", metadata: ["route": "\(route.pattern)", "error": "\(error)"])
            return Problem(500, "the gateway failed", remedy: "see its log").response
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

/// The pages that are open to everybody.
extension AdminService {
    func readiness() async -> HTTPResponse {
        guard isReady.load(ordering: .relaxed) else { return .text(503, "starting or draining") }
        do throws(StoreError) {
            try await store.probe()
            return .text(200, "ready")
        } catch {
            log.error("store not ready", metadata: ["error": "\(error.label)", "detail": "\(error)"])
            return .text(503, "store: \(error.label)")
        }
    }

    func metricsPage() async -> HTTPResponse {
        let now = schedule.now()
        let isUp = await readiness().status == 200
        var gauges = [
            Gauge(
                "martlet_ready",
                help: "1 while the gateway takes callbacks and its store can be written, as /readyz says.",
                samples: [([], isUp ? 1 : 0)]
            )
        ]
        gauges += [EndpointGauges.read(await control.standings())]
        gauges.append(SweepDocument.gauge(await sweeps.standings().map(\.record), at: clock.now()))
        do throws(StoreError) {
            gauges += StoreGauges.read(try await store.statistics(now: now), at: now)
            gauges.append(WatchGauges.read(try await store.watchCounts()))
            gauges.append(ReplayDocument.gauge(try await store.replayCounts()))
        } catch {
            // The counters in memory are still worth having while the store is in trouble.
            log.error("store gave no statistics", metadata: ["error": "\(error.label)"])
        }
        return HTTPResponse(
            status: 200,
            headers: HeaderFields([("Content-Type", "text/plain; version=0.0.4; charset=utf-8")]),
            body: Array(metrics.render(gauges: gauges).utf8)
        )
    }
}
