// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore

/// `/v1/sources`: the accounts at providers, and how they are doing.
enum SourceRoutes {
    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let limit = try call.parameters.limit()
        let after = try call.parameters.cursor(of: "sources") { $0 }
        let rest = call.access.sources().filter { standing in after.map { standing.id.description > $0 } ?? true }
        let sorted = rest.sorted { $0.id.description < $1.id.description }
        let reports = try await call.access.reports(of: Array(sorted.prefix(limit)), now: call.service.now())
        var page = ListPage(reports, limit: limit) { ListCursor(list: "sources", last: $0.standing.id.description) }
        if sorted.count > limit, let last = reports.last {
            page.nextCursor = ListCursor(list: "sources", last: last.standing.id.description).text
        }
        return .page(page) { SourceDocument.write($0, to: &$1) }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        let standings = call.access.sources()
        let wanted = standings.filter { $0.id.description == call.id }
        guard let report = try await call.access.reports(of: wanted, now: call.service.now()).first else {
            throw Problem.unknown(
                "source",
                call.id,
                among: standings.map(\.id.description),
                remedy: "GET /v1/sources lists those that there are"
            )
        }
        return .json { SourceDocument.write(report, to: &$0) }
    }
}
