// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct EgressPolicyTests {
    static let special = [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
        "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192", "192.0.2.1",
        "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "100::1", "2001:db8::1", "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "64:ff9b:1::a00:1", "::ffff:0:127.0.0.1", "4000::1",
    ]

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
