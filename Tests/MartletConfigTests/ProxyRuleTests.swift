// SPDX-License-Identifier: Apache-2.0
import MartletConfig
import MartletCore
import Testing

struct ProxyRuleTests {
    private static func load(_ delivery: String, credentials: String = "user:word") -> ConfigurationText.LoadResult {
        var text = ConfigurationText()
        text.delivery = delivery
        var environment = ConfigurationText.environment
        environment["PROXY_AUTH"] = credentials
        return text.load(environment: environment)
    }

    @Test(arguments: [
        ("http://127.0.0.1:3128", "http://127.0.0.1:3128"), ("http://proxy.example:80/", "http://proxy.example:80"),
        ("HTTP://[::1]:3128", "HTTP://[::1]:3128"),
    ])
    func everyEndpointLeavesThroughTheProxy(text: String, url: String) throws {
        let (loaded, problems) = Self.load(#"{ "proxy": "\#(text)", "proxyAuth": "env:PROXY_AUTH" }"#)
        #expect(problems.lines == [])
        let configuration = try #require(loaded)
        #expect(configuration.delivery.proxy?.url == url)
        #expect(configuration.delivery.proxy?.authorization == Secret(text: "Basic dXNlcjp3b3Jk"))
        #expect(configuration.endpoints.allSatisfy { $0.proxy == configuration.delivery.proxy })
    }

    @Test func noProxyUnlessThereIsOne() throws {
        let configuration = try #require(Self.load(#"{ "proxy": null, "proxyAuth": null }"#).configuration)
        #expect(configuration.delivery.proxy == nil)
        #expect(configuration.endpoints.allSatisfy { $0.proxy == nil })
    }

    private static let form = #"must be "http://HOST:PORT", such as "http://127.0.0.1:3128""#

    @Test(arguments: [
        ("https://proxy.example:3128", form), ("socks5://proxy.example:1080", form), ("proxy.example:3128", form),
        ("", form), ("http://proxy.example:3128/path", form), ("http://proxy.example:3128?a=b", form),
        ("http://proxy.example", "must state the proxy's port; \(form)"),
        ("http://[::1]", "must state the proxy's port; \(form)"),
        ("http://user:word@proxy.example:3128", #"must not hold a user or password; give them in "proxyAuth""#),
        ("http://proxy.example:0", "has a port that is not a number from 1 to 65535"),
        ("http://:3128", "must name a host"),
    ])
    func proxyIsAnAddressAndNoMore(text: String, rule: String) {
        #expect(Self.load(#"{ "proxy": "\#(text)" }"#).problems.lines == ["error: $.delivery.proxy: \(rule)"])
    }

    @Test(arguments: ["user", ":word", "user:wo\u{1}rd", "user:word\r\nX: y"])
    func credentialsAreAUserAndAPassword(credentials: String) {
        let problems = Self.load(
            #"{ "proxy": "http://proxy.example:3128", "proxyAuth": "env:PROXY_AUTH" }"#,
            credentials: credentials
        ).problems
        #expect(
            problems.lines == [
                "error: $.delivery.proxyAuth: must be a user's name, a colon and a password, without control characters"
            ]
        )
    }

    @Test func credentialsNeedAProxy() {
        #expect(
            Self.load(#"{ "proxyAuth": "env:PROXY_AUTH" }"#).problems.lines == [
                "error: $.delivery.proxyAuth: has no effect without \"proxy\"; give the proxy, or remove this"
            ]
        )
    }
}
