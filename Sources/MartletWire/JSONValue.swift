// SPDX-License-Identifier: Apache-2.0

/// A JSON value that keeps what ordinary readers lose: the order of members and the exact digits of numbers.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's text as received, such as `207.10`.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    package var object: JSONObject? {
        if case .object(let value) = self { return value }
        return nil
    }

    /// What an error message calls this kind of value.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// An object's members in the order they came.
///
/// `JSONReader` refuses repeated names.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    package var members: [Member]

    package init(_ members: [(String, JSONValue)] = []) {
        self.members = members.map { Member(name: $0.0, value: $0.1) }
    }

    /// Nil if there is no such member; `.null` if it is null.
    package subscript(name: String) -> JSONValue? {
        index(of: name).map { members[$0].value }
    }

    /// Where the member with that name stands.
    package func index(of name: String) -> Int? {
        // Names differ in length more often than not, which is quicker to see than that they are not equal.
        let length = name.utf8.count
        return members.firstIndex {
            // What Swift takes for equal may be spelt differently, which are two names (RFC 8259 section 8.3).
            $0.name.utf8.count == length && $0.name == name && $0.name.utf8.elementsEqual(name.utf8)
        }
    }
}
