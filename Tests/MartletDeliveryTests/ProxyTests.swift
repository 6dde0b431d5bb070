// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletCore
import MartletDelivery
import MartletTesting
import MartletWire
import Testing

@Suite("Through an egress proxy", .timeLimit(.minutes(1)))
struct ProxyTests {
    private static let nothingListed = EgressPolicy()

    /// Sends one request through a proxy that behaves so.
    private func result(
        of url: String,
        through behaviour: ScriptedServer.Behaviour,
        timeout: Duration = .seconds(30)
    ) async throws -> AttemptResult {
        try await withServer(.always(behaviour)) { server in
            try await withTransport { transport in
                await transport.result(
                    of: .test(url, timeout: timeout, egress: Self.nothingListed, proxy: server.asProxy())
                )
            }
        }
    }

    @Test func plainRequestIsHandedOverWhole() async throws {
        try await withServer { server in
            let proxy = server.asProxy(authorization: "Basic dXNlcjp3b3Jk")
            try await withTransport { transport in
                let request = OutboundRequest.test(
                    "http://ledger.example/hooks?a=b",
                    headers: [("webhook-id", "evt_1")],
                    body: "{\"a\":1}",
                    egress: Self.nothingListed,
                    proxy: proxy
                )
                let result = await transport.result(of: request)
                #expect(result.outcome == .answered(status: 200), "\(result)")
                var open = request
                open.proxy = server.asProxy()
                _ = await transport.result(of: open)
            }
            let requests = server.requests
            try #require(requests.count == 2)
            #expect(requests[0].target == "http://ledger.example/hooks?a=b")
            #expect(requests[0].headers[first: "host"] == "ledger.example")
            #expect(requests[0].headers[first: "webhook-id"] == "evt_1")
            #expect(requests[0].headers[first: "proxy-authorization"] == "Basic dXNlcjp3b3Jk")
            #expect(requests[0].headers[first: "proxy-connection"] == nil)
            #expect(text(requests[0].body) == "{\"a\":1}")
            #expect(requests[1].headers[first: "proxy-authorization"] == nil)
        }
    }

    @Test func encryptedRequestIsTunnelledAndTheProxySeesNothingOfIt() async throws {
        try await withNginx { nginx, certificate in
            try await withServer(.always(.tunnel(to: nginx.port))) { server in
                try await withTransport(caFile: certificate) { transport in
                    let result = await transport.result(
                        of: .test(
                            nginx.url(host: "localhost"),
                            headers: [("webhook-id", "evt_1"), ("authorization", "Bearer x")],
                            proxy: server.asProxy(authorization: "Basic dXNlcjp3b3Jk")
                        )
                    )
                    #expect(result.outcome == .answered(status: 200), "\(result)")
                    #expect(result.headers[first: "x-proxy-authorization"] == nil)
                    #expect(result.headers[first: "x-protocol"] == "HTTP/2.0")
                }
                let connect = try #require(server.requests.first)
                #expect(connect.method == "CONNECT")
                #expect(connect.target == "localhost:\(nginx.port)")
                #expect(connect.headers[first: "proxy-authorization"] == "Basic dXNlcjp3b3Jk")
                #expect(connect.headers[first: "webhook-id"] == nil)
                #expect(connect.headers[first: "authorization"] == nil)
            }
        }
    }

    @Test(arguments: [400, 403, 407, 502, 503, 504])
    func refusedTunnelIsProxyTrouble(status: Int) async throws {
        let result = try await result(of: "https://ledger.example/", through: .answer(status: status))
        #expect(result.outcome == .failed(.proxy), "\(result)")
        #expect(result.detail?.contains("\(status)") == true)
        #expect(result.headers.isEmpty)
    }

    @Test(arguments: [
        ScriptedServer.Behaviour.reset(after: []), .rawThenClose([]), .rawThenClose(Array("nonsense\r\n\r\n".utf8)),
    ])
    func brokenTunnelIsProxyTrouble(behaviour: ScriptedServer.Behaviour) async throws {
        let result = try await result(of: "https://ledger.example/", through: behaviour)
        #expect(result.outcome == .failed(.proxy), "\(result)")
    }

    @Test(arguments: ["http://ledger.example/", "https://ledger.example/"])
    func proxyThatCannotBeReachedIsProxyTrouble(url: String) async throws {
        let refusing = try RefusingPort()
        let hole = try BlackHole(.dropped)
        try await withTransport { transport in
            for proxy in [refusing.url(""), "http://\(ScriptedNames.nowhere):3128", hole.url("")] {
                let result = await transport.result(
                    of: .test(
                        url,
                        timeout: proxy == hole.url("") ? .milliseconds(300) : .seconds(30),
                        egress: Self.nothingListed,
                        proxy: EgressProxy(url: proxy)
                    )
                )
                #expect(result.outcome == .failed(.proxy), "\(proxy): \(result)")
            }
        }
    }

