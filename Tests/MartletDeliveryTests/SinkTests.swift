// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletDelivery
import MartletTesting
import Synchronization
import Testing

/// Answers that are taken as they come.
@Suite(.timeLimit(.minutes(1))) struct SinkTests {
    private final class Taken: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

        /// Takes up to `limit` bytes.
        func sink(limit: Int = .max) -> BodySink {
            BodySink { [self] part in
                bytes.withLock { bytes in
                    bytes += part
                    return bytes.count < limit
                }
            }
        }
    }

    private func result(
        of behaviour: ScriptedServer.Behaviour,
        _ sink: BodySink,
        timeout: Duration = .seconds(30)
    ) async throws -> AttemptResult {
        try await withServer(.always(behaviour)) { server in
            try await withTransport { transport in
                var request = OutboundRequest.test(server.url(), timeout: timeout)
                request.sink = sink
                return await transport.result(of: request)
            }
        }
    }

    @Test func aGoodAnswersBodyGoesToTheSinkWhateverItsLength() async throws {
        let taken = Taken()
        let body = [UInt8](repeating: 0x78, count: 100_000)
        let result = try await result(of: .answer(status: 200, body: body), taken.sink())
        #expect(result.outcome == .answered(status: 200))
        #expect(result.body.isEmpty)
        #expect(taken.text.utf8.count == 100_000)
    }

    @Test func aRefusalsBodyIsKept() async throws {
        let taken = Taken()
        let result = try await result(of: .answer(status: 403, body: Array("no".utf8)), taken.sink())
        #expect(result.outcome == .answered(status: 403))
        #expect(result.body == Array("no".utf8))
        #expect(taken.text.isEmpty)
    }

    @Test func theSinkEndsTheRequest() async throws {
        let taken = Taken()
        let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        let result = try await result(
            of: .endless(head: head, chunk: Array("more ".utf8)),
            taken.sink(limit: 1000)
        )
        #expect(!result.outcome.isSuccess)
        #expect(taken.text.hasPrefix("more more "))
    }

    /// The next request on the same handle has its own limit again.
    @Test func silenceEndsIt() async throws {
        let taken = Taken()
        try await withServer(.byPath(["/silent": .raw(Array("HTTP/1.1 200 OK\r\n\r\nnews".utf8)), "/hang": .hang])) {
            server in
            try await withTransport { transport in
                var request = OutboundRequest.test(server.url("/silent"), timeout: .seconds(1))
                request.sink = taken.sink()
                #expect(await transport.result(of: request).outcome == .failed(.timeout))
                #expect(taken.text == "news")
                let next = OutboundRequest.test(server.url("/hang"), timeout: .milliseconds(50))
                #expect(await transport.result(of: next).outcome == .failed(.timeout))
            }
        }
    }
}
