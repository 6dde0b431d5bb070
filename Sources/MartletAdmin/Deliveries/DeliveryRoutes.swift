// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/deliveries`: where each one stands, and what an operator does to it by hand.
enum DeliveryRoutes {
    static let filters = ["state", "endpoint", "event", "replay", "since", "until"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let query = DeliveryQuery(
            state: try parameters.choice("state", of: DeliveryState.allCases.map(\.rawValue))
                .flatMap(DeliveryState.init(rawValue:)),
            endpoint: parameters.text("endpoint").map { EndpointID($0) },
            event: parameters.text("event").map(EventID.init(rawValue:)),
            replay: try parameters.text("replay").map { try ReplayRoutes.id($0, field: "replay") },
            since: try parameters.moment("since"),
            until: try parameters.moment("until"),
            before: try parameters.cursor(of: "deliveries") { DeliveryID(text: $0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.deliveries(query), limit: limit) { delivery in
            ListCursor(list: "deliveries", last: delivery.id.description)
        }
        return .page(page) { DeliveryDocument.write($0, to: &$1) }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        guard let detail = try await call.access.delivery(try id(call)) else {
            let recent = try await call.access.deliveries(DeliveryQuery(limit: 200)).map(\.id.description)
            throw Problem.unknown(
                "delivery",
                call.id,
                among: recent,
                remedy: "GET /v1/deliveries lists those that there are"
            )
        }
        let waits = await call.service.reason(for: detail.delivery)
        return .json { DeliveryDocument.write(detail, waits: waits, to: &$0) }
    }

    @Sendable static func retry(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        switch try await call.access.retry(id) {
        case .due(let endpoint):
            return await done(id, "due", endpoint, "it is due now and goes as soon as its endpoint has room", call)
        case .waitsInLane(let endpoint):
            let meaning = "it waits its turn: an earlier delivery of the same payment comes first"
            return await done(id, "waitsInLane", endpoint, meaning, call)
        case .inFlight:
            throw Problem(
                409,
                "\(id) is in hand or being sent right now, so there was nothing to do",
                remedy: "GET /v1/deliveries/\(id) shows what comes of it"
            )
        case .delivered:
            throw Problem(
                409,
                "\(id) has been delivered, so it is not retried",
                remedy: "GET /v1/deliveries/\(id) shows the answer that it got"
            )
        case .expunged:
            throw Problem(
                409,
                "the personal data of \(id)'s event has been removed, so there is nothing left to deliver",
                remedy: "ask the provider for the payment if its details are needed again"
            )
        case .unknown: throw unknown(call)
        }
    }

    @Sendable static func cancel(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        switch try await call.access.cancel(id) {
        case .cancelled(let endpoint):
            return await done(id, "cancelled", endpoint, "no further attempt is made; a retry takes it up again", call)
        case .inFlight:
            throw Problem(
                409,
                "\(id) is in hand or being sent right now and cannot be stopped",
                remedy: "try again when this attempt has ended, or disable its endpoint first"
            )
        case .ended(let state):
            throw Problem(409, "\(id) is \(state.rawValue) already", remedy: "nothing is left to stop")
        case .unknown: throw unknown(call)
        }
    }

    /// Says what the endpoint will make of it: a retry for a disabled endpoint must not look like one that is under way.
    private static func done(
        _ id: DeliveryID,
        _ outcome: String,
        _ endpoint: EndpointID,
        _ meaning: String,
        _ call: AdminCall
    ) async -> HTTPResponse {
        // By the control's whole list: a key that may see the delivery may know what hinders it.
        let state = await call.service.state(of: endpoint)
        var meaning = meaning
        if outcome != "cancelled" {
            switch state {
            case .disabled: meaning += "; but its endpoint is disabled, so it waits until that is enabled"
            case nil: meaning += "; but its endpoint is not configured, so it waits until that is"
            case .parked, .probing: meaning += "; its endpoint has been failing and is tried with one request at a time"
            case .active, .slowed, .ramping: break
            }
        }
        return .json { json in
            json.beginObject()
            json.member("id", id.description)
            json.member("outcome", outcome)
            json.member("meaning", meaning)
            json.member("endpoint", endpoint.rawValue)
            json.member("endpointState", state?.rawValue)
            json.endObject()
        }
    }

    private static func id(_ call: AdminCall) throws(Problem) -> DeliveryID {
        try call.id("a delivery's id", like: "dlv_42", in: "/v1/deliveries", DeliveryID.init(text:))
    }

    private static func unknown(_ call: AdminCall) -> Problem {
        .unknown("delivery", call.id, among: [], remedy: "GET /v1/deliveries lists those that there are")
    }
}
