// SPDX-License-Identifier: Apache-2.0

/// Writes `application/x-www-form-urlencoded` text as Java's `URLEncoder` does.
///
/// ASCII letters, digits, `-`, `_`, `.` and `*` stay, a space becomes a plus sign, everything else `%XX` with capital
/// digits of its UTF-8.
package enum FormText {
    /// Members in the order given.
    package static func encode(_ members: [(String, String)], escapingAsterisk: Bool = false) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(512)
        for (name, value) in members {
            if !text.isEmpty { text.append(0x26) }
            append(name, escapingAsterisk, to: &text)
            text.append(0x3D)
            append(value, escapingAsterisk, to: &text)
        }
        return text
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func append(_ value: String, _ escapingAsterisk: Bool, to text: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F, 0x2E: text.append(byte)
            case 0x2A where !escapingAsterisk: text.append(byte)
            case 0x20: text.append(0x2B)
            default: text.append(contentsOf: [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            }
        }
    }
}
