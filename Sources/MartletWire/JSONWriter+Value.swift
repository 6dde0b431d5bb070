// SPDX-License-Identifier: Apache-2.0

extension JSONWriter {
    /// A value as it was read: members in their order, numbers digit for digit.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.bool(bool)
        case .number(let digits): raw(Array(digits.utf8))
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                name(of: member.name)
                self.value(member.value)
            }
            endObject()
        }
    }
}
