// SPDX-License-Identifier: Apache-2.0

/// The descriptions of all routes by method and pattern, such as `GET /v1/events`.
///
/// Each stands beside its routes, in `…Routes+Descriptions.swift` or `…Descriptions.swift`; a test finds a route without one.
enum RouteDescriptions {
    static let all: [String: RouteDescription] = {
        let areas = [
            OpenAPIRoutes.descriptions, EventRoutes.descriptions, DeliveryRoutes.descriptions,
            EndpointRoutes.descriptions, QuarantineRoutes.descriptions, WatchRoutes.descriptions,
            SweepRoutes.descriptions, OrderRoutes.descriptions, SourceRoutes.descriptions,
            KeyDescriptions.all, ReplayDescriptions.all, StreamDescriptions.all, SessionDescriptions.all,
            EndpointRoutes.managementDescriptions,
        ]
        return areas.reduce(into: [:]) { all, area in
            all.merge(area) { _, _ in preconditionFailure("a route is described twice") }
        }
    }()
}
