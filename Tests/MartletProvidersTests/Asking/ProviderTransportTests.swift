// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletTesting
import Testing

@testable import MartletProviders

@Suite("Asking providers through the egress proxy", .timeLimit(.minutes(1)))
struct ProviderTransportTests {
    static let now = Vectors.sampleTime

    private static func poll(_ base: String, with tools: PollTools) async throws -> PollAnswer {
        let provider = Asked.cryptomus.provider(base)
        let watch = try provider.plan(bytes(Asked.cryptomus.registration), now: now).watch
        return await provider.poll(watch, order: nil, at: now, with: tools)
    }

    @Test func aNameIsAskedThroughTheProxyAndAnAddressOfOnesOwnDirectly() async throws {
        let standIn = StandIn.answering { request in
            // A proxy is handed the whole address, a server the path.
            request.target.hasPrefix("http://provider.example/")
                ? Asked.cryptomus.healthy(request.target) : .answer(status: 418)
        }
        try await withProvider(standIn) { server, tools, transport in
            let proxied = ProviderTransport(transport, proxy: EgressProxy(url: "http://127.0.0.1:\(server.port)"))
            let tools = PollTools(transport: proxied, programs: tools.programs)
            let named = try await Self.poll("http://provider.example", with: tools)
            #expect(named.outcome == "paid")
            #expect(server.requests.map(\.target) == ["http://provider.example/v1/payment/info"])
            // The operator's own stand-in is asked directly.
            let direct = try await Self.poll(server.url(""), with: tools)
            #expect(direct.outcome == "http_4xx")
            #expect(server.requests.last?.target == "/v1/payment/info")
        }
    }

    @Test(arguments: [
        ("https://api.cryptomus.com", true), ("https://203.0.114.9:8443/x", true), ("http://localhost:9000", false),
        ("http://LocalHost", false), ("http://127.0.0.1:9000/a", false), ("https://10.1.2.3", false),
        ("http://[::1]:9000", false), ("http://[fd00::1]", false),
    ])
    func onlySpecialNetworksThatAreNamedAreAskedDirectly(_ base: String, _ isProxied: Bool) async {
        let scripted = ScriptedTransport()
        let proxy = EgressProxy(url: "http://127.0.0.1:3128")
        let transport = ProviderTransport(scripted, proxy: proxy)
        let interface = ProviderInterface(base: base)
        _ = await interface.ask("GET", "/v1/x?y=http://localhost/", through: transport)
        transport.update(proxy: nil)
        _ = await interface.ask("GET", "/", through: transport)
        #expect(scripted.requests.map(\.proxy) == [isProxied ? proxy : nil, nil])
    }

    @Test func troubleWithTheProxyIsNamed() async throws {
        let refusing = try RefusingPort()
        try await withTools { tools, transport in
            let proxied = ProviderTransport(transport, proxy: EgressProxy(url: refusing.url("")))
            let tools = PollTools(transport: proxied, programs: tools.programs)
            let answer = try await Self.poll("https://provider.example", with: tools)
            #expect(answer.outcome == "proxy")
            #expect(answer.news.isEmpty)
        }
    }
}
