// SPDX-License-Identifier: Apache-2.0

/// Which bytes HTTP allows where (RFC 9110 section 5.6.2, RFC 9112 sections 3 and 5).
enum ByteRules {
    /// `tchar`: letters, digits and ``!#$%&'*+-.^_`|~``.
    static func isToken(_ byte: UInt8) -> Bool {
        // One bit for each of the codes 0–63 and 64–127.
        byte < 64 ? (0x03FF_6CFA_0000_0000 as UInt64) >> UInt64(byte) & 1 == 1 : isUpperToken(byte)
    }

    private static func isUpperToken(_ byte: UInt8) -> Bool {
        byte < 128 && (0x57FF_FFFF_C7FF_FFFE as UInt64) >> UInt64(byte - 64) & 1 == 1
    }

    /// Visible characters, blanks and `obs-text`; no NUL, CR, LF or other control.
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// Visible ASCII without `#`: a target has no fragment (RFC 9112 section 3.2).
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && byte != 0x23 }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The characters of `uri-host [":" port]` (RFC 3986 section 3.2.2).
    static func isHost(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "-._~:[]%!$&'()*+;=".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
    }

    static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x37
        case 0x61...0x66: Int(byte) - 0x57
        default: nil
        }
    }

    /// Compares with lower-case ASCII text, without regard to case.
    static func equal(_ bytes: UnsafeBufferPointer<UInt8>, lowercase text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            let byte = bytes[index]
            let lower = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            if lower != text.utf8Start[index] { return false }
        }
        return true
    }

    /// Without blanks and tabs at either end (RFC 9110 section 5.6.3, OWS).
    static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = bytes.count
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeBufferPointer(rebasing: bytes[start..<end])
    }
}
