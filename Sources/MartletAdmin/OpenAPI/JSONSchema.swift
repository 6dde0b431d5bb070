// SPDX-License-Identifier: Apache-2.0
import MartletCore

/// What a JSON value may be: the part of JSON Schema 2020-12 that the admin API's documents need.
///
/// Routes describe with it what they read and write; `OpenAPIDocument` prints it, and tests hold answers against it.
package indirect enum JSONSchema: Sendable {
    /// Any value at all.
    case any
    /// `format` is one of JSON Schema's names; `pattern` a regular expression of ECMA-262 that the whole text matches.
    case text(format: String?, pattern: String?, length: ClosedRange<Int>?)
    case integer(ClosedRange<Int64>)
    case number
    case boolean
    /// One of these texts.
    case word([String])
    case list(JSONSchema)
    /// `allowsOthers`: whether there may be members that are not listed.
    case members([Member], allowsOthers: Bool)
    /// An object whose members' names are not known before.
    case map(JSONSchema)
    case null
    case either([JSONSchema])
    /// Printed once among the document's components, and referred to by its name.
    case named(String, JSONSchema)

    package struct Member: Sendable {
        package var name: String
        package var schema: JSONSchema
        package var isRequired: Bool
    }

    // MARK: short forms

    static let text = JSONSchema.text(format: nil, pattern: nil, length: nil)
    /// Text of at least one character, as every query parameter is; only the request line bounds it.
    static let someText = JSONSchema.text(format: nil, pattern: nil, length: 1...Int.max)
    /// A moment as RFC 3339 writes it.
    static let moment = JSONSchema.text(format: "date-time", pattern: nil, length: nil)
    /// 0 or more.
    static let count = JSONSchema.integer(0...Int64.max)
    /// `provider/id`.
    static let source = JSONSchema.text(format: nil, pattern: "^[^/]+/[^/]+$", length: nil)
    /// Header fields as pairs of name and value: a field may come more than once.
    static let fields = JSONSchema.list(.list(.text))

    /// An id of the configuration, by its rule.
    static let configuredID = JSONSchema.text(format: nil, pattern: "^[a-z0-9][a-z0-9_-]{0,63}$", length: nil)

    /// An id that the store numbers, such as `dlv_42`.
    static func id(_ prefix: String) -> JSONSchema {
        .text(format: nil, pattern: "^\(prefix)[1-9][0-9]*$", length: nil)
    }

    /// The cases of an enumeration by their raw values.
    static func word<Word: CaseIterable & RawRepresentable>(of type: Word.Type) -> JSONSchema
    where Word.RawValue == String { .word(Word.allCases.map(\.rawValue)) }

    /// These members and no others; a name that ends in `?` may be missing.
    static func object(_ members: KeyValuePairs<String, JSONSchema>) -> JSONSchema {
        .members(read(members), allowsOthers: false)
    }

    /// These members, and others that the gateway does not know.
    static func openObject(_ members: KeyValuePairs<String, JSONSchema>) -> JSONSchema {
        .members(read(members), allowsOthers: true)
    }

    /// The value, or null.
    var orNull: JSONSchema { .either([self, .null]) }

    /// An object with these members too.
    func with(_ more: KeyValuePairs<String, JSONSchema>) -> JSONSchema {
        switch self {
        case .members(let members, let allowsOthers):
            .members(members + Self.read(more), allowsOthers: allowsOthers)
        case .named(_, let schema): schema.with(more)
        default: self
        }
    }

    private static func read(_ members: KeyValuePairs<String, JSONSchema>) -> [Member] {
        members.map { name, schema in
            let isOptional = name.hasSuffix("?")
            return Member(name: isOptional ? String(name.dropLast()) : name, schema: schema, isRequired: !isOptional)
        }
    }
}
