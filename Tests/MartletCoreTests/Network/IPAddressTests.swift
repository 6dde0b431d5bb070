// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletTesting
import Testing

@Suite struct IPAddressTests {
    /// RFC 4291 section 2.2 and RFC 5952 section 4.
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"), ("::", "::"),
        ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"),
        ("FF01:0:0:0:0:0:0:101", "ff01::101"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:C000:201", "192.0.2.1"),
        ("0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("::13.1.68.3", "::d01:4403"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"), ("fe80::1", "fe80::1"),
    ])
    func readsAndWrites(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "1.2.3.-4", "+1.2.3.4",
        "1.2.3.4 ", " 1.2.3.4", "1..2.3", "1.2.3.4/32", "2130706433", ":", ":::", "::::", "1:::2", "1::2::3", ":1",
        "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "g::",
        "fe80::1%eth0", "[::1]", "1.2.3.4::", "1.2.3.4::1", "::1.2.3.4:1", "1:1.2.3.4:2::", "1:2:3:4:5:6:7:1.2.3.4",
        "::256.1.1.1", "::1.2.3", "::+1", "::１", "１.2.3.4", "localhost", "\u{0}",
    ])
    func refusesGarbage(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func takesFourOrSixteenBytes() {
        for count in 0...20 {
            #expect((IPAddress(bytes: [UInt8](repeating: 7, count: count)) != nil) == (count == 4 || count == 16))
        }
        #expect(IPAddress(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4])?.description == "1.2.3.4")
        #expect(IPAddress(ipv4: 0xC000_0201).description == "192.0.2.1")
        #expect(IPAddress.loopback.description == "127.0.0.1")
    }

    @Test func roundTripsThroughItsText() throws {
        var random = SplitMix64()
        for _ in 0..<3000 {
            let count = Bool.random(using: &random) ? 4 : 16
            let bytes = (0..<count).map { _ in
                Bool.random(using: &random) ? UInt8(0) : .random(in: 0...255, using: &random)
            }
            let address = try #require(IPAddress(bytes: bytes))
            #expect(IPAddress(address.description) == address, "seed \(random.seed)")
        }
    }
}

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3/8", "10.9.9.9", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "2001:db8::1", true), ("::/0", "8.8.8.8", false),
        ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
        ("100.64.0.0/10", "100.127.255.255", true), ("100.64.0.0/10", "100.128.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("fc00::/7", "fdff::1", true), ("fc00::/7", "fe00::", false),
        ("2001:db8::/33", "2001:db8:7fff::", true), ("2001:db8::/33", "2001:db8:8000::", false),
        ("203.0.113.7/31", "203.0.113.6", true), ("::1/128", "::1", true), ("::1/128", "::", false),
        ("::ffff:10.0.0.0/104", "10.255.0.1", true), ("::ffff:10.0.0.0/104", "11.0.0.1", false),
    ])
    func contains(block: String, address: String, expected: Bool) throws {
        let block = try #require(AddressBlock(block))
        #expect(block.contains(try #require(IPAddress(address))) == expected)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8/8",
        "10.0.0.0/255.0.0.0", "::/129", "10/8", "example.com/8", "10.0.0.0/99999999999999999999", "::ffff:10.0.0.0/8",
    ])
    func refusesGarbage(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test func printsInCIDRNotation() {
        #expect(AddressBlock("10.0.0.1")?.description == "10.0.0.1/32")
        #expect(AddressBlock("FC00::/7")?.description == "fc00::/7")
    }
}
