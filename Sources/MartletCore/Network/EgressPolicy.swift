// SPDX-License-Identifier: Apache-2.0

/// Which addresses a delivery may connect to (contract.md section 5); asked at connect time for every resolved address.
package struct EgressPolicy: Sendable, Equatable {
    /// Exceptions that the operator lists in `allowNetworks`.
    package var allowed: [AddressBlock]

    package init(allowed: [AddressBlock] = []) { self.allowed = allowed }

    /// Whether a connection to `address` may be opened.
    package func permits(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if Self.special.contains(where: { $0.contains(address) }) { return false }
        // Forms that carry an IPv4 address: judged by the address they carry.
        if let carried = Self.carriedIPv4(in: address) { return permits(carried) }
        return address.isIPv4 || Self.isGlobalUnicast(address)
    }

    /// 2000::/3, the only part of IPv6 that is given out for the public Internet (RFC 4291 section 2.4, IANA registry).
    private static func isGlobalUnicast(_ address: IPAddress) -> Bool { address.bytes[0] & 0xE0 == 0x20 }

    /// Special-purpose blocks (IANA registries, RFC 6890): none of them is a subscriber on the public Internet.
    ///
    /// Teredo (2001::/32) and the other protocol assignments are in 2001::/23; what is outside 2000::/3 needs no line.
    private static let special: [AddressBlock] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "2001::/23", "2001:db8::/32", "3fff::/20",
    ].compactMap(AddressBlock.init)

    /// 6to4 (2002::/16, RFC 3056), NAT64 (64:ff9b::/96, RFC 6052) and IPv4-compatible (::/96, RFC 4291) addresses.
    private static func carriedIPv4(in address: IPAddress) -> IPAddress? {
        guard !address.isIPv4 else { return nil }
        let bytes = address.bytes
        if bytes[0] == 0x20, bytes[1] == 0x02 { return IPAddress(bytes: Array(bytes[2..<6])) }
        let isNAT64 = bytes[..<12] == [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        let isCompatible = bytes[..<12].allSatisfy { $0 == 0 }
        return isNAT64 || isCompatible ? IPAddress(bytes: Array(bytes[12...])) : nil
    }
}
