// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/sweeps`: the daily comparison of providers' lists with what has come, and resending of single callbacks.
enum SweepRoutes {
    /// All of them: there is one for each source.
    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let standings = await call.access.sweeps()
        return .page(ListPage(standings, limit: max(1, standings.count)) { _ in ListCursor(list: "sweeps", last: "") })
        {
            SweepDocument.write($0, to: &$1)
        }
    }

    @Sendable static func run(_ call: AdminCall) async throws -> HTTPResponse {
        let body = try call.body(allowing: ["source"])
        guard let text = body["source"]?.string else {
            throw Problem(field: "source", rule: "must be a text", remedy: "write it like cryptomus/main")
        }
        let source = try source(text)
        guard let isNew = try await call.access.sweepNow(source) else {
            let known = await call.access.sweeps().map(\.record.source.description)
            var problem = Problem(
                field: "source",
                rule: "\"\(text.prefix(64))\" is not swept",
                remedy: known.isEmpty
                    ? "no source has \"sweep\" and what its provider's list is asked for with"
                    : "choose one of \(known.joined(separator: ", "))"
            )
            problem.near = known.near(to: String(text.prefix(64)))
            throw problem
        }
        let standing = await call.access.sweeps().first { $0.record.source == source }
        return .json { json in
            json.beginObject()
            json.member("source", source.description)
            json.member("outcome", isNew ? "begun" : "running")
            if let standing {
                json.name("sweep")
                SweepDocument.write(standing, to: &json)
            }
            json.endObject()
        }
    }

    /// The path names the source as `provider/id`.
    @Sendable static func resend(_ call: AdminCall) async throws -> HTTPResponse {
        let source = try source(call.id)
        let body = try call.body(allowing: ["uuid", "orderId"])
        let wanted = try wanted(body)
        guard let outcome = try await call.access.resend(wanted, at: source) else {
            throw Problem(
                404,
                "there is no source \"\(call.id.prefix(64))\" whose provider is asked, or not with this order",
                remedy: "see \"sources\" of the configuration, and \"shops\" of the key"
            )
        }
        switch outcome {
        case .accepted:
            return .json { json in
                json.beginObject()
                json.member("source", source.description)
                json.member("outcome", "accepted")
                json.member("meaning", "the provider says that it sends the callback again; it comes like any other")
                json.endObject()
            }
        case .refused(let status, let message):
            let words = message.map { ": \($0)" } ?? ""
            throw Problem(409, "the provider does not send it again (HTTP \(status))\(words)", remedy: offered)
        case .failed(let problem):
            throw Problem(503, "the provider gave no answer (\(problem))", remedy: "try again later")
        case .deferred(let pause):
            let seconds = max(1, (pause.wholeMilliseconds + 999) / 1000)
            throw Problem(503, "the provider is not asked right now", remedy: "try again in \(seconds) s")
                .with(header: "Retry-After", String(seconds))
        case .notPossible(let reason): throw Problem(409, "nothing was asked: \(reason)")
        }
    }

    private static let offered =
        "Cryptomus does so for invoices that are paid, overpaid or underpaid and closed, at most ten times; "
        + "\"POST /v1/watches\" has the gateway ask about any"

    private static func wanted(_ body: JSONObject) throws(Problem) -> ResendRequest {
        var texts: [String: String] = [:]
        for name in ["uuid", "orderId"] {
            switch body[name] {
            case nil, .null: break
            case .string(let text) where (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 }:
                texts[name] = text
            case .some:
                throw Problem(
                    field: name,
                    rule: "must be text of 1 to 128 characters without spaces",
                    remedy: "write the number as the provider shows it"
                )
            }
        }
        guard texts.count == 1 else {
            throw Problem(
                field: "uuid",
                rule: texts.isEmpty ? "is missing" : "and \"orderId\" stand together",
                remedy: "give the provider's uuid, or your orderId, and not both"
            )
        }
        return ResendRequest(uuid: texts["uuid"], orderID: texts["orderId"])
    }

    private static func source(_ text: String) throws(Problem) -> SourceID {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Problem(field: "source", rule: "must be provider/id", remedy: "write it like cryptomus/main")
        }
        return SourceID(provider: String(parts[0]), id: String(parts[1]))
    }
}
