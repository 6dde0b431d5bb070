// SPDX-License-Identifier: Apache-2.0

/// Blocks in which no subscriber on the public Internet lives.
///
/// The IANA special-purpose registries for IPv4 and IPv6 (RFC 6890) as a whole, with multicast and what was taken back.
/// Blocks that the registries call globally reachable are here too: they are anycast services, not anybody's server.
enum SpecialNetworks {
    static func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    private static let blocks = [
        "0.0.0.0/8",  // this network, RFC 791
        "10.0.0.0/8",  // private, RFC 1918
        "100.64.0.0/10",  // carrier-grade NAT, RFC 6598; a cloud's metadata service at 100.100.100.200
        "127.0.0.0/8",  // loopback, RFC 1122
        "168.63.129.16/32",  // a cloud's platform service, at a public address that only its machines reach
        "169.254.0.0/16",  // link-local, RFC 3927; metadata services at 169.254.169.254
        "172.16.0.0/12",  // private, RFC 1918
        "192.0.0.0/24",  // protocol assignments, RFC 6890; a cloud's metadata service at 192.0.0.192
        "192.0.2.0/24",  // documentation, RFC 5737
        "192.31.196.0/24",  // AS112, RFC 7535
        "192.52.193.0/24",  // multicast tunnels, RFC 7450
        "192.88.99.0/24",  // 6to4 relays, RFC 7526
        "192.168.0.0/16",  // private, RFC 1918
        "192.175.48.0/24",  // AS112, RFC 7534
        "198.18.0.0/15",  // benchmarks, RFC 2544
        "198.51.100.0/24",  // documentation, RFC 5737
        "203.0.113.0/24",  // documentation, RFC 5737
        "224.0.0.0/4",  // multicast, RFC 5771
        "240.0.0.0/4",  // reserved, RFC 1112, and broadcast
        "::/128",  // unspecified, RFC 4291
        "::1/128",  // loopback, RFC 4291
        // What is outside 2000::/3 needs no line: discard-only, unique-local, link-local, site-local, multicast,
        // segment routing, local-use NAT64.
        "2001::/23",  // protocol assignments, RFC 2928, with Teredo (2001::/32), ORCHID and DRIP
        "2001:db8::/32",  // documentation, RFC 3849
        "2620:4f:8000::/48",  // AS112, RFC 7534
        "3fff::/20",  // documentation, RFC 9637
    ].compactMap(AddressBlock.init)
}
