// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletStore
import MartletWire

/// `/v1/watches`: orders that the gateway follows by asking their provider (contract section 7).
enum WatchRoutes {
    static let filters = ["source", "state"]

    @Sendable static func list(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let limit = try parameters.limit()
        let query = WatchQuery(
            source: try parameters.text("source").map { text throws(Problem) in try source(text) },
            state: try parameters.choice("state", of: WatchState.allCases.map(\.rawValue))
                .flatMap(WatchState.init(rawValue:)),
            before: try parameters.cursor(of: "watches") { WatchID(text: $0) },
            limit: limit + 1
        )
        let page = ListPage(try await call.access.watches(query), limit: limit) { stored in
            ListCursor(list: "watches", last: stored.watch.id.description)
        }
        return .page(page) { WatchDocument.write($0, to: &$1) }
    }

    @Sendable static func show(_ call: AdminCall) async throws -> HTTPResponse {
        guard let detail = try await call.access.watch(try id(call)) else { throw unknown(call) }
        return .json { WatchDocument.write(detail, to: &$0) }
    }

    /// 201 for a new watch, 200 where the order was watched before.
    @Sendable static func register(_ call: AdminCall) async throws -> HTTPResponse {
        let (source, registration) = try split(call.request.body)
        switch try await call.access.register(registration, at: source) {
        case .stored(.registered(let id)):
            return await answer(201, id, "registered", call)
        case .stored(.exists(let id)):
            return await answer(200, id, "exists", call)
        case .unknownSource(let all):
            // Names of sources are not for a key that sees some shops only.
            let known = call.caller.shops == nil ? all : []
            var problem = Problem(
                field: "source",
                rule: "\"\(source.description.prefix(64))\" cannot be watched",
                remedy: known.isEmpty
                    ? "name one that the configuration has and that can be asked"
                    : "choose one of \(known.map(\.description).joined(separator: ", "))"
            )
            problem.near = known.map(\.description).near(to: String(source.description.prefix(64)))
            throw problem
        case .refused(let problems): throw Problem(problems)
        case .otherShop: throw Problem.otherShop(call.caller)
        case .unknownShop:
            throw Problem(
                403,
                "the shop of the order shows only when its provider has been asked, and the key \"\(call.caller.name)\" does "
                    + "not reach all shops of \(source)",
                remedy: "give the order by your own number, or use a key that is for all shops of the source"
            )
        }
    }

    @Sendable static func poll(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        switch try await call.access.pollNow(id) {
        case .done: return await answer(200, id, "due", call)
        case .refused(let state):
            throw Problem(
                409,
                "\(id) is \(state.rawValue), so it is not polled",
                remedy: "POST /v1/watches/\(id)/resume opens it and polls it now"
            )
        case .unknown: throw unknown(call)
        }
    }

    @Sendable static func resume(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        switch try await call.access.resume(id) {
        case .done: return await answer(200, id, "resumed", call)
        case .refused:
            throw Problem(
                409,
                "\(id) is open and its source is not held",
                remedy: "POST /v1/watches/\(id)/poll polls it now"
            )
        case .unknown: throw unknown(call)
        }
    }

    @Sendable static func close(_ call: AdminCall) async throws -> HTTPResponse {
        _ = try call.body(allowing: [])
        let id = try id(call)
        switch try await call.access.close(id) {
        case .done: return await answer(200, id, "closed", call)
        case .refused: throw Problem(409, "\(id) is closed already", remedy: "nothing is left to do")
        case .unknown: throw unknown(call)
        }
    }

    /// The source, and the body as it came: its members belong to the provider, byte for byte.
    private static func split(_ body: [UInt8]) throws(Problem) -> (SourceID, [UInt8]) {
        let remedy = "send an object with \"source\" and the order's members; docs/watches.md lists them"
        let value: JSONValue
        do {
            value = try JSONReader.read(body)
        } catch {
            throw Problem(field: "body", rule: "is not JSON: \(error.description)", remedy: remedy)
        }
        guard let object = value.object else {
            throw Problem(field: "body", rule: "is \(value.kind), not an object", remedy: remedy)
        }
        guard let text = object["source"]?.string else {
            throw Problem(field: "source", rule: "must be a text", remedy: "write it like kryptoswap/main")
        }
        return (try source(text), body)
    }

    private static func source(_ text: String) throws(Problem) -> SourceID {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Problem(field: "source", rule: "must be provider/id", remedy: "write it like kryptoswap/main")
        }
        return SourceID(provider: String(parts[0]), id: String(parts[1]))
    }

    private static func answer(
        _ status: Int,
        _ id: WatchID,
        _ outcome: String,
        _ call: AdminCall
    ) async -> HTTPResponse {
        // It is done: what cannot be read now is left out.
        let stored = try? await call.access.watch(id)?.stored
        return .json(status) { json in
            json.beginObject()
            json.member("id", id.description)
            json.member("outcome", outcome)
            if let stored {
                json.name("watch")
                WatchDocument.write(stored, to: &json)
            }
            json.endObject()
        }
    }

    private static func id(_ call: AdminCall) throws(Problem) -> WatchID {
        try call.id("a watch's id", like: "wch_42", in: "/v1/watches", WatchID.init(text:))
    }

    private static func unknown(_ call: AdminCall) -> Problem {
        .unknown("watch", call.id, among: [], remedy: "GET /v1/watches lists those that there are")
    }
}
