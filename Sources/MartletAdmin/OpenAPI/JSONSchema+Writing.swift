// SPDX-License-Identifier: Apache-2.0
import MartletWire

/// How a schema is printed (JSON Schema 2020-12, the dialect of OpenAPI 3.1).
extension JSONSchema {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        switch self {
        case .any: break
        case .text(let format, let pattern, let length):
            json.member("type", "string")
            if let format { json.member("format", format) }
            if let pattern { json.member("pattern", pattern) }
            if let length {
                json.member("minLength", integer: Int64(length.lowerBound))
                if length.upperBound < Int.max { json.member("maxLength", integer: Int64(length.upperBound)) }
            }
        case .integer(let range):
            json.member("type", "integer")
            json.member("minimum", integer: range.lowerBound)
            if range.upperBound < Int64.max { json.member("maximum", integer: range.upperBound) }
        case .number: json.member("type", "number")
        case .boolean: json.member("type", "boolean")
        case .word(let words):
            json.member("type", "string")
            json.member("enum", strings: words)
        case .list(let element):
            json.member("type", "array")
            json.name("items")
            element.write(to: &json)
        case .members(let members, let allowsOthers): Self.write(members, allowsOthers, to: &json)
        case .map(let element):
            json.member("type", "object")
            json.name("additionalProperties")
            element.write(to: &json)
        case .null: json.member("type", "null")
        case .either(let choices):
            json.name("anyOf")
            json.beginArray()
            for choice in choices { choice.write(to: &json) }
            json.endArray()
        case .named(let name, _): json.member("$ref", "#/components/schemas/\(name)")
        }
        json.endObject()
    }

    private static func write(_ members: [Member], _ allowsOthers: Bool, to json: inout JSONWriter) {
        json.member("type", "object")
        json.name("properties")
        json.beginObject()
        for member in members {
            json.name(of: member.name)
            member.schema.write(to: &json)
        }
        json.endObject()
        let required = members.filter(\.isRequired).map(\.name)
        if !required.isEmpty { json.member("required", strings: required) }
        if !allowsOthers { json.member("additionalProperties", bool: false) }
    }

    /// Adds every named schema that this one leads to.
    func collect(into named: inout [String: JSONSchema]) {
        switch self {
        case .any, .text, .integer, .number, .boolean, .word, .null: break
        case .list(let element), .map(let element): element.collect(into: &named)
        case .members(let members, _): for member in members { member.schema.collect(into: &named) }
        case .either(let choices): for choice in choices { choice.collect(into: &named) }
        case .named(let name, let schema):
            guard named[name] == nil else { return }
            named[name] = schema
            schema.collect(into: &named)
        }
    }
}
