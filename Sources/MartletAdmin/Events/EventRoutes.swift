// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/events`: what has been taken in.
enum EventRoutes {
    static let filters = ["shop", "source", "provider", "type", "order", "object", "since", "until"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let types = (EventType.all + EventType.operational).map(\.rawValue)
        let query = EventQuery(
            shop: parameters.text("shop"),
            provider: parameters.text("provider"),
            source: parameters.text("source"),
            type: try parameters.choice("type", of: types),
            order: parameters.text("order"),
            object: parameters.text("object"),
            since: try parameters.moment("since"),
            until: try parameters.moment("until"),
            before: try parameters.cursor(of: "events") { Int64($0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.events(query), limit: limit) { event in
            ListCursor(list: "events", last: String(event.sequence))
        }
        return .page(page) { EventDocument.write($0, to: &$1) }
    }

    /// The raw callback may hold personal data, so that reading it takes more than the role of a viewer.
    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        let id = EventID(rawValue: call.id)
        guard let detail = try await call.access.event(id) else {
            // An id that was cut short, or copied with a slip, is most often a recent one.
            let recent = try await call.access.events(EventQuery(limit: 200)).map(\.id.rawValue)
            throw Problem.unknown(
                "event",
                call.id,
                among: recent,
                remedy: "GET /v1/events lists those that there are"
            )
        }
        let maySeeRaw = call.caller.role.includes(.operator)
        return .json { EventDocument.write(detail, showsRaw: maySeeRaw, to: &$0) }
    }
}