    @Test func challengeOfTheProxyIsNoAnswerOfTheEndpoint() async throws {
        let challenged = try await result(of: "http://ledger.example/", through: .answer(status: 407))
        #expect(challenged.outcome == .failed(.proxy), "\(challenged)")
        // A proxy's 502 for a plain request looks like the subscriber's own.
        let gateway = try await result(of: "http://ledger.example/", through: .answer(status: 502))
        #expect(gateway.outcome == .answered(status: 502))
    }

    @Test func answerInsideATunnelIsTheEndpoints() async throws {
        try await withNginx { nginx, certificate in
            try await withServer(.always(.tunnel(to: nginx.port))) { server in
                try await withTransport(caFile: certificate) { transport in
                    let url = nginx.url(host: "localhost") + "challenge"
                    let challenged = await transport.result(of: .test(url, proxy: server.asProxy()))
                    #expect(challenged.outcome == .answered(status: 407), "\(challenged)")
                }
                try await withTransport { transport in
                    let untrusted = await transport.result(
                        of: .test(nginx.url(host: "localhost"), proxy: server.asProxy())
                    )
                    #expect(untrusted.outcome == .failed(.tls), "\(untrusted)")
                }
            }
        }
    }

    @Test(arguments: ["http://ledger.example/", "https://ledger.example/"])
    func silenceBehindTheProxyIsTimeout(url: String) async throws {
        let result = try await result(of: url, through: .hang, timeout: .milliseconds(300))
        #expect(result.outcome == .failed(.timeout), "\(result)")
    }

    @Test(arguments: [
        "127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "2130706433", "0x7f000001", "127.1", "127.0.0.1.",
        "0.0.0.0", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[fe80::1%25eth0]", "%31%32%37.0.0.1",
        "1.2.3.4.5", "256.0.0.1", "0x7f.0.0.0x1.", "[64:ff9b::7f00:1]", "１２７.0.0.1",
    ])
    func specialAddressInTheURLIsRefusedBeforeTheProxyHearsOfIt(host: String) async throws {
        try await withServer { server in
            try await withTransport { transport in
                for scheme in ["http", "https"] {
                    let result = await transport.result(
                        of: .test("\(scheme)://\(host)/", egress: Self.nothingListed, proxy: server.asProxy())
                    )
                    #expect(result.outcome == .failed(.blocked), "\(result)")
                }
            }
            #expect(server.connections == 0)
        }
    }

    @Test func namesAndPublicAddressesAreLeftToTheProxyAndListedOnesToo() async throws {
        try await withServer { server in
            try await withTransport { transport in
                for host in [
                    "ledger.example", "8.8.8.8", "[2606:4700:4700::1111]", "xn--bcher-kva.example", "1a.example",
                ] {
                    let result = await transport.result(
                        of: .test("http://\(host)/", egress: Self.nothingListed, proxy: server.asProxy())
                    )
                    #expect(result.outcome == .answered(status: 200), "\(host): \(result)")
                }
                let listed = await transport.result(of: .test("http://127.0.0.1:1/", proxy: server.asProxy()))
                #expect(listed.outcome == .answered(status: 200), "\(listed)")
            }
        }
    }

    @Test func directAndProxiedRequestsShareNoConnection() async throws {
        try await withNginx { nginx, certificate in
            try await withServer(.always(.tunnel(to: nginx.port))) { server in
                try await withTransport(caFile: certificate) { transport in
                    let url = nginx.url(host: "localhost")
                    let proxied = await transport.result(of: .test(url, proxy: server.asProxy()))
                    let direct = await transport.result(of: .test(url))
                    let again = await transport.result(of: .test(url, proxy: server.asProxy()))
                    #expect([proxied, direct, again].allSatisfy { $0.outcome == .answered(status: 200) })
                    let numbers = [proxied, direct, again].map { $0.headers[first: "x-connection"] }
                    #expect(numbers[0] != numbers[1])
                    #expect(numbers[0] == numbers[2])
                    // The tunnel is exempt from the check at connect time, a direct connection is not.
                    let narrow = await transport.result(of: .test(url, egress: Self.nothingListed))
                    #expect(narrow.outcome == .failed(.blocked), "\(narrow)")
                }
            }
        }
    }

    /// In a process of its own, because the environment belongs to all of one.
    @Test func environmentNeitherAddsAProxyNorTakesOneAway() async {
        await #expect(processExitsWith: .success) {
            for (name, value) in [("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "*"), ("NO_PROXY", "*")] {
                setenv(name, value, 1)
            }
            try await withServer { server in
                try await withTransport { transport in
                    let direct = await transport.result(of: .test(server.url()))
                    #expect(direct.outcome == .answered(status: 200), "\(direct)")
                    let proxied = await transport.result(
                        of: .test("http://ledger.example/", egress: EgressPolicy(), proxy: server.asProxy())
                    )
                    #expect(proxied.outcome == .answered(status: 200), "\(proxied)")
                }
                #expect(server.requests.map(\.target) == ["/", "http://ledger.example/"])
            }
        }
    }
}

extension ScriptedServer {
    fileprivate func asProxy(authorization: String? = nil) -> EgressProxy {
        EgressProxy(url: url(""), authorization: authorization.map { Secret(text: $0) })
    }
}
