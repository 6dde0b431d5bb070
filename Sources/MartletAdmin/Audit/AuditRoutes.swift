// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/audit`: who did what.
enum AuditRoutes {
    static let filters = ["since", "until", "actor", "object"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let query = AuditQuery(
            since: try parameters.moment("since"),
            until: try parameters.moment("until"),
            actor: parameters.text("actor"),
            object: parameters.text("object"),
            before: try parameters.cursor(of: "audit") { AuditID(text: $0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.store.audit(query), limit: limit) { line in
            ListCursor(list: "audit", last: line.id.description)
        }
        return .page(page) { write($0, to: &$1) }
    }

    private static func write(_ line: AuditEntry, to json: inout JSONWriter) {
        let entry = line.entry
        json.beginObject()
        json.member("id", line.id.description)
        json.member("at", entry.at)
        json.member("actor", entry.actor)
        json.member("key", entry.key?.description)
        json.member("address", entry.address?.description)
        json.member("action", entry.action)
        json.member("object", entry.object)
        json.member("created", entry.result?.created)
        json.name("detail")
        if let detail = entry.detail { json.raw(Array(detail.utf8)) } else { json.null() }
        json.member("outcome", entry.result?.outcome.rawValue ?? "unknown")
        json.member("status", integer: entry.result?.status.map { Int64($0) })
        json.endObject()
    }
}
