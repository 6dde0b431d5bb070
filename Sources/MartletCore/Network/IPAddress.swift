// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address.
///
/// An IPv4-mapped IPv6 address is kept as the IPv4 address it stands for.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    package let bytes: [UInt8]

    /// Nil unless there are 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16:
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.bytes = isMapped ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads dotted IPv4 or RFC 4291 IPv6 text, without brackets or zone.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        if let four = Self.parseIPv4(text) {
            self.init(bytes: four)
        } else if let sixteen = Self.parseIPv6(text) {
            self.init(bytes: sixteen)
        } else {
            return nil
        }
    }

    /// 127.0.0.1.
    package static let loopback = IPAddress(ipv4: 0x7F00_0001)

    /// An IPv4 address from its 32-bit number in host order.
    package init(ipv4 number: UInt32) {
        bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    package var isIPv4: Bool { bytes.count == 4 }

    /// Every callback's address is written once, so without an allocation.
    private var dotted: String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            for (index, byte) in bytes.enumerated() {
                if index > 0 {
                    text[count] = 0x2E
                    count += 1
                }
                for divisor: UInt8 in [100, 10, 1] where byte >= divisor || divisor == 1 {
                    text[count] = 0x30 + byte / divisor % 10
                    count += 1
                }
            }
            return count
        }
    }

    package var description: String {
        if isIPv4 { return dotted }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // RFC 5952: the longest run of two or more zero groups, the first of equals, is written `::`.
        var best = 0..<0
        var start: Int?
        for index in 0...8 {
            if index < 8, groups[index] == 0 {
                start = start ?? index
            } else if let first = start {
                if index - first > max(best.count, 1) { best = first..<index }
                start = nil
            }
        }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? text(0..<8) : "\(text(0..<best.lowerBound))::\(text(best.upperBound..<8))"
    }

    private static func parseIPv4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // A leading zero is refused: some readers take it for octal.
            let isDecimal = !part.isEmpty && part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            guard isDecimal, part.count == 1 || part.first != "0", let byte = UInt8(part) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, text.contains(":") else { return nil }
        func groups(_ half: Substring, isEnd: Bool) -> [UInt8]? {
            if half.isEmpty { return [] }
            var bytes: [UInt8] = []
            let parts = half.split(separator: ":", omittingEmptySubsequences: false)
            for (index, part) in parts.enumerated() {
                // Dotted text stands for the last 32 bits of the address (RFC 4291 section 2.2), nowhere else.
                if isEnd, index == parts.count - 1, part.contains("."), let four = parseIPv4(String(part)) {
                    bytes.append(contentsOf: four)
                    continue
                }
                let isHex = !part.isEmpty && part.count <= 4 && part.utf8.allSatisfy { Self.isHexDigit($0) }
                guard isHex, let group = UInt16(part, radix: 16) else { return nil }
                bytes.append(UInt8(group >> 8))
                bytes.append(UInt8(group & 0xFF))
            }
            return bytes
        }
        guard let head = groups(halves[0], isEnd: halves.count == 1) else { return nil }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        guard let tail = groups(halves[1], isEnd: true), head.count + tail.count <= 14 else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
    }
}

/// A block of addresses in CIDR notation; a bare address is a block of one.
package struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    /// Leading bits that must agree.
    package let prefix: Int

    package var description: String { "\(address)/\(prefix)" }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        self.address = address
        let width = address.bytes.count * 8
        guard parts.count == 2 else {
            prefix = width
            return
        }
        // An IPv4-mapped block counts its bits from the front of the IPv6 form: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let mappedBits = address.isIPv4 && parts[0].contains(":") ? 96 : 0
        let isDecimal = parts[1].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        let range = mappedBits...(mappedBits + width)
        guard isDecimal, let number = Int(parts[1]), range.contains(number) else { return nil }
        prefix = number - mappedBits
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let whole = prefix / 8
        guard other.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let rest = prefix % 8
        return rest == 0 || (other.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0
    }
}
