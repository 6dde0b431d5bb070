// SPDX-License-Identifier: Apache-2.0

/// Which addresses a delivery may connect to (contract.md section 5); asked at connect time for every resolved address.
///
/// Everything that is no ordinary unicast address of the public Internet is refused unless the operator lists it:
/// a subscriber that is wrongly refused is noticed at once and costs a line of configuration, the converse does not.
package struct EgressPolicy: Sendable, Equatable {
    /// Exceptions that the operator lists in `allowNetworks`.
    package var allowed: [AddressBlock]

    package init(allowed: [AddressBlock] = []) { self.allowed = allowed }

    /// Whether a connection to `address` may be opened.
    package func permits(_ address: IPAddress) -> Bool {
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if SpecialNetworks.contains(address) { return false }
        // A gateway on the way turns these into the IPv4 address that they carry, so that one is judged.
        if let carried = Self.carriedIPv4(in: address) { return permits(carried) }
        return address.isIPv4 || Self.isGlobalUnicast(address)
    }

    /// 2000::/3, the only part of IPv6 that is given out for the public Internet (RFC 4291 section 2.4, IANA registry).
    private static func isGlobalUnicast(_ address: IPAddress) -> Bool { address.bytes[0] & 0xE0 == 0x20 }

    /// 6to4 (2002::/16, RFC 3056), NAT64 (64:ff9b::/96, RFC 6052) and IPv4-compatible (::/96, RFC 4291) addresses.
    ///
    /// The other forms are refused whatever they carry: Teredo is out of use, and where 64:ff9b:1::/48 (RFC 8215) puts
    /// its IPv4 address is each network's own choice. IPv4-mapped addresses are IPv4 addresses from the start.
    private static func carriedIPv4(in address: IPAddress) -> IPAddress? {
        guard !address.isIPv4 else { return nil }
        let bytes = address.bytes
        if bytes[0] == 0x20, bytes[1] == 0x02 { return IPAddress(bytes: Array(bytes[2..<6])) }
        let isNAT64 = bytes[..<12] == [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        let isCompatible = bytes[..<12].allSatisfy { $0 == 0 }
        return isNAT64 || isCompatible ? IPAddress(bytes: Array(bytes[12...])) : nil
    }
}
