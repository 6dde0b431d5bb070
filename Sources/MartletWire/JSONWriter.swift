// SPDX-License-Identifier: Apache-2.0

/// Writes JSON (RFC 8259) as bytes, compactly and in the order of the calls.
///
/// Used where the bytes matter: the body of a delivery is written once and signed as it is.
/// Commas are placed by the writer; the caller opens, names and closes.
package struct JSONWriter: Sendable {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    /// - Parameter capacity: bytes to reserve; a hint only.
    package init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func beginObject() { open(0x7B) }
    package mutating func endObject() { close(0x7D) }
    package mutating func beginArray() { open(0x5B) }
    package mutating func endArray() { close(0x5D) }

    /// Writes a member's name, which needs no escapes; its value must follow.
    package mutating func name(_ name: StaticString) {
        comma()
        bytes.append(0x22)
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(0x22)
        bytes.append(0x3A)
        needsComma = false
    }

    /// Writes a member's name that is not known before; its value must follow.
    package mutating func name(of name: String) {
        comma()
        quoted(name)
        bytes.append(0x3A)
        needsComma = false
    }

    package mutating func string(_ value: String) {
        comma()
        quoted(value)
        needsComma = true
    }

    /// Writes bytes as text; they must be UTF-8 (`UTF8Validation.isValid`).
    package mutating func string(utf8: [UInt8]) {
        comma()
        utf8.withUnsafeBufferPointer { quoted($0) }
        needsComma = true
    }

    package mutating func integer(_ value: Int64) { raw(Array(String(value).utf8)) }
    package mutating func bool(_ value: Bool) { word(value ? "true" : "false") }
    package mutating func null() { word("null") }

    /// Writes bytes that already are one JSON value, unchanged.
    package mutating func raw(_ json: [UInt8]) {
        comma()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    /// Writes `"name":"value"`, or `"name":null` for nil.
    package mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        if let value { string(value) } else { null() }
    }

    /// The same for a name that is not known before.
    package mutating func member(of name: String, _ value: String?) {
        self.name(of: name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, integer value: Int64?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }

    private mutating func word(_ word: StaticString) {
        comma()
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        comma()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(0x2C) }
    }

    private mutating func quoted(_ text: String) {
        var text = text
        text.withUTF8 { quoted($0) }
    }

    private mutating func quoted(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(0x22)
        // Most texts hold nothing to escape and are copied in one go.
        if let first = utf8.firstIndex(where: Self.isEscaped) {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[..<first]))
            appendEscaped(UnsafeBufferPointer(rebasing: utf8[first...]))
        } else {
            bytes.append(contentsOf: utf8)
        }
        bytes.append(0x22)
    }

    /// RFC 8259 section 7: quotation mark, reverse solidus and control characters must be escaped.
    private static func isEscaped(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    /// Goes by portions through memory on the stack: a body of JSON in JSON is full of quotation marks, and appending
    /// each run between them would cost more than the escaping.
    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        // Each byte may become six; beyond a kilobyte the memory would not be on the stack.
        let portion = 160
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: portion * 6) { escaped in
            var rest = text[...]
            while !rest.isEmpty {
                var count = 0
                for byte in rest.prefix(portion) {
                    if Self.isEscaped(byte) {
                        count = Self.escape(byte, into: escaped, at: count)
                    } else {
                        escaped[count] = byte
                        count += 1
                    }
                }
                bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: escaped[..<count]))
                rest = rest.dropFirst(portion)
            }
        }
    }

    /// Returns where the next byte goes.
    private static func escape(_ byte: UInt8, into target: UnsafeMutableBufferPointer<UInt8>, at index: Int) -> Int {
        target[index] = 0x5C
        let short: UInt8? =
            switch byte {
            case 0x08: 0x62
            case 0x09: 0x74
            case 0x0A: 0x6E
            case 0x0C: 0x66
            case 0x0D: 0x72
            case 0x22, 0x5C: byte
            default: nil
            }
        if let short {
            target[index + 1] = short
            return index + 2
        }
        target[index + 1] = 0x75
        target[index + 2] = 0x30
        target[index + 3] = 0x30
        target[index + 4] = hex[Int(byte >> 4)]
        target[index + 5] = hex[Int(byte & 15)]
        return index + 6
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
