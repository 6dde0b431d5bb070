// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletRuntime
import MartletTesting
import MartletWire
import Testing

@Suite("What the transport reports", .timeLimit(.minutes(1)))
struct ResponseTests {
    private func result(
        of behaviour: ScriptedServer.Behaviour,
        limits: CurlLimits = CurlLimits(),
        timeout: Duration = .seconds(30),
        bodyLimit: Int = AttemptResult.bodyLimit
    ) async throws -> AttemptResult {
        try await withServer(.always(behaviour)) { server in
            try await withTransport(limits: limits) { transport in
                await transport.result(of: .test(server.url(), timeout: timeout, bodyLimit: bodyLimit))
            }
        }
    }

    private func raw(_ text: String) -> ScriptedServer.Behaviour { .raw(Array(text.utf8)) }

    @Test func headersKeepOrderRepeatsAndSpelling() async throws {
        let fields = [("X-One", "1"), ("Set-Cookie", "a=b"), ("set-cookie", "c=d: e"), ("X-Blank", "")]
        let result = try await result(of: .answer(status: 201, headers: fields, body: Array("made".utf8)))
        #expect(result.outcome == .answered(status: 201))
        #expect(result.headers == HeaderFields(fields + [("Content-Length", "4")]))
        #expect(text(result.body) == "made")
        #expect(result.detail == nil)
    }

    @Test(arguments: [200, 204, 299, 301, 304, 400, 404, 410, 429, 500, 503])
    func everyFinalStatusIsAnAnswer(status: Int) async throws {
        let result = try await result(of: .answer(status: status))
        #expect(result.outcome == .answered(status: status))
    }

    @Test func redirectIsNotFollowed() async throws {
        try await withServer { target in
            let url = target.url("/elsewhere")
            let result = try await result(of: .redirect(to: url))
            #expect(result.outcome == .answered(status: 302))
            #expect(result.headers[first: "location"] == url)
            #expect(target.connections == 0)
        }
    }

    @Test func interimAnswersAreNotTheAnswer() async throws {
        let result = try await result(
            of: raw(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                    + "HTTP/1.1 202 Accepted\r\nX-Final: yes\r\nContent-Length: 2\r\n\r\nok"
            )
        )
        #expect(result.outcome == .answered(status: 202))
        #expect(result.headers == HeaderFields([("X-Final", "yes"), ("Content-Length", "2")]))
    }

    @Test func endlessInterimAnswersAreTooLarge() async throws {
        let interim = Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".utf8)
        let result = try await result(of: .endless(head: [], chunk: interim))
        #expect(result.outcome == .failed(.tooLarge))
    }

    @Test func trailersAreNoHeaders() async throws {
        let result = try await result(
            of: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: late\r\n\r\n")
        )
        #expect(result.outcome == .answered(status: 200))
        #expect(result.headers == HeaderFields([("Transfer-Encoding", "chunked")]))
        #expect(text(result.body) == "ok")
    }

    @Test func bodyWithoutLengthEndsWithTheConnection() async throws {
        let result = try await result(of: .rawThenClose(Array("HTTP/1.1 200 OK\r\n\r\nuntil closed".utf8)))
        #expect(result.outcome == .answered(status: 200))
        #expect(text(result.body) == "until closed")
    }

    @Test func endlessBodyIsCutAtItsLimit() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nX-Kept: yes\r\n\r\n".utf8)
        let result = try await result(of: .endless(head: head, chunk: [UInt8](repeating: 0x61, count: 1000)))
        #expect(result.outcome == .answered(status: 200))
        #expect(result.body == [UInt8](repeating: 0x61, count: 4096))
        #expect(result.headers[first: "x-kept"] == "yes")
    }

    @Test(arguments: [(9, 10), (10, 10), (11, 10), (0, 0), (1, 0)])
    func bodyIsKeptUpToItsLimit(size: Int, limit: Int) async throws {
        let body = [UInt8](repeating: 0x62, count: size)
        let result = try await result(of: .answer(status: 500, body: body), bodyLimit: limit)
        #expect(result.outcome == .answered(status: 500))
        #expect(result.body.count == min(size, limit))
    }

    @Test func compressedBodyIsLeftAsItIs() async throws {
        let behaviour = ScriptedServer.Behaviour.answer(
            status: 200,
            headers: [("Content-Encoding", "gzip")],
            body: [0x1F, 0x8B, 0, 1]
        )
        #expect(try await result(of: behaviour).body == [0x1F, 0x8B, 0, 1])
    }

    @Test func headersAreKeptUpToTheirBound() async throws {
        let result = try await result(of: .hugeHeaders(20_000))
        #expect(result.outcome == .answered(status: 200))
        #expect(result.headers.fields.count == 8)
    }

    @Test(arguments: [100_000, 1_000_000])
    func hugeHeaderBlockIsTooLarge(size: Int) async throws {
        let result = try await result(of: .hugeHeaders(size))
        #expect(result.outcome == .failed(.tooLarge))
        #expect(result.detail == "the answer's header block is larger than is read")
    }

    @Test func endlessHeaderLineIsTooLarge() async throws {
        let head = Array("HTTP/1.1 200 OK\r\nX-Endless: ".utf8)
        let result = try await result(of: .endless(head: head, chunk: [UInt8](repeating: 0x61, count: 1000)))
        #expect(result.outcome == .failed(.tooLarge), "\(result)")
    }

    @Test(arguments: ["not http at all\r\n\r\n", "HTTP/0.9\r\n\r\n", "\r\n\r\n"])
    func nonsenseIsAFailure(answer: String) async throws {
        let result = try await result(of: .rawThenClose(Array(answer.utf8)))
        guard case .failed = result.outcome else {
            Issue.record("\(result)")
            return
        }
    }

    @Test func startIsDatedByTheClockAndDurationIsMeasured() async throws {
        let clock = ManualClock(now: Timestamp(milliseconds: 1_234_567))
        try await withServer { server in
            try await withTransport(clock: clock) { transport in
                let result = await transport.result(of: .test(server.url()))
                #expect(result.startedAt == Timestamp(milliseconds: 1_234_567))
                #expect(result.duration > .zero && result.duration < .seconds(30))
            }
        }
    }
}
