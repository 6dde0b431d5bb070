// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletWire

/// `/v1/stream`: what happens, as it happens.
enum StreamRoutes {
    static let parameters = ["kinds", "shop", "source", "type", "endpoint", "after"]

    @Sendable static func open(_ call: AdminCall) async throws -> HTTPResponse {
        let parameters = call.parameters
        let filter = StreamFilter(
            kinds: try kinds(parameters),
            shop: parameters.text("shop"),
            source: parameters.text("source"),
            type: try type(parameters),
            endpoint: try await endpoint(call)
        )
        return try await call.service.streams.open(
            filter,
            call.access,
            for: try call.service.guest(of: call),
            after: try position(call)
        )
    }

    private static func kinds(_ parameters: Parameters) throws(Problem) -> Set<StreamKind> {
        guard let text = parameters.text("kinds") else { return Set(StreamKind.allCases) }
        let known = StreamKind.allCases.map(\.rawValue)
        var kinds: Set<StreamKind> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let kind = StreamKind(rawValue: word) else {
                let near = known.near(to: String(word.prefix(64)))
                throw Problem(
                    field: "kinds",
                    rule: "must be some of \(known.joined(separator: ", ")), joined by commas",
                    remedy: near.first.map { "did you mean \"\($0)\"?" } ?? "leave it out for all of them"
                )
            }
            kinds.insert(kind)
        }
        return kinds
    }

    private static func type(_ parameters: Parameters) throws(Problem) -> EventPattern? {
        guard let text = parameters.text("type") else { return nil }
        let names = (EventType.all + EventType.operational).map(\.rawValue)
        if text.hasSuffix("*") {
            guard let pattern = EventPattern(text) else {
                throw Problem(field: "type", rule: "is no pattern", remedy: "write it like payment.*")
            }
            return pattern
        }
        return try parameters.choice("type", of: names).flatMap(EventPattern.init)
    }

    /// An endpoint that has been removed may still have deliveries; a name that nobody knows is a slip.
    private static func endpoint(_ call: AdminCall) async throws -> EndpointID? {
        guard let id = call.parameters.text("endpoint").map({ EndpointID($0) }) else { return nil }
        let known = await call.access.endpoints().map(\.endpoint.id)
        if known.contains(id) { return id }
        throw Problem.unknown(
            "endpoint",
            id.rawValue,
            among: known.map(\.rawValue),
            remedy: "GET /v1/endpoints lists those that there are"
        )
    }

    /// `Last-Event-ID` comes from a client that connects again, with the address that it began with.
    private static func position(_ call: AdminCall) throws(Problem) -> Int64? {
        let header = call.request.headers[first: "Last-Event-ID"]
        guard let text = header ?? call.parameters.text("after") else { return nil }
        guard let position = Int64(text), position >= 0 else {
            throw Problem(
                field: header == nil ? "after" : "Last-Event-ID",
                rule: "must be a position, which is a whole number",
                remedy: "take the \"id\" of an event of the stream, or leave it out to begin with what comes next"
            )
        }
        return position
    }
}
