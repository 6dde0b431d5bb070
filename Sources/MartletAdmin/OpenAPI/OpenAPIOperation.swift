// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// One route with its description, as OpenAPI calls an operation; adds what all routes have in common.
package struct OpenAPIOperation: Sendable {
    private let route: AdminRoute
    private let description: RouteDescription

    package init(_ route: AdminRoute, _ description: RouteDescription) {
        self.route = route
        self.description = description
    }

    /// Statuses of the problem documents that the route may answer.
    package var problems: [Int] {
        var statuses = Set(description.problems)
        // A parameter that the route does not know, at least.
        statuses.insert(400)
        if !pathParameters.isEmpty { statuses.insert(404) }
        if route.access != .open { statuses.formUnion([401, 403, 429, 503]) }
        if route.creates { statuses.formUnion([409, 422, 504]) }
        return statuses.sorted()
    }

    /// The names in the path's braces.
    private var pathParameters: [String] {
        route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }

    func write(to json: inout JSONWriter) {
        json.name(of: route.method.lowercased())
        json.beginObject()
        json.member("operationId", description.operation)
        json.member("summary", description.summary)
        json.member("description", needs)
        json.name("security")
        json.beginArray()
        if route.access != .open {
            json.beginObject()
            json.name("key")
            json.beginArray()
            json.endArray()
            json.endObject()
        }
        json.endArray()
        writeParameters(to: &json)
        if let body = description.body {
            json.name("requestBody")
            json.beginObject()
            json.member("required", bool: body.isRequired)
            Self.write(content: [(mediaType: "application/json", schema: body.schema)], to: &json)
            json.endObject()
        }
        writeAnswers(to: &json)
        json.endObject()
    }

    private var needs: String {
        switch route.access {
        case .open: "Open to everybody who reaches the listener."
        case .role(let role): "Needs the role \(role.rawValue)."
        case .allShops(let role): "Needs the role \(role.rawValue), for all shops."
        }
    }

    private func writeParameters(to json: inout JSONWriter) {
        json.name("parameters")
        json.beginArray()
        for name in pathParameters {
            let schema = name == "id" ? description.id : .configuredID
            Self.write(.init(name, schema), in: "path", isRequired: true, to: &json)
        }
        for parameter in description.query where route.parameters.contains(parameter.name) {
            Self.write(parameter, in: "query", isRequired: false, to: &json)
        }
        if route.creates {
            let key = JSONSchema.text(format: nil, pattern: "^[!-~]+$", length: 1...255)
            let meaning =
                "The same key with the same request gets the same answer for 24 hours and makes nothing again; while "
                + "that is being done it gets 409 with the code request_under_way"
            Self.write(.init(IdempotencyKeys.header, key, meaning), in: "header", isRequired: false, to: &json)
        }
        json.endArray()
    }

    private static func write(
        _ parameter: RouteDescription.Parameter,
        in place: String,
        isRequired: Bool,
        to json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("name", parameter.name)
        json.member("in", place)
        json.member("required", bool: isRequired)
        if let meaning = parameter.meaning { json.member("description", meaning) }
        json.name("schema")
        parameter.schema.write(to: &json)
        json.endObject()
    }

    /// What the route answers, and what the listener does before it knows of a route.
    package var answers: [RouteDescription.Answer] {
        var answers = description.answers
        if route.creates, !route.secrets.isEmpty, !answers.contains(where: { $0.status == 200 }) {
            answers.append(
                .json(.openObject(["note": .text]), 200, "The Idempotency-Key repeats one; without the secret")
            )
        }
        if !pathParameters.isEmpty || !description.query.isEmpty {
            answers.append(.text(414, "The request line is longer than 8 KiB"))
        }
        if description.body != nil { answers.append(.text(413, "The body is too large")) }
        return answers
    }

    private func writeAnswers(to json: inout JSONWriter) {
        json.name("responses")
        json.beginObject()
        let all = answers
        for status in Set(all.map(\.status)).union(problems).sorted() {
            let answers = all.filter { $0.status == status }
            var content = answers.map { (mediaType: $0.mediaType, schema: $0.schema) }
            if problems.contains(status) { content.append(("application/problem+json", OpenAPIDocument.problem)) }
            json.name(of: String(status))
            json.beginObject()
            json.member("description", answers.first?.meaning ?? Self.meaning(ofProblem: status))
            Self.write(content: content, to: &json)
            json.endObject()
        }
        json.endObject()
    }

    private static func write(content: [(mediaType: String, schema: JSONSchema)], to json: inout JSONWriter) {
        json.name("content")
        json.beginObject()
        for (mediaType, schema) in content {
            json.name(of: mediaType)
            json.beginObject()
            json.name("schema")
            schema.write(to: &json)
            json.endObject()
        }
        json.endObject()
    }

    private static func meaning(ofProblem status: Int) -> String {
        switch status {
        case 400: "A parameter or the body breaks a rule"
        case 401: "No key, or a wrong one"
        case 403: "The key's role or shops do not reach so far"
        case 404: "Nothing of that name that the key may see"
        case 409: "Not possible in the present state"
        case 412: "It has been changed meanwhile; see If-Match"
        case 422: "The Idempotency-Key stands for another request"
        case 429: "Too many wrong keys, or too many requests of a kind; see Retry-After"
        case 502: "A provider refused, or was not reached"
        case 504: "What came of the request is not known"
        default: "The gateway is starting or stopping, or its store is in trouble; see Retry-After"
        }
    }
}
