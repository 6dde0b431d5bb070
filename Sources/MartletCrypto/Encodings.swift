// SPDX-License-Identifier: Apache-2.0

/// Lower-case hexadecimal digits.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { output in
            for (index, byte) in bytes.enumerated() {
                output[index * 2] = digits[Int(byte >> 4)]
                output[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// Nil unless the text is pairs of hexadecimal digits, in either case.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let utf8 = Array(text.utf8)
        guard utf8.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count / 2)
        for index in stride(from: 0, to: utf8.count, by: 2) {
            guard let high = value(utf8[index]), let low = value(utf8[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}

/// Standard Base64 with padding (RFC 4648 section 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    package static func encode(_ bytes: [UInt8]) -> String { String(decoding: encodeToBytes(bytes), as: UTF8.self) }

    /// The ASCII bytes of the encoding.
    ///
    /// `room`: for how many more bytes there shall be memory behind them.
    package static func encodeToBytes(_ bytes: [UInt8], room: Int = 0) -> [UInt8] {
        let total = (bytes.count + 2) / 3 * 4
        return [UInt8](unsafeUninitializedCapacity: total + room) { output, count in
            var position = 0
            var index = 0
            while index + 2 < bytes.count {
                let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                output[position] = alphabet[Int(group >> 18)]
                output[position + 1] = alphabet[Int(group >> 12 & 63)]
                output[position + 2] = alphabet[Int(group >> 6 & 63)]
                output[position + 3] = alphabet[Int(group & 63)]
                position += 4
                index += 3
            }
            if index < bytes.count {
                let second: UInt8? = index + 1 < bytes.count ? bytes[index + 1] : nil
                let group = UInt32(bytes[index]) << 16 | UInt32(second ?? 0) << 8
                output[position] = alphabet[Int(group >> 18)]
                output[position + 1] = alphabet[Int(group >> 12 & 63)]
                output[position + 2] = second == nil ? 0x3D : alphabet[Int(group >> 6 & 63)]
                output[position + 3] = 0x3D
            }
            count = total
        }
    }

    /// Nil unless the text is canonical: padded, no spaces, and no stray bits in the last digit.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var utf8 = Array(text.utf8)
        guard utf8.count % 4 == 0 else { return nil }
        var padding = 0
        while padding < 2, utf8.last == 0x3D {
            utf8.removeLast()
            padding += 1
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count * 3 / 4)
        var accumulator: UInt32 = 0
        var bits = 0
        for character in utf8 {
            let value = values[Int(character)]
            guard value != 0xFF else { return nil }
            accumulator = accumulator << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
            }
        }
        return accumulator & ((1 << UInt32(bits)) - 1) == 0 ? bytes : nil
    }
}
