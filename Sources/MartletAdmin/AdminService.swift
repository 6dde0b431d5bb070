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
    private let quarantine: any QuarantineControl
    private let watches: any WatchControl
    private let sweeps: any SweepControl
    private let orders: any OrderControl
    let idempotency: IdempotencyKeys
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
    package init(
        store: any EventStore,
        control: any EndpointControl,
        quarantine: any QuarantineControl,
        watches: any WatchControl,
        sweeps: any SweepControl,
        orders: any OrderControl,
        keys: [AdminKey],
        metrics: Metrics,
        clock: any WallClock,
        schedule: (any WallClock)? = nil,
        log: Logger
    ) {
        self.store = store
        self.control = control
        self.quarantine = quarantine
        self.watches = watches
        self.sweeps = sweeps
        self.orders = orders
        idempotency = IdempotencyKeys(store: store, log: log)
        authenticator = Authenticator(keys)
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
    package func setReady(_ ready: Bool) { isReady.store(ready, ordering: .relaxed) }

    /// Puts changed keys into force; the old ones are worth nothing from then on.
    package func update(keys: [AdminKey]) { authenticator.update(keys) }

    package func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
        do throws(Problem) {
            let (route, id) = try find(request)
            let caller = try admit(request, to: route)
            let parameters = try Parameters(of: request.target, allowed: route.parameters)
            let call = AdminCall(
                request: request,
                id: id,
                parameters: parameters,
                caller: caller,
                access: ScopedAccess(
                    store: store,
                    control: control,
                    quarantine: quarantine,
                    watches: watches,
                    sweeps: sweeps,
                    orders: orders,
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
    private func admit(_ request: HTTPRequest, to route: AdminRoute) throws(Problem) -> Caller {
        let (role, needsAllShops): (AdminRole, Bool)
        switch route.access {
        case .open: return .anybody
        case .role(let needed): (role, needsAllShops) = (needed, false)
        case .allShops(let needed): (role, needsAllShops) = (needed, true)
        }
        let caller = try recognise(request)
        guard caller.role.includes(role) else {
            refusals.increment(["role"])
            throw Problem(
                403,
                "\(route.method) \(route.pattern) needs the role \(role.rawValue); "
                    + "the key \"\(caller.name)\" has the role \(caller.role.rawValue)",
                remedy: "use a key with the role \(role.rawValue), or change \"role\" in admin.keys"
            )
        }
        if needsAllShops, caller.shops != nil {
            refusals.increment(["shops"])
            throw Problem(
                403,
                "\(route.method) \(route.pattern) concerns all shops; the key \"\(caller.name)\" is limited to some",
                remedy: "use a key with the role \(role.rawValue) whose \"shops\" in admin.keys are [\"*\"]"
            )
        }
        // After the key, so that strangers learn nothing of the gateway's state here.
        guard isReady.load(ordering: .relaxed) else {
            throw Problem(503, "the gateway is starting or stopping", remedy: "try again in a moment")
                .with(header: "Retry-After", "1")
        }
        return caller
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
        case .wrong:
            refusals.increment(["wrong"])
            log.warning("wrong key at the admin API", metadata: ["address": "\(request.peer)"])
            throw Problem(
                401,
                "that is not a key of this gateway",
                remedy: "send one of admin.keys as \"Authorization: Bearer KEY\""
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

    private func answer(_ call: AdminCall, _ route: AdminRoute) async -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await route.answer(call)
        } catch let problem as Problem {
            response = problem.response
        } catch let error as StoreError {
            log.error("store failed an admin request", metadata: ["error": "\(error.label)", "detail": "\(error)"])
            response = Problem(error).response
        } catch {
            log.error("admin request failed", metadata: ["route": "\(route.pattern)", "error": "\(error)"])
            response = Problem(500, "the gateway failed", remedy: "see its log").response
        }
        if route.method != "GET" {
            log.notice(
                "operator's request",
                metadata: [
                    "key": "\(call.caller.name)", "route": "\(route.method) \(route.pattern)",
                    "id": "\(call.id.prefix(64))", "status": "\(response.status)",
                ]
            )
        }
        return response
    }

    /// The moment by which people see things dated.
    func now() -> Timestamp { clock.now() }

    /// The state of an endpoint, whoever asks; nil if it is not configured.
    func state(of id: EndpointID) async -> EndpointState? {
        await control.standings().first { $0.endpoint.id == id }?.state
    }
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
        var gauges = [EndpointGauges.read(await control.standings())]
        gauges.append(SweepDocument.gauge(await sweeps.standings().map(\.record), at: clock.now()))
        do throws(StoreError) {
            gauges += StoreGauges.read(try await store.statistics(now: now), at: now)
            gauges.append(WatchGauges.read(try await store.watchCounts()))
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
