// SPDX-License-Identifier: Apache-2.0

/// HTTP header fields in the order they came, repeats included (RFC 9110 section 5.2).
///
/// A list and not a dictionary, so that repeated or conflicting fields stay visible to the checks that need them.
package struct HeaderFields: Sendable, Equatable {
    /// One field; the name keeps the spelling it arrived with.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var fields: [Field]

    package init(_ fields: [(String, String)] = []) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    package init(fields: [Field]) { self.fields = fields }

    /// Without fields yet, but with room for so many.
    package init(capacity: Int) {
        fields = []
        fields.reserveCapacity(capacity)
    }

    package var isEmpty: Bool { fields.isEmpty }

    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The value of the first field with that name, compared without regard to ASCII case.
    package subscript(first name: String) -> String? {
        for field in fields where field.name.equalsIgnoringASCIICase(name) { return field.value }
        return nil
    }

    /// The fields without those that carry credentials of the transport: these are kept and shown nowhere.
    package var withoutCredentials: HeaderFields {
        guard fields.contains(where: Self.isCredential) else { return self }
        var kept = self
        kept.fields.removeAll(where: Self.isCredential)
        return kept
    }

    private static func isCredential(_ field: Field) -> Bool {
        switch field.name.utf8.count {
        case 6: field.name.equalsIgnoringASCIICase("cookie")
        case 13: field.name.equalsIgnoringASCIICase("authorization")
        case 19: field.name.equalsIgnoringASCIICase("proxy-authorization")
        default: false
        }
    }

    /// Every value with that name, in order.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
    }
}

extension String {
    /// ASCII case-insensitive equality, as HTTP compares field names, media types and tokens.
    package func equalsIgnoringASCIICase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return zip(utf8, other.utf8).allSatisfy { left, right in
            left == right || (left ^ right == 0x20 && (left | 0x20) >= 0x61 && (left | 0x20) <= 0x7A)
        }
    }
}
