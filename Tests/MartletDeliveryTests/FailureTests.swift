// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletTesting
import MartletWire
import Testing

@Suite("Why no answer came", .timeLimit(.minutes(1)))
struct FailureTests {
    @Test func refusedPortIsConnect() async throws {
        let port = try RefusingPort()
        try await withTransport { transport in
            let result = await transport.result(of: .test(port.url()))
            #expect(result.outcome == .failed(.connect))
            #expect(result.detail?.contains("\(port.port)") == true)
            #expect(result.headers.isEmpty)
        }
    }

    @Test func unresolvableNameIsDNS() async throws {
        try await withTransport { transport in
            let result = await transport.result(of: .test("http://\(ScriptedNames.nowhere)/"))
            #expect(result.outcome == .failed(.dns), "\(result)")
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
    func brokenConnectionIsReset(sent: String) async throws {
        try await withServer(.always(.reset(after: Array(sent.utf8)))) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url()))
                #expect(result.outcome == .failed(.reset), "\(result)")
                #expect(result.body.isEmpty)
            }
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
    ])
    func closeBeforeTheEndIsReset(sent: String) async throws {
        try await withServer(.always(.rawThenClose(Array(sent.utf8)))) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url()))
                #expect(result.outcome == .failed(.reset), "\(result)")
            }
        }
    }

    @Test func connectionResetOnAcceptIsNoAnswer() async throws {
        try await withServer(.refusing) { server in
            try await withTransport { transport in
                // The reset may come before or after libcurl has seen that the connection was made.
                let result = await transport.result(of: .test(server.url()))
                #expect([.failed(.reset), .failed(.connect)].contains(result.outcome), "\(result)")
            }
        }
    }

    @Test func silenceIsTimeout() async throws {
        try await withServer(.always(.hang)) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), timeout: .milliseconds(200)))
                #expect(result.outcome == .failed(.timeout))
                #expect(result.duration >= .milliseconds(190))
            }
        }
    }

    @Test func blackHoleIsTimeout() async throws {
        let hole = try BlackHole(.dropped)
        var limits = CurlLimits()
        limits.connectTimeout = .milliseconds(200)
        try await withTransport(limits: limits) { transport in
            let result = await transport.result(of: .test(hole.url()))
            #expect(result.outcome == .failed(.timeout), "\(result)")
            #expect(result.duration < .seconds(10))
        }
    }

    @Test(arguments: [2, 8_000_000])
    func peerThatReadsNothingIsTimeout(size: Int) async throws {
        let hole = try BlackHole(.connected)
        let body = String(repeating: "x", count: size)
        try await withTransport { transport in
            let result = await transport.result(of: .test(hole.url(), body: body, timeout: .milliseconds(300)))
            #expect(result.outcome == .failed(.timeout), "\(result)")
        }
    }

    @Test(arguments: [
        // Neither is kept: a chunk's extension is skipped, and so is the padding of a chunk's length.
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "extension-"), ("", "\r\n\r\n"),
    ])
    func bytesThatAreNothingEndInAFailure(head: String, chunk: String) async throws {
        let endless = ScriptedServer.Behaviour.endless(head: Array(head.utf8), chunk: Array(chunk.utf8))
        try await withServer(.always(endless)) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), timeout: .milliseconds(300)))
                guard case .failed = result.outcome else {
                    Issue.record("\(result)")
                    return
                }
                #expect(result.body.isEmpty)
            }
        }
    }

    @Test func oneByteASecondIsTimeout() async throws {
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        try await withServer(.always(.drip(answer, every: .seconds(1)))) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), timeout: .milliseconds(300)))
                #expect(result.outcome == .failed(.timeout), "\(result)")
                #expect(result.duration < .seconds(10))
            }
        }
    }

    @Test func drippedAnswerIsTimeout() async throws {
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".utf8)
        let body = [UInt8](repeating: 0x61, count: 1000)
        try await withServer(.always(.drip(answer + body, every: .milliseconds(5)))) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), timeout: .milliseconds(600)))
                #expect(result.outcome == .failed(.timeout))
            }
        }
    }

    @Test func zeroTimeoutDoesNotMeanForever() async throws {
        try await withServer(.always(.hang)) { server in
            try await withTransport { transport in
                let result = await transport.result(of: .test(server.url(), timeout: .zero))
                #expect(result.outcome == .failed(.timeout))
            }
        }
    }

    @Test func shorterTimeoutThanTheOneThatRunsIsKept() async throws {
        try await withServer(.always(.hang)) { server in
            try await withTransport { transport in
                transport.send(.test(server.url())) { _ in }
                await server.waitForRequests(1)
                let result = await transport.result(of: .test(server.url(), timeout: .milliseconds(100)))
                #expect(result.outcome == .failed(.timeout))
                #expect(result.duration < .seconds(10))
            }
        }
    }

    @Test func slowSubscriberDoesNotDelayAnother() async throws {
        try await withServer(.always(.hang)) { slow in
            try await withServer { quick in
                try await withTransport { transport in
                    for _ in 0..<50 { transport.send(.test(slow.url())) { _ in } }
                    await slow.waitForRequests(50)
                    let results = await transport.results(of: (0..<50).map { _ in .test(quick.url()) })
                    #expect(results.allSatisfy { $0.outcome == .answered(status: 200) })
                }
            }
        }
    }

    @Test func requestIsSentAgainWheneverAPooledConnectionBreaksUnderIt() async throws {
        // More often than libcurl does so by itself for one handle.
        try await withServer(.firstRequestOnly) { server in
            try await withTransport { transport in
                for _ in 0..<30 {
                    let result = await transport.result(of: .test(server.url()))
                    #expect(result.outcome == .answered(status: 200), "\(result)")
                }
            }
            #expect(server.connections == 30)
        }
    }

    @Test func freshConnectionReplacesAPooledOneThatDied() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        try await withServer(.always(.rawThenClose(Array(answer.utf8)))) { server in
            try await withTransport { transport in
                for _ in 0..<300 {
                    let result = await transport.result(of: .test(server.url()))
                    #expect(result.outcome == .answered(status: 200), "\(result)")
                }
            }
            #expect(server.connections == 300)
        }
    }
}
