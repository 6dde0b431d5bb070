// SPDX-License-Identifier: Apache-2.0

/// One pass over the bytes of a JSON text, by recursive descent; `maxDepth` bounds the recursion.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    private let maxDepth: Int
    /// Where the members of the outermost object stand.
    private(set) var topLevelRanges: [Range<Int>] = []

    /// Checks what concerns the text as a whole: byte order mark and UTF-8.
    init(_ bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) throws(JSONReadError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONReadError(.byteOrderMark, at: 0) }
        if let offset = UTF8Validation.firstInvalidOffset(in: bytes) { throw JSONReadError(.invalidUTF8, at: offset) }
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    mutating func value() throws(JSONReadError) -> JSONValue {
        switch try nextSignificant() {
        case 0x7B: return .object(try object())
        case 0x5B: return .array(try array())
        case 0x22: return .string(try string())
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        case 0x2D, 0x30...0x39: return .number(try number())
        default: throw JSONReadError(.unexpectedCharacter, at: position)
        }
    }

    /// Nothing but spaces may follow.
    mutating func end() throws(JSONReadError) {
        skipSpaces()
        if position < bytes.count { throw JSONReadError(.trailingText, at: position) }
    }

    // MARK: objects and lists

    private mutating func object() throws(JSONReadError) -> JSONObject {
        try enter()
        var object = JSONObject()
        var names = SeenNames()
        if try nextSignificant() == 0x7D {
            leave()
            return object
        }
        object.members.reserveCapacity(16)
        while true {
            guard try nextSignificant() == 0x22 else { throw JSONReadError(.unexpectedCharacter, at: position) }
            let start = position
            let name = try string()
            guard names.insert(name, besides: object) else {
                throw JSONReadError(.repeatedMember, at: start, member: name)
            }
            guard try nextSignificant() == 0x3A else { throw JSONReadError(.unexpectedCharacter, at: position) }
            position += 1
            object.members.append(JSONObject.Member(name: name, value: try value()))
            if depth == 1 { topLevelRanges.append(start..<position) }
            if try separator(closing: 0x7D) { return object }
        }
    }

    private mutating func array() throws(JSONReadError) -> [JSONValue] {
        try enter()
        var elements: [JSONValue] = []
        if try nextSignificant() == 0x5D {
            leave()
            return elements
        }
        while true {
            elements.append(try value())
            if try separator(closing: 0x5D) { return elements }
        }
    }

    private mutating func enter() throws(JSONReadError) {
        guard depth < maxDepth else { throw JSONReadError(.tooDeep, at: position) }
        depth += 1
        position += 1
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    /// Passes a comma, or leaves at the closing bracket; true if it was the latter.
    private mutating func separator(closing: UInt8) throws(JSONReadError) -> Bool {
        let byte = try nextSignificant()
        if byte == closing {
            leave()
            return true
        }
        guard byte == 0x2C else { throw JSONReadError(.unexpectedCharacter, at: position) }
        position += 1
        return false
    }

    // MARK: numbers and words

    private mutating func number() throws(JSONReadError) -> String {
        let start = position
        if bytes[position] == 0x2D { position += 1 }
        let whole = position
        guard digits() > 0, bytes[whole] != 0x30 || position == whole + 1 else {
            throw JSONReadError(.invalidNumber, at: start)
        }
        if peek() == 0x2E {
            position += 1
            guard digits() > 0 else { throw JSONReadError(.invalidNumber, at: start) }
        }
        if peek() == 0x65 || peek() == 0x45 {
            position += 1
            if peek() == 0x2B || peek() == 0x2D { position += 1 }
            guard digits() > 0 else { throw JSONReadError(.invalidNumber, at: start) }
        }
        return text(start..<position)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
        return position - start
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONReadError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard let byte = peek() else { throw JSONReadError(.unexpectedEnd, at: position) }
            guard byte == word.utf8Start[offset] else { throw JSONReadError(.unexpectedCharacter, at: position) }
            position += 1
        }
        return value
    }

    // MARK: texts

    private mutating func string() throws(JSONReadError) -> String {
        position += 1
        let start = position
        while let byte = peek() {
            switch byte {
            case 0x22:
                let result = text(start..<position)
                position += 1
                return result
            case 0x5C: return try unescapedString(from: start)
            case 0..<0x20: throw JSONReadError(.controlCharacter, at: position)
            default: position += 1
            }
        }
        throw JSONReadError(.unexpectedEnd, at: position)
    }

    /// Goes on at the first backslash of a text that began at `start`.
    private mutating func unescapedString(from start: Int) throws(JSONReadError) -> String {
        var unescaped = Array(bytes[start..<position])
        while let byte = peek() {
            switch byte {
            case 0x22:
                position += 1
                return String(decoding: unescaped, as: UTF8.self)
            case 0x5C: try escape(into: &unescaped)
            case 0..<0x20: throw JSONReadError(.controlCharacter, at: position)
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw JSONReadError(.unexpectedEnd, at: position)
    }

    private mutating func escape(into unescaped: inout [UInt8]) throws(JSONReadError) {
        let start = position
        position += 1
        guard let byte = peek() else { throw JSONReadError(.unexpectedEnd, at: position) }
        position += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: unescaped.append(byte)
        case 0x62: unescaped.append(0x08)
        case 0x66: unescaped.append(0x0C)
        case 0x6E: unescaped.append(0x0A)
        case 0x72: unescaped.append(0x0D)
        case 0x74: unescaped.append(0x09)
        case 0x75: unescaped.append(contentsOf: String(Character(try scalar(escapedAt: start))).utf8)
        default: throw JSONReadError(.invalidEscape, at: start)
        }
    }

    /// Reads the digits after `\u`, and the second half where the first one is a high surrogate.
    private mutating func scalar(escapedAt start: Int) throws(JSONReadError) -> Unicode.Scalar {
        let first = try hexadecimalUnit(escapedAt: start)
        var code = UInt32(first)
        if (0xD800..<0xDC00).contains(first), peek() == 0x5C, position + 1 < bytes.count, bytes[position + 1] == 0x75 {
            position += 2
            let second = try hexadecimalUnit(escapedAt: start)
            guard (0xDC00..<0xE000).contains(second) else { throw JSONReadError(.loneSurrogate, at: start) }
            code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw JSONReadError(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func hexadecimalUnit(escapedAt start: Int) throws(JSONReadError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw JSONReadError(.unexpectedEnd, at: position) }
            guard let digit = byte.hexadecimalValue else { throw JSONReadError(.invalidEscape, at: start) }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    // MARK: bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    private mutating func skipSpaces() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func nextSignificant() throws(JSONReadError) -> UInt8 {
        skipSpaces()
        guard let byte = peek() else { throw JSONReadError(.unexpectedEnd, at: position) }
        return byte
    }
}

/// The names of one object so far.
///
/// A set only once there are many: comparing a few short names is quicker than hashing them, and comparing thousands
/// with each other would let a sender burn time.
private struct SeenNames {
    private static let linearLimit = 24
    private var names: Set<NameBytes> = []

    /// False if the name was there.
    mutating func insert(_ name: String, besides object: JSONObject) -> Bool {
        if object.members.count < Self.linearLimit { return object.index(of: name) == nil }
        if names.isEmpty { names = Set(object.members.map { NameBytes(text: $0.name) }) }
        return names.insert(NameBytes(text: name)).inserted
    }
}

/// A name by its bytes: Swift takes two spellings of one letter for equal; in JSON they are two names (RFC 8259 section
/// 8.3).
private struct NameBytes: Hashable {
    let text: String

    static func == (left: NameBytes, right: NameBytes) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in either case; nil for any other byte.
    var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
