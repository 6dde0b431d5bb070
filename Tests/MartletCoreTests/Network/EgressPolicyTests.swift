// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EgressPolicyTests {
    static let special = [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
        "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "100::1", "2001:db8::1", "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "168.63.129.16", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "64:ff9b:1::a00:1", "::ffff:0:127.0.0.1", "4000::1",
    ]

    /// The registries' blocks, and the public neighbours on both sides; nil where the neighbour is special as well.
    static let blocks: [(block: String, before: String?, after: String?)] = [
        ("0.0.0.0/8", nil, "1.0.0.0"), ("10.0.0.0/8", "9.255.255.255", "11.0.0.0"),
        ("100.64.0.0/10", "100.63.255.255", "100.128.0.0"), ("127.0.0.0/8", "126.255.255.255", "128.0.0.0"),
        ("168.63.129.16/32", "168.63.129.15", "168.63.129.17"),
        ("169.254.0.0/16", "169.253.255.255", "169.255.0.0"), ("172.16.0.0/12", "172.15.255.255", "172.32.0.0"),
        ("192.0.0.0/24", "191.255.255.255", "192.0.1.0"), ("192.0.2.0/24", "192.0.1.255", "192.0.3.0"),
        ("192.31.196.0/24", "192.31.195.255", "192.31.197.0"), ("192.52.193.0/24", "192.52.192.255", "192.52.194.0"),
        ("192.88.99.0/24", "192.88.98.255", "192.88.100.0"), ("192.168.0.0/16", "192.167.255.255", "192.169.0.0"),
        ("192.175.48.0/24", "192.175.47.255", "192.175.49.0"), ("198.18.0.0/15", "198.17.255.255", "198.20.0.0"),
        ("198.51.100.0/24", "198.51.99.255", "198.51.101.0"), ("203.0.113.0/24", "203.0.112.255", "203.0.114.0"),
        ("224.0.0.0/4", "223.255.255.255", nil), ("240.0.0.0/4", nil, nil),
        ("::/127", nil, nil), ("::ffff:0:0:0/96", nil, nil), ("64:ff9b:1::/48", nil, nil), ("100::/64", nil, nil),
        ("100:0:0:1::/64", nil, nil), ("2001::/23", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"),
        ("2001:db8::/32", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"),
        ("2620:4f:8000::/48", "2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"),
        ("3fff::/20", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"), ("5f00::/16", nil, nil),
        ("4000::/2", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil), ("fc00::/7", nil, nil), ("fe80::/10", nil, nil),
        ("fec0::/10", nil, nil), ("ff00::/8", nil, nil),
    ]

    @Test(arguments: blocks)
    func refusesABlockFromItsFirstAddressToItsLast(text: String, before: String?, after: String?) throws {
        let block = try #require(AddressBlock(text))
        var first = block.address.bytes
        var last = first
        for bit in block.prefix..<first.count * 8 {
            first[bit / 8] &= ~(0x80 >> UInt8(bit % 8))
            last[bit / 8] |= 0x80 >> UInt8(bit % 8)
        }
        for bytes in [first, last] {
            let address = try #require(IPAddress(bytes: bytes))
            #expect(!EgressPolicy().permits(address), "\(address)")
            #expect(EgressPolicy(allowed: [block]).permits(address), "\(address)")
        }
        for neighbour in [before, after].compactMap({ $0 }) {
            #expect(EgressPolicy().permits(try #require(IPAddress(neighbour))), "\(neighbour)")
        }
    }

    @Test(arguments: special)
    func refusesSpecialNetworks(text: String) throws {
        #expect(!EgressPolicy().permits(try #require(IPAddress(text))))
    }

    @Test(arguments: special.filter { $0.contains(".") && !$0.contains(":") })
    func refusesTheFormsThatCarryASpecialIPv4Address(text: String) throws {
        let four = try #require(IPAddress(text)).bytes
        let zeros = [UInt8](repeating: 0, count: 10)
        let forms: [[UInt8]] = [
            zeros + [0xFF, 0xFF] + four,
            zeros + [0, 0] + four,
            [0x20, 0x02] + four + zeros,
            [0x00, 0x64, 0xFF, 0x9B] + zeros[..<8] + four,
            // Local-use NAT64 as RFC 6052 lays a /48 out, and as a /96 inside it.
            [0x00, 0x64, 0xFF, 0x9B, 0, 1] + four[..<2] + [0] + four[2...] + zeros[..<5],
            [0x00, 0x64, 0xFF, 0x9B, 0, 1, 0xFF, 0xFE] + zeros[..<4] + four,
            // Teredo carries a server's address in clear and the client's inverted (RFC 4380 section 4).
            [0x20, 0x01, 0, 0] + four + zeros[..<8],
            [0x20, 0x01, 0, 0] + zeros[..<8] + four.map { ~$0 },
        ]
        for form in forms {
            let address = try #require(IPAddress(bytes: form))
            #expect(!EgressPolicy().permits(address), "\(address)")
        }
    }

    @Test(arguments: [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1",
        "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
        "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001::200e",
        "2001:4860:4860::8888", "2001:200::1", "2002:808:808::1", "64:ff9b::808:808",
    ])
    func permitsThePublicInternet(text: String) throws {
        #expect(EgressPolicy().permits(try #require(IPAddress(text))))
    }

    @Test func permitsWhatTheOperatorLists() throws {
        let policy = EgressPolicy(allowed: ["10.0.0.0/8", "::1", "fd00::/8"].compactMap(AddressBlock.init))
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "::1", "fd12::1", "8.8.8.8", "64:ff9b::a01:203"] {
            #expect(policy.permits(try #require(IPAddress(text))), "\(text)")
        }
        for text in ["127.0.0.1", "192.168.0.1", "fc00::1", "169.254.169.254"] {
            #expect(!policy.permits(try #require(IPAddress(text))), "\(text)")
        }
    }
}
