// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletTesting
import MartletWire
import Testing

@Suite("What the transport sends", .timeLimit(.minutes(1)))
struct RequestTests {
    @Test func sendsExactlyTheseBytes() async throws {
        try await withServer { server in
            try await withTransport { transport in
                let headers = [("Content-Type", "application/json"), ("webhook-id", "evt_1"), ("X-Empty", "")]
                let result = await transport.result(
                    of: .test(server.url("/hooks?a=1"), headers: headers, body: #"{"é":1}"#)
                )
                #expect(result.outcome == .answered(status: 200))
            }
            let request = try #require(server.requests.first)
            #expect(
                text(request.head) == """
                    POST /hooks?a=1 HTTP/1.1\r
                    Host: 127.0.0.1:\(server.port)\r
                    User-Agent: Martlet/0.1.0\r
                    Accept: */*\r
                    Content-Type: application/json\r
                    webhook-id: evt_1\r
                    X-Empty:\r
                    Content-Length: 8\r
                    \r

                    """
            )
            #expect(text(request.body) == #"{"é":1}"#)
        }
    }

    @Test func addsNoContentTypeAndNoExpectByItself() async throws {
        try await withServer { server in
            let body = String(repeating: "x", count: 3_000_000)
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), body: body))
                #expect(result.outcome == .answered(status: 200))
            }
            let request = try #require(server.requests.first)
            #expect(request.headers[first: "Expect"] == nil)
            #expect(request.headers[first: "Content-Type"] == nil)
            #expect(text(request.body) == body)
        }
    }

    @Test func userAgentOfTheRequestReplacesTheDefault() async throws {
        try await withServer { server in
            try await withTransport { transport in
                _ = await transport.result(of: .test(server.url(), headers: [("user-agent", "Other/2")]))
            }
            #expect(server.requests.first?.headers.all("User-Agent") == ["Other/2"])
        }
    }

    @Test func oneHandleServesDifferentRequestsInTurn() async throws {
        try await withServer { server in
            let big = String(repeating: "b", count: 100_000)
            try await withTransport { transport in
                for (method, body) in [
                    ("POST", "one"), ("GET", ""), ("POST", big), ("PUT", "three"), ("DELETE", ""), ("GET", "asked"),
                    ("POST", ""), ("GET", ""), ("POST", "last"),
                ] {
                    let headers = body.isEmpty ? [] : [("X-Size", "\(body.count)")]
                    let request = OutboundRequest.test(
                        server.url("/\(method)"),
                        method: method,
                        headers: headers,
                        body: body
                    )
                    let result = await transport.result(of: request)
                    #expect(result.outcome == .answered(status: 200))
                    let seen = try #require(server.requests.last)
                    #expect(seen.method == method)
                    #expect(seen.target == "/\(method)")
                    #expect(text(seen.body) == body)
                    #expect(seen.headers[first: "X-Size"] == (body.isEmpty ? nil : "\(body.count)"))
                }
            }
            #expect(server.connections == 1)
        }
    }

    @Test func headAnswerHasNoBodyToWaitFor() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
        try await withServer(.always(.raw(Array(head.utf8)))) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), method: "HEAD", body: ""))
                #expect(result.outcome == .answered(status: 200))
                #expect(result.body.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ("X-Bad", "a\r\nX-Injected: 1"), ("X-Bad", "a\nb"), ("X-Bad", "a\u{0}b"), ("X Bad", "a"), ("", "a"),
        ("X-Bad:", "a"), ("X-Bad;", "a"), ("X-Bad\r\n", "a"),
    ])
    func refusesHeadersThatBreakTheFraming(name: String, value: String) async throws {
        try await withServer { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), headers: [(name, value)]))
                #expect(result.outcome == .failed(.other))
                #expect(result.detail?.contains("header") == true)
                #expect(result.detail?.contains("Injected") == false)
                let next = await transport.result(of: .test(server.url()))
                #expect(next.outcome == .answered(status: 200))
            }
            #expect(server.connections == 1)
        }
    }

    @Test(arguments: [
        ("/a/../b", "/a/../b"), ("/%7Euser/%2F", "/%7Euser/%2F"), ("/?q=a+b&c=%20", "/?q=a+b&c=%20"),
        ("/path#fragment", "/path"), ("", "/"), ("?only=query", "/?only=query"), ("//double", "//double"),
    ])
    func keepsTheURLAsItIsWritten(path: String, target: String) async throws {
        try await withServer { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url("") + path))
                #expect(result.outcome == .answered(status: 200))
            }
            #expect(server.requests.map(\.target) == [target])
        }
    }

    @Test(arguments: [
        "", "no scheme", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://",
        "http://127.0.0.1:99999/", "http://127.0.0.1/a b", "http://127.0.0.1/\u{0}x", "http://127.0.0.1/\r\nX: y",
        "http://user:word@127.0.0.1/", "http://[::1/",
    ])
    func refusesURLsThatCannotBeSentTo(url: String) async throws {
        try await withTransport { transport in
            let result = await transport.result(of: .test(url))
            #expect(result.outcome == .failed(.other), "\(url): \(result)")
            #expect(result.detail?.isEmpty == false)
            #expect(result.detail?.contains("word") == false)
        }
    }

    @Test func refusesAMethodThatIsNone() async throws {
        try await withServer { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), method: "POST / HTTP/1.1\r\nX: y"))
                #expect(result.outcome == .failed(.other))
            }
            #expect(server.requests.isEmpty)
        }
    }
}
