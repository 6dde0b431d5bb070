// SPDX-License-Identifier: Apache-2.0
import MartletCore
import Testing

@Suite struct ForwardedAddressTests {
    private struct Request: Sendable, CustomTestStringConvertible {
        var peer = "10.0.0.1"
        var headers: [String]
        var sender: String
        var testDescription: String { "\(peer) \(headers)" }
    }

    private static let requests = [
        Request(headers: [], sender: "10.0.0.1"),
        Request(headers: ["198.51.100.7"], sender: "198.51.100.7"),
        // Only what trusted proxies appended counts; the left part is the client's own invention.
        Request(headers: ["1.1.1.1, 198.51.100.7"], sender: "198.51.100.7"),
        Request(headers: ["1.1.1.1,198.51.100.7,10.0.0.2"], sender: "198.51.100.7"),
        Request(headers: ["1.1.1.1", "198.51.100.7", " 10.0.0.2 "], sender: "198.51.100.7"),
        Request(peer: "203.0.113.9", headers: ["1.1.1.1"], sender: "203.0.113.9"),
        Request(headers: ["10.0.0.3, 10.0.0.2"], sender: "10.0.0.3"),
        Request(headers: ["unknown"], sender: "10.0.0.1"),
        Request(headers: ["1.1.1.1, unknown"], sender: "10.0.0.1"),
        Request(headers: ["1.1.1.1,"], sender: "10.0.0.1"),
        Request(headers: [""], sender: "10.0.0.1"),
        Request(headers: ["1.1.1.1, 10.0.0.2, garbage, 10.0.0.3"], sender: "10.0.0.3"),
        Request(headers: ["::ffff:198.51.100.7"], sender: "198.51.100.7"),
        Request(headers: ["[2001:db8::7]"], sender: "2001:db8::7"),
        Request(headers: ["[2001:db8::7]:443"], sender: "2001:db8::7"),
        Request(headers: ["2001:db8::7"], sender: "2001:db8::7"),
        Request(headers: ["198.51.100.7:51234"], sender: "198.51.100.7"),
        Request(headers: ["[2001:db8::7"], sender: "10.0.0.1"),
        Request(headers: ["2001:db8::7]"], sender: "10.0.0.1"),
        Request(headers: ["[2001:db8::7]x"], sender: "10.0.0.1"),
        Request(headers: ["[2001:db8::7]:"], sender: "10.0.0.1"),
        Request(headers: ["198.51.100.7:"], sender: "10.0.0.1"),
        Request(headers: ["198.51. 100.7"], sender: "10.0.0.1"),
        Request(headers: ["198.51.100.7:80:80"], sender: "10.0.0.1"),
    ]

    @Test(arguments: requests)
    private func findsTheSender(request: Request) throws {
        let trusted = try #require(AddressBlock("10.0.0.0/8"))
        let peer = try #require(IPAddress(request.peer))
        let sender = ForwardedAddress.sender(peer: peer, forwardedFor: request.headers, trusted: [trusted])
        #expect(sender.description == request.sender)
    }

    @Test func believesNothingWithoutTrustedProxies() {
        #expect(ForwardedAddress.sender(peer: .loopback, forwardedFor: ["1.1.1.1"], trusted: []) == .loopback)
    }
}
