// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/quarantine`: what was refused, and the way out of it (contract.md section 3).
enum QuarantineRoutes {
    static let filters = ["source", "reason", "since", "until"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let query = QuarantineQuery(
            source: try parameters.text("source").map(source),
            reasons: try parameters.choice("reason", of: RefusalReason.allCases.map(\.rawValue))
                .flatMap(RefusalReason.init(rawValue:)).map { [$0] },
            since: try parameters.moment("since"),
            until: try parameters.moment("until"),
            before: try parameters.cursor(of: "quarantine") { QuarantineID(text: $0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.quarantined(query), limit: limit) { row in
            ListCursor(list: "quarantine", last: row.id.description)
        }
        return .page(page) { QuarantineDocument.write($0, to: &$1) }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        guard let row = try await call.access.quarantined(try id(call)) else { throw unknown(call) }
        let showsRequest = call.caller.role.includes(.operator)
        return .json { QuarantineDocument.write(row, showsRequest: showsRequest, to: &$0) }
    }

    @Sendable static func drop(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        guard try await call.access.drop(id) else { throw unknown(call) }
        return answer(id, "dropped", "it is gone for good")
    }

    @Sendable static func release(_ call: AdminCall) async throws -> HTTPResponse {
        let forcing = try forcing(call)
        let id = try id(call)
        switch try await call.access.release(id, forcing: forcing) {
        case .released(let event, let flags):
            let meaning =
                flags.isEmpty
                ? "it is stored and on its way to the endpoints"
                : "it is stored, but not delivered: something newer of the same payment is known already"
            return answer(id, "released", meaning, event, flags)
        case .duplicate(let event):
            return answer(id, "duplicate", "the same change had been stored before, so nothing is delivered", event)
        case .hint: return answer(id, "hint", "it is kept as a pointer to an order that the provider is asked about")
        case .stillRefused(let refusal):
            throw Problem(
                409,
                "\(id) is refused by today's settings too: \(refusal.reason.rawValue), \(refusal.detail)",
                remedy: "mend the source's settings, reload them with SIGHUP and release it again"
            )
        case .unknownSource:
            throw Problem(
                409,
                "the source of \(id) is not configured any more",
                remedy: "put it back into the configuration and reload, or drop the callback"
            )
        case .notForcible:
            throw Problem(
                409,
                "callbacks of this provider say nothing that could be believed without proof",
                remedy: "mend the source's settings and release it without \"force\""
            )
        case .gone: throw unknown(call)
        }
    }

    @Sendable static func releaseMany(_ call: AdminCall) async throws -> HTTPResponse {
        let body = try call.body(allowing: filters + ["cursor"])
        let reason = try AdminCall.text("reason", of: body)
        if let reason, RefusalReason(rawValue: reason) == nil {
            let reasons = RefusalReason.allCases.map(\.rawValue)
            throw Problem(
                field: "reason",
                rule: "must be one of \(reasons.joined(separator: ", "))",
                remedy: reasons.near(to: reason).first.map { "did you mean \"\($0)\"?" } ?? "choose one of these"
            )
        }
        var request = ReleaseRequest(
            source: try AdminCall.text("source", of: body).map(source),
            reason: reason.flatMap(RefusalReason.init(rawValue:)),
            since: try AdminCall.moment("since", of: body),
            until: try AdminCall.moment("until", of: body)
        )
        if let text = try AdminCall.text("cursor", of: body) {
            guard let cursor = ReleaseRequest.Cursor(text: text) else {
                throw Problem(
                    field: "cursor",
                    rule: "is not a cursor of a release",
                    remedy: "take \"nextCursor\" of an earlier answer as it stands, or leave it out to begin"
                )
            }
            request.cursor = cursor
        }
        let report = await call.access.release(request)
        return .json { QuarantineDocument.write(report, to: &$0) }
    }

    // MARK: reading

    private static func forcing(_ call: AdminCall) throws(Problem) -> Forcing? {
        let body = try call.body(allowing: ["force", "reason"])
        let reason = try AdminCall.text("reason", of: body)
        guard try AdminCall.bool("force", of: body) else {
            guard reason == nil else {
                throw Problem(
                    field: "reason",
                    rule: "has no meaning without \"force\"",
                    remedy: "leave it out, or send \"force\": true with it"
                )
            }
            return nil
        }
        guard let reason, reason.contains(where: { !$0.isWhitespace }), reason.utf8.count <= 500 else {
            throw Problem(
                field: "reason",
                rule: "must say in up to 500 bytes why this callback is believed without proof",
                remedy: "write it down: it is kept with the event"
            )
        }
        return Forcing(by: call.caller.name, reason: reason, at: call.service.now())
    }

    private static func source(_ text: String) throws(Problem) -> SourceID {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts.contains("") else {
            throw Problem(
                field: "source",
                rule: "must be a provider and an id with a slash between",
                remedy: "write it like cryptomus/main"
            )
        }
        return SourceID(provider: String(parts[0]), id: String(parts[1]))
    }

    private static func id(_ call: AdminCall) throws(Problem) -> QuarantineID {
        try call.id(
            "the id of a callback in quarantine",
            like: "qtn_42",
            in: "/v1/quarantine",
            QuarantineID.init(text:)
        )
    }

    private static func unknown(_ call: AdminCall) -> Problem {
        .unknown(
            "callback in quarantine",
            call.id,
            among: [],
            remedy: "it may have been released, dropped or outlived; GET /v1/quarantine lists those that there are"
        )
    }

    private static func answer(
        _ id: QuarantineID,
        _ outcome: String,
        _ meaning: String,
        _ event: EventID? = nil,
        _ flags: [EventFlag] = []
    ) -> HTTPResponse {
        .json { json in
            json.beginObject()
            json.member("id", id.description)
            json.member("outcome", outcome)
            json.member("meaning", meaning)
            json.member("event", event?.rawValue)
            json.member("flags", strings: flags.map(\.rawValue))
            json.endObject()
        }
    }
}
