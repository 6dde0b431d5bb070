// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletTesting
import MartletWire
import Testing

@Suite("Where the transport connects", .timeLimit(.minutes(1)))
struct EgressTests {
    @Test(arguments: [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
        "0.0.0.0", "[::]", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[64:ff9b::7f00:1]",
    ])
    func specialNetworksAreBlocked(host: String) async throws {
        try await withServer { server in
            try await withTransport { transport in
                let url = "http://\(host):\(server.port)/"
                let result = await transport.result(of: .test(url, egress: EgressPolicy()))
                #expect(result.outcome == .failed(.blocked), "\(result)")
                #expect(result.detail?.contains("allowNetworks") == true)
            }
            #expect(server.connections == 0)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.0/8"), ("localhost", "127.0.0.0/8"), ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"), ("127.1", "127.0.0.1"), ("[::ffff:127.0.0.1]", "127.0.0.0/8"),
    ])
    func listedNetworksAreReached(host: String, network: String) async throws {
        let listed = EgressPolicy(allowed: [network].compactMap(AddressBlock.init))
        try await withServer { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test("http://\(host):\(server.port)/", egress: listed))
                #expect(result.outcome == .answered(status: 200), "\(result)")
            }
        }
    }

    @Test func nextAddressOfANameIsTriedAfterABlockedOne() async throws {
        // `localhost` is ::1 and 127.0.0.1 to libcurl (RFC 6761); the server listens on the latter.
        let onlyIPv4 = EgressPolicy(allowed: ["127.0.0.0/8"].compactMap(AddressBlock.init))
        try await withServer { server in
            try await withTransport { transport in
                let result = await transport.result(
                    of: .test("http://localhost:\(server.port)/", egress: onlyIPv4)
                )
                #expect(result.outcome == .answered(status: 200), "\(result)")
            }
        }
    }

    @Test func permittedAddressThatRefusesIsConnectAndNotBlocked() async throws {
        let port = try RefusingPort()
        let onlyIPv4 = EgressPolicy(allowed: ["127.0.0.0/8"].compactMap(AddressBlock.init))
        try await withTransport { transport in
            let result = await transport.result(of: .test("http://localhost:\(port.port)/", egress: onlyIPv4))
            #expect(result.outcome == .failed(.connect), "\(result)")
        }
    }

    @Test func pooledConnectionIsNotLentToAnEndpointThatMayNotUseIt() async throws {
        try await withServer { server in
            try await withTransport { transport in
                let allowed = await transport.result(of: .test(server.url()))
                #expect(allowed.outcome == .answered(status: 200))
                let refused = await transport.result(of: .test(server.url(), egress: EgressPolicy()))
                #expect(refused.outcome == .failed(.blocked), "\(refused)")
                let again = await transport.result(of: .test(server.url()))
                #expect(again.outcome == .answered(status: 200))
            }
            #expect(server.requests.count == 2)
        }
    }

    @Test func streamOfAPooledConnectionIsNotLentEither() async throws {
        try await withNginx { nginx, certificate in
            try await withTransport(caFile: certificate) { transport in
                let url = nginx.url(host: "localhost")
                let allowed = await transport.result(of: .test(url))
                #expect(allowed.headers[first: "x-protocol"] == "HTTP/2.0", "\(allowed)")
                let results = await transport.results(
                    of: (0..<20).map { .test(url, egress: $0.isMultiple(of: 2) ? .loopback : EgressPolicy()) }
                )
                for (index, result) in results.enumerated() {
                    #expect(
                        result.outcome == (index.isMultiple(of: 2) ? .answered(status: 200) : .failed(.blocked)),
                        "\(result)"
                    )
                }
            }
        }
    }
}
