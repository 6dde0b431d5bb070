// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// The OpenAPI document of the admin API, made from the table of routes and their descriptions.
enum OpenAPIDocument {
    /// The version of OpenAPI that it is written in.
    static let version = "3.1.0"

    static let bytes: [UInt8] = {
        var json = JSONWriter(capacity: 65_536)
        json.beginObject()
        json.member("openapi", version)
        writeInfo(to: &json)
        json.name("paths")
        json.beginObject()
        var paths: [String] = []
        for route in AdminRoutes.table where !paths.contains(route.pattern) { paths.append(route.pattern) }
        for path in paths {
            json.name(of: path)
            json.beginObject()
            for route in AdminRoutes.table where route.pattern == path {
                if let description = route.description { OpenAPIOperation(route, description).write(to: &json) }
            }
            json.endObject()
        }
        json.endObject()
        writeComponents(to: &json)
        json.endObject()
        return json.bytes
    }()

    /// Every error but those of a client that speaks no HTTP (RFC 9457).
    static let problem = JSONSchema.named(
        "Problem",
        .object([
            "type": .word(["about:blank"]), "title": .text, "status": .integer(400...599), "detail": .text,
            "code?": .text, "field?": .text, "rule?": .text, "remedy?": .text, "near?": .list(.text),
        ])
    )

    private static func writeInfo(to json: inout JSONWriter) {
        json.name("info")
        json.beginObject()
        json.member("title", "Martlet's admin API")
        json.member("version", "1")
        json.member(
            "description",
            "For operators of a Martlet gateway and their scripts. Lists are newest first unless said otherwise."
        )
        json.endObject()
        // Without one the address that the document came from is the server's.
        json.name("servers")
        json.beginArray()
        json.beginObject()
        json.member("url", "/")
        json.endObject()
        json.endArray()
    }

    private static func writeComponents(to json: inout JSONWriter) {
        var named: [String: JSONSchema] = [:]
        problem.collect(into: &named)
        for route in AdminRoutes.table {
            guard let description = route.description else { continue }
            description.id.collect(into: &named)
            for parameter in description.query { parameter.schema.collect(into: &named) }
            description.body?.schema.collect(into: &named)
            for answer in description.answers { answer.schema.collect(into: &named) }
        }
        json.name("components")
        json.beginObject()
        json.name("schemas")
        json.beginObject()
        for (name, schema) in named.sorted(by: { $0.key < $1.key }) {
            json.name(of: name)
            schema.write(to: &json)
        }
        json.endObject()
        json.name("securitySchemes")
        json.beginObject()
        json.name("key")
        json.beginObject()
        json.member("type", "http")
        json.member("scheme", "bearer")
        json.member("description", "A key of the gateway; its role and shops limit what it may do and see.")
        json.endObject()
        json.endObject()
        json.endObject()
    }
}
