// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

@testable import MartletAdmin

/// The description of the admin API is whole.
///
/// That answers are as described is checked by every test of the admin API (`AdminClient.ask`).
@Suite(.serialized, .timeLimit(.minutes(1))) struct OpenAPITests {
    @Test func everyRouteIsDescribed() {
        let routes = AdminRoutes.table.map { "\($0.method) \($0.pattern)" }
        for route in routes { #expect(RouteDescriptions.all[route] != nil, "\(route) has no description") }
        let operations = RouteDescriptions.all.values.map(\.operation)
        #expect(Set(operations).count == operations.count)
    }

    @Test(arguments: AdminRoutes.table.indices)
    func descriptionsNameTheParametersThatRoutesTake(_ index: Int) {
        let route = AdminRoutes.table[index]
        let described = Set(route.description?.query.map(\.name) ?? [])
        #expect(described.isSuperset(of: route.parameters), "\(route.method) \(route.pattern)")
        #expect(route.description?.summary.hasSuffix(".") == true, "\(route.method) \(route.pattern)")
        if route.method == "GET" { #expect(route.description?.body == nil) }
    }

    @Test func theDocumentIsServedAndWhole() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let answer = try await AdminClient(harness: harness, key: "viewer-key-0123456789").get("/v1/openapi.json")
            #expect(answer.status == 200)
            #expect(answer.headers[first: "Content-Type"] == "application/json")
            #expect(answer.text("openapi") == "3.1.0")
            let paths = try #require(answer.object["paths"]?.object)
            for route in AdminRoutes.table {
                let operation = paths[route.pattern]?.object?[route.method.lowercased()]?.object
                #expect(operation?["operationId"] != nil, "\(route.method) \(route.pattern)")
            }
            let schemas = try #require(answer.object["components"]?.object?["schemas"]?.object)
            let named = Set(schemas.members.map { "#/components/schemas/\($0.name)" })
            let used = references(in: .object(answer.object))
            #expect(used == named)
        }
    }

    @Test func parametersOfManyKindsAreJudgedAsDescribed() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source, keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            for route in AdminRoutes.table where route.method == "GET" && route.pattern.hasPrefix("/v1/") {
                let path = route.pattern.replacing("{id}", with: "nothing").replacing("{provider}", with: "none")
                #expect(try await client.get("\(path)?colour=red").status == 400, "\(path)")
                guard route.parameters.contains("limit") else { continue }
                for wrong in [
                    "limit=0", "limit=501", "limit=ten", "limit=1&limit=2", "cursor=xyz", "cursor=6576", "limit=",
                ] {
                    let answer = try await client.get("\(path)?\(wrong)")
                    #expect(answer.status == 400, "\(path)?\(wrong)")
                    #expect(answer.text("remedy") != nil, "\(path)?\(wrong)")
                }
                for right in ["limit=1", "limit=500"] {
                    #expect(try await client.get("\(path)?\(right)").status == 200, "\(path)?\(right)")
                }
                #expect(try await client.ask("HEAD", path).status == 200, "HEAD \(path)")
            }
        }
    }

    private func references(in value: JSONValue) -> Set<String> {
        switch value {
        case .object(let object):
            let own = object["$ref"]?.string.map { Set([$0]) } ?? []
            return object.members.reduce(own) { $0.union(references(in: $1.value)) }
        case .array(let elements): return elements.reduce([]) { $0.union(references(in: $1)) }
        default: return []
        }
    }
}
