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

    /// Named endpoints: each must be there, within the caller's sight, take the shop, and get a body that can be made.
    func check(_ call: AdminCall) async throws {
        guard let targets = wish.selection.targets else { return }
        let visible = await call.access.endpoints().map(\.endpoint)
        for target in targets {
            guard let endpoint = visible.first(where: { $0.id == target }) else {
                let near = visible.map(\.id.rawValue).near(to: target.rawValue)
                var problem = Problem(
                    field: "to",
                    rule: "names \"\(target.rawValue.prefix(64))\", which is no endpoint",
                    remedy: near.first.map { "did you mean \"\($0)\"?" }
                        ?? "GET /v1/endpoints lists those that there are"
                )
                problem.near = near
                throw problem
            }
            try checkShop(endpoint, call)
            try checkBody(endpoint)
        }
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

    /// The body of an endpoint's own shape is made when the event comes; afterwards it is there or it is not.
    private func checkBody(_ endpoint: Endpoint) throws(Problem) {
        guard endpoint.shape != nil else { return }
        if let event, event.deliveries.contains(where: { $0.endpoint == endpoint.id }) { return }
        throw Problem(
            field: "to",
            rule: "names \"\(endpoint.id)\", whose \"shape\" is given to events when they come and not afterwards",
            remedy: event == nil
                ? "give \"endpoint\": \"\(endpoint.id)\" instead, which makes again what was for it"
                : "name another endpoint"
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
