// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletCrypto
import MartletWire

/// The two texts that `sign` may stand for, and the digest over them (providers.md section 4.5).
package struct CryptomusSignature {
    let body: [UInt8]
    let object: JSONObject
    /// Where the members of `object` stand in `body`.
    let ranges: [Range<Int>]

    /// Whether `sign` is the digest of either text; the second one is only tried if the first fails.
    ///
    /// The provider sends what PHP wrote, so both texts are the same as a rule, and the received one is there already.
    func matches(_ sign: [UInt8], key: Secret) -> Bool {
        if constantTimeEquals(Self.digest(of: rawText, key: key), sign) { return true }
        return constantTimeEquals(Self.digest(of: canonicalText, key: key), sign)
    }

    /// The object written anew in PHP's manner, without the top-level `sign`.
    var canonicalText: [UInt8] { PHPJSON.write(object, leavingOut: "sign", capacity: body.count) }

    /// The received text without the top-level `sign`, the comma beside it and the spaces around those.
    var rawText: [UInt8] {
        guard let index = object.index(of: "sign") else { return body }
        var cut = ranges[index]
        if index > 0 {
            cut = ranges[index - 1].upperBound..<cut.upperBound
        } else if index + 1 < ranges.count {
            cut = cut.lowerBound..<ranges[index + 1].lowerBound
        }
        let start = body.firstIndex(of: 0x7B) ?? 0
        let end = (body.lastIndex(of: 0x7D) ?? body.count - 1) + 1
        var text: [UInt8] = []
        text.reserveCapacity(end - start)
        text += body[start..<cut.lowerBound]
        text += body[cut.upperBound..<end]
        return text
    }

    /// MD5 over the Base64 of a text and the key, as lower-case hexadecimal digits.
    package static func digest(of text: [UInt8], key: Secret) -> [UInt8] {
        let message = key.withExposedBytes { key in
            var message = Base64.encodeToBytes(text, room: key.count)
            message.append(contentsOf: key)
            return message
        }
        return Array(Hex.encode(Digest.md5(message)).utf8)
    }
}

/// JSON as PHP's `json_encode` writes it with `JSON_UNESCAPED_UNICODE` (providers.md section 4.5).
///
/// Slashes are escaped and letters are literal, but U+2028 and U+2029 are escaped.
enum PHPJSON {
    static func write(_ object: JSONObject, leavingOut name: String? = nil, capacity: Int = 512) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(capacity)
        append(object, leavingOut: name, to: &text)
        return text
    }

    private static func append(_ object: JSONObject, leavingOut name: String?, to text: inout [UInt8]) {
        text.append(0x7B)
        var needsComma = false
        for member in object.members where name == nil || member.name != name {
            if needsComma { text.append(0x2C) }
            needsComma = true
            append(member.name, to: &text)
            text.append(0x3A)
            append(member.value, to: &text)
        }
        text.append(0x7D)
    }

    private static func append(_ value: JSONValue, to text: inout [UInt8]) {
        switch value {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let flag): text.append(contentsOf: (flag ? "true" : "false").utf8)
        case .number(let digits): text.append(contentsOf: digits.utf8)
        case .string(let string): append(string, to: &text)
        case .object(let object): append(object, leavingOut: nil, to: &text)
        case .array(let elements):
            text.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(0x2C) }
                append(element, to: &text)
            }
            text.append(0x5D)
        }
    }

    private static func append(_ string: String, to text: inout [UInt8]) {
        text.append(0x22)
        var string = string
        string.withUTF8 { bytes in
            var start = 0
            for (index, byte) in bytes.enumerated() {
                guard mayNeedEscape(byte), let escape = escape(byte, at: index, in: bytes) else { continue }
                text.append(contentsOf: bytes[start..<index])
                text.append(contentsOf: escape.text.utf8)
                start = index + escape.length
            }
            text.append(contentsOf: bytes[start...])
        }
        text.append(0x22)
    }

    /// Whether a byte needs a second look; almost none does.
    private static func mayNeedEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x2F || byte == 0x5C || byte == 0xE2
    }

    /// What stands for the bytes at `index`, and how many of them; nil if they stand for themselves.
    private static func escape(
        _ byte: UInt8,
        at index: Int,
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> (text: String, length: Int)? {
        switch byte {
        case 0x22: return ("\\\"", 1)
        case 0x5C: return ("\\\\", 1)
        case 0x2F: return ("\\/", 1)
        case 0x08: return ("\\b", 1)
        case 0x0C: return ("\\f", 1)
        case 0x0A: return ("\\n", 1)
        case 0x0D: return ("\\r", 1)
        case 0x09: return ("\\t", 1)
        case 0..<0x20: return ("\\u00" + Hex.encode([byte]), 1)
        case 0xE2:
            guard index + 2 < bytes.count, bytes[index + 1] == 0x80 else { return nil }
            switch bytes[index + 2] {
            case 0xA8: return ("\\u2028", 3)
            case 0xA9: return ("\\u2029", 3)
            default: return nil
            }
        default: return nil
        }
    }
}
