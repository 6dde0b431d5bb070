// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletTesting
import Testing

/// 127.0.0.2 plays the public address here, by being listed; 127.0.0.1 is as private as it always is.
@Suite("Names that change what they mean", .timeLimit(.minutes(1)))
struct RebindingTests {
    private static let outside = EgressPolicy(allowed: ["127.0.0.2"].compactMap(AddressBlock.init))

    /// Runs a body with two servers at one port: the outer at 127.0.0.2, the inner at 127.0.0.1.
    private func withServers(
        outer behaviour: ScriptedServer.Behaviour = .ok,
        _ body: (_ transport: CurlTransport, _ outer: ScriptedServer, _ inner: ScriptedServer) async throws -> Void
    ) async throws {
        let inner = try ScriptedServer()
        defer { inner.stop() }
        let host = try #require(IPAddress("127.0.0.2"))
        let outer = try ScriptedServer(host: host, port: inner.port, script: { _ in behaviour })
        defer { outer.stop() }
        var limits = CurlLimits()
        limits.nameCacheTime = .zero
        try await withTransport(limits: limits) { try await body($0, outer, inner) }
    }

    @Test func nameThatTurnsPrivateIsBlockedUnlessListed() async throws {
        let closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        try await withServers(outer: .rawThenClose(Array(closing.utf8))) { transport, outer, inner in
            let name = ScriptedNames.name(answers: [["127.0.0.2"], ["127.0.0.1"]])
            let url = "http://\(name):\(inner.port)/"
            let before = await transport.result(of: .test(url, egress: Self.outside))
            #expect(before.outcome == .answered(status: 200), "\(before)")
            #expect(outer.requests.count == 1)
            for _ in 0..<3 {
                let after = await transport.result(of: .test(url, egress: Self.outside))
                #expect(after.outcome == .failed(.blocked), "\(after)")
            }
            #expect(inner.connections == 0)
            let listed = await transport.result(of: .test(url))
            #expect(listed.outcome == .answered(status: 200), "\(listed)")
            #expect(inner.requests.count == 1)
        }
    }

    @Test func privateAddressBesideAPublicOneIsNeverTried() async throws {
        try await withServers { transport, outer, inner in
            let name = ScriptedNames.name(answers: [["127.0.0.1", "::1", "127.0.0.2", "10.0.0.1"]])
            let result = await transport.result(of: .test("http://\(name):\(inner.port)/", egress: Self.outside))
            #expect(result.outcome == .answered(status: 200), "\(result)")
            #expect(outer.requests.count == 1)
            #expect(inner.connections == 0)
        }
    }

    @Test func privateAddressIsNoFallbackForAPublicOneThatRefuses() async throws {
        try await withServers { transport, outer, inner in
            outer.stop()
            let name = ScriptedNames.name(answers: [["127.0.0.2", "127.0.0.1"]])
            let result = await transport.result(of: .test("http://\(name):\(inner.port)/", egress: Self.outside))
            #expect(result.outcome == .failed(.connect), "\(result)")
            #expect(inner.connections == 0)
        }
    }

    @Test func endpointThatMayNotUseAPooledConnectionAsksTheNameAgain() async throws {
        try await withServers { transport, outer, inner in
            let name = ScriptedNames.name(answers: [["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1"]])
            let url = "http://\(name):\(inner.port)/"
            let wide = await transport.result(of: .test(url))
            #expect(wide.outcome == .answered(status: 200), "\(wide)")
            #expect(inner.requests.count == 1)
            let narrow = await transport.result(of: .test(url, egress: Self.outside))
            #expect(narrow.outcome == .answered(status: 200), "\(narrow)")
            #expect(outer.requests.count == 1)
            #expect(inner.requests.count == 1)
        }
    }

    @Test func everySpecialAddressThatANameMayMeanIsBlocked() async throws {
        try await withTransport { transport in
            let requests = Self.specialAddresses.map { address in
                OutboundRequest.test(
                    "http://\(ScriptedNames.name(answers: [[address]]))/",
                    timeout: .seconds(10),
                    egress: EgressPolicy()
                )
            }
            let results = await transport.results(of: requests)
            for (address, result) in zip(Self.specialAddresses, results) {
                #expect(result.outcome == .failed(.blocked), "\(address): \(result)")
            }
        }
    }

    private static let specialAddresses = [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254",
        "172.16.0.1", "192.0.0.192", "192.0.2.1", "192.168.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::",
        "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::", "2001:0:7f00:1::", "2001:db8::1",
        "fd00:ec2::254", "fc00::1", "fe80::1", "fec0::1", "ff02::1", "100::1",
    ]
}
