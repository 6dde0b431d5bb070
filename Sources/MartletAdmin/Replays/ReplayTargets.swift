// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletStore

/// Whether the endpoints of a replay can get what it is about.
struct ReplayTargets {
    let wish: ReplayWish
    /// The only event that is wanted, if one is.
    let event: EventDetail?
    let standings: [EndpointStanding]

    init(_ wish: ReplayWish, _ event: EventDetail?, _ standings: [EndpointStanding]) {
        self.wish = wish
        self.event = event
        self.standings = standings
    }

    /// Named endpoints: each must be there, within the caller's sight, and take the shop.
    func check(_ call: AdminCall) async throws {
        let visible = await call.access.endpoints().map(\.endpoint)
        for target in wish.selection.targets ?? [] {
            try checkShop(try endpoint(target, field: "to", among: visible), call)
        }
        if wish.selection.includesMissing, let name = wish.selection.endpoint {
            _ = try endpoint(name, field: "endpoint", among: visible)
        }
    }

    /// Nothing was found for an endpoint that is not there: more likely a slip of the pen than a question.
    ///
    /// Deliveries outlive their endpoint, so its name alone is no mistake.
    func check(_ survey: ReplaySurvey, _ call: AdminCall) async throws {
        guard survey.parts.isEmpty, let name = wish.selection.endpoint else { return }
        _ = try endpoint(name, field: "endpoint", among: await call.access.endpoints().map(\.endpoint))
    }

    private func endpoint(
        _ name: EndpointID,
        field: String,
        among visible: [Endpoint]
    ) throws(Problem) -> Endpoint {
        if let endpoint = visible.first(where: { $0.id == name }) { return endpoint }
        let near = visible.map(\.id.rawValue).near(to: name.rawValue)
        var problem = Problem(
            field: field,
            rule: "names \"\(name.rawValue.prefix(64))\", which is no endpoint",
            remedy: near.first.map { "did you mean \"\($0)\"?" } ?? "GET /v1/endpoints lists those that there are"
        )
        problem.near = near
        throw problem
    }

    /// No event of a shop goes where that shop's events do not go.
    private func checkShop(_ endpoint: Endpoint, _ call: AdminCall) throws(Problem) {
        if endpoint.shops.contains("*") { return }
        let shops = (event?.event.shop ?? wish.selection.shop).map { [$0] } ?? call.access.shops
        if let shops, shops.isSubset(of: endpoint.shops) { return }
        let taken = endpoint.shops.sorted().joined(separator: ", ")
        throw Problem(
            field: "to",
            rule: "names \"\(endpoint.id)\", which gets events of these shops only: \(taken)",
            remedy: event == nil ? "give \"shop\"" : "name another endpoint"
        )
    }

    /// A disabled endpoint would only pile up what it is to get.
    static func checkTakes(_ endpoint: EndpointID, _ state: EndpointState?, isNamed: Bool) throws(Problem) {
        let others = isNamed ? "leave it out of \"to\"" : "replay others with \"endpoint\""
        switch state {
        case .disabled:
            throw Problem(
                409,
                "the endpoint \"\(endpoint)\" is disabled, so nothing can be sent to it",
                remedy: "enable it first (martlet endpoints enable \(endpoint)), or \(others)"
            )
        case nil:
            throw Problem(
                409,
                "the endpoint \"\(endpoint)\" is not configured any more",
                remedy: "name in \"to\" who gets its deliveries, or \(others)"
            )
        case .active, .slowed, .parked, .probing, .ramping: return
        }
    }
}
