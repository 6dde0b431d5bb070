// SPDX-License-Identifier: Apache-2.0
import MartletNet

/// Every route of the admin listener with the role that it needs (contract.md section 6): the one table of both.
package enum AdminRoutes {
    /// What a request's method and path come to.
    enum Match {
        case route(AdminRoute, id: String)
        /// There is something at that path, for these methods.
        case otherMethod(allowed: [String])
        case none
    }

    package static let table: [AdminRoute] = [
        AdminRoute("GET", "/healthz", .open) { _ in .text(200, "ok") },
        AdminRoute("GET", "/readyz", .open) { await $0.service.readiness() },
        AdminRoute("GET", "/metrics", .open) { await $0.service.metricsPage() },
        AdminRoute("GET", "/", .open, answer: DashboardPages.index),
        AdminRoute("GET", "/assets/{id}", .open, answer: DashboardPages.asset),

        // Open, because this is where a key is shown; it is judged as in every other request.
        AdminRoute("POST", "/v1/session", .open, answer: SessionRoutes.begin),
        AdminRoute("GET", "/v1/session", .role(.viewer), answer: SessionRoutes.show),
        AdminRoute("DELETE", "/v1/session", .role(.viewer), answer: SessionRoutes.end),
        AdminRoute("GET", "/v1/openapi.json", .role(.viewer), answer: OpenAPIRoutes.show),

        AdminRoute(
            "GET",
            "/v1/events",
            .role(.viewer),
            parameters: EventRoutes.filters + paging,
            answer: EventRoutes.list
        ),
        AdminRoute("GET", "/v1/events/{id}", .role(.viewer), answer: EventRoutes.show),
        AdminRoute("POST", "/v1/events/{id}/replay", .role(.operator), creates: true, answer: ReplayRoutes.replayEvent),
        AdminRoute("DELETE", "/v1/events/{id}/personal-data", .role(.admin), answer: EventRoutes.expunge),

        AdminRoute(
            "GET",
            "/v1/deliveries",
            .role(.viewer),
            parameters: DeliveryRoutes.filters + paging,
            answer: DeliveryRoutes.list
        ),
        AdminRoute("GET", "/v1/deliveries/{id}", .role(.viewer), answer: DeliveryRoutes.show),
        AdminRoute("POST", "/v1/deliveries/{id}/retry", .role(.operator), answer: DeliveryRoutes.retry),
        AdminRoute("POST", "/v1/deliveries/{id}/cancel", .role(.operator), answer: DeliveryRoutes.cancel),

        AdminRoute("GET", "/v1/endpoints", .role(.viewer), parameters: paging, answer: EndpointRoutes.list),
        AdminRoute(
            "POST",
            "/v1/endpoints",
            .allShops(.admin),
            creates: true,
            secrets: ["secrets"],
            answer: EndpointRoutes.create
        ),
        AdminRoute("GET", "/v1/endpoints/{id}", .role(.viewer), answer: EndpointRoutes.show),
        AdminRoute("PATCH", "/v1/endpoints/{id}", .allShops(.admin), answer: EndpointRoutes.update),
        AdminRoute(
            "DELETE",
            "/v1/endpoints/{id}",
            .allShops(.admin),
            parameters: ["pending"],
            answer: EndpointRoutes.remove
        ),
        AdminRoute("POST", "/v1/endpoints/{id}/test", .allShops(.admin), answer: EndpointRoutes.test),
        AdminRoute(
            "POST",
            "/v1/endpoints/{id}/rotate-secret",
            .allShops(.admin),
            creates: true,
            secrets: ["secrets"],
            answer: EndpointRoutes.rotateSecret
        ),
        AdminRoute("POST", "/v1/endpoints/{id}/disable", .allShops(.admin), answer: EndpointRoutes.disable),
        AdminRoute("POST", "/v1/endpoints/{id}/enable", .allShops(.admin), answer: EndpointRoutes.enable),

        AdminRoute(
            "GET",
            "/v1/quarantine",
            .role(.viewer),
            parameters: QuarantineRoutes.filters + paging,
            answer: QuarantineRoutes.list
        ),
        AdminRoute("GET", "/v1/quarantine/{id}", .role(.viewer), answer: QuarantineRoutes.show),
        AdminRoute("DELETE", "/v1/quarantine/{id}", .role(.operator), answer: QuarantineRoutes.drop),
        AdminRoute("POST", "/v1/quarantine/{id}/release", .role(.operator), answer: QuarantineRoutes.release),
        AdminRoute("POST", "/v1/quarantine/release", .role(.operator), answer: QuarantineRoutes.releaseMany),
        AdminRoute(
            "GET",
            "/v1/watches",
            .role(.viewer),
            parameters: WatchRoutes.filters + paging,
            answer: WatchRoutes.list
        ),
        AdminRoute("POST", "/v1/watches", .role(.operator), creates: true, answer: WatchRoutes.register),
        AdminRoute("GET", "/v1/watches/{id}", .role(.viewer), answer: WatchRoutes.show),
        AdminRoute("DELETE", "/v1/watches/{id}", .role(.operator), answer: WatchRoutes.close),
        AdminRoute("POST", "/v1/watches/{id}/poll", .role(.operator), answer: WatchRoutes.poll),
        AdminRoute("POST", "/v1/watches/{id}/resume", .role(.operator), answer: WatchRoutes.resume),

        AdminRoute("POST", "/v1/secrets/reseal", .allShops(.admin), answer: SecretRoutes.reseal),
        AdminRoute(
            "GET",
            "/v1/stream",
            .role(.viewer),
            parameters: StreamRoutes.parameters,
            answer: StreamRoutes.open
        ),
        AdminRoute("GET", "/v1/stats", .role(.viewer), answer: StatsRoutes.show),
        AdminRoute("GET", "/v1/stats/history", .role(.viewer), answer: StatsRoutes.history),
        AdminRoute(
            "GET",
            "/v1/replays",
            .role(.viewer),
            parameters: ReplayRoutes.filters + paging,
            answer: ReplayRoutes.list
        ),
        AdminRoute("POST", "/v1/replays", .role(.operator), creates: true, answer: ReplayRoutes.create),
        AdminRoute("GET", "/v1/replays/{id}", .role(.viewer), answer: ReplayRoutes.show),
        AdminRoute("POST", "/v1/replays/{id}/pause", .role(.operator), answer: ReplayRoutes.pause),
        AdminRoute("POST", "/v1/replays/{id}/resume", .role(.operator), answer: ReplayRoutes.resume),
        AdminRoute("POST", "/v1/replays/{id}/cancel", .role(.operator), answer: ReplayRoutes.cancel),
        AdminRoute("GET", "/v1/sources", .role(.viewer), parameters: paging, answer: SourceRoutes.list),
        AdminRoute("GET", "/v1/sources/{provider}/{id}", .role(.viewer), answer: SourceRoutes.show),

        AdminRoute("GET", "/v1/sweeps", .role(.viewer), answer: SweepRoutes.list),
        AdminRoute("POST", "/v1/sweeps", .role(.operator), creates: true, answer: SweepRoutes.run),
        AdminRoute(
            "POST",
            "/v1/sources/{provider}/{id}/resend",
            .role(.operator),
            creates: true,
            answer: SweepRoutes.resend
        ),
        AdminRoute(
            "POST",
            "/v1/sources/kryptoswap/{id}/orders",
            .role(.operator),
            creates: true,
            answer: OrderRoutes.create
        ),

        AdminRoute("GET", "/v1/keys", .allShops(.admin), parameters: paging, answer: KeyRoutes.list),
        AdminRoute(
            "POST",
            "/v1/keys",
            .allShops(.admin),
            creates: true,
            secrets: [KeyRoutes.secret],
            answer: KeyRoutes.create
        ),
        AdminRoute("DELETE", "/v1/keys/{id}", .allShops(.admin), answer: KeyRoutes.revoke),
        AdminRoute(
            "GET",
            "/v1/audit",
            .allShops(.operator),
            parameters: AuditRoutes.filters + paging,
            answer: AuditRoutes.list
        ),
    ]

    private static let paging = ["limit", "cursor"]

    static func match(_ method: String, _ path: String) -> Match {
        let segments = AdminRoute.segments(of: path)
        var found = table.compactMap { route in route.match(segments).map { (route: route, id: $0) } }
        // A path that the table spells out is no id: `/v1/quarantine/release`.
        let plain = found.filter { !$0.route.pattern.contains("{") }
        if !plain.isEmpty { found = plain }
        // RFC 9110 section 9.3.2: HEAD is GET without the body, which the listener leaves out.
        let method = method == "HEAD" ? "GET" : method
        if let hit = found.first(where: { $0.route.method == method }) { return .route(hit.route, id: hit.id) }
        if found.isEmpty { return .none }
        return .otherMethod(allowed: found.flatMap { $0.route.method == "GET" ? ["GET", "HEAD"] : [$0.route.method] })
    }
}
