// SPDX-License-Identifier: Apache-2.0
import MartletNet
import MartletTesting
import MartletWire
import Testing

/// Bodies that are written bit by bit, over sockets.
@Suite(.timeLimit(.minutes(1))) struct ListenerStreamTests {
    private static let get = "GET /s HTTP/1.1\r\nHost: h\r\n\r\n"

    /// A stream with what tests ask of it.
    private struct Feed {
        let stream: HTTPBodyStream
        let ends: AsyncStream<HTTPBodyStream.End>

        init(limit: Int = 262_144, heartbeat: String = "") {
            let (ends, continuation) = AsyncStream.makeStream(of: HTTPBodyStream.End.self)
            self.ends = ends
            stream = HTTPBodyStream(
                limit: limit,
                heartbeat: Array(heartbeat.utf8),
                lastWords: { Array("last: \($0)".utf8) },
                ended: {
                    continuation.yield($0)
                    continuation.finish()
                }
            )
        }

        var response: HTTPResponse {
            var response = HTTPResponse(status: 200, headers: HeaderFields([("Content-Type", "text/plain")]))
            response.stream = stream
            return response
        }

        func write(_ text: String) -> Bool { stream.write(Array(text.utf8)) }

        func end() async -> [HTTPBodyStream.End] {
            var all: [HTTPBodyStream.End] = []
            for await end in ends { all.append(end) }
            return all
        }

        var handler: HTTPListener.Handler { { [response] _, reply in reply.send(response) } }
    }

    /// Reads until the text has come.
    private func read(_ client: RawClient, until needle: String, of text: inout String) throws {
        while !text.contains(needle) {
            let bytes = try client.readOnce()
            try #require(!bytes.isEmpty, "ended without \(needle): \(text)")
            text += String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Head and body of a chunked answer; the body ends with the last chunk.
    private func unchunk(_ answer: String) throws -> (head: String, body: String) {
        let bytes = Array(answer.utf8)
        let end = try #require((0..<bytes.count - 3).first { bytes[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) })
        var rest = bytes[(end + 4)...]
        var body: [UInt8] = []
        while true {
            let line = try #require(rest.firstIndex(of: 0x0D), "cut off")
            let size = try #require(Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16))
            rest = rest[(line + 2)...]
            if size == 0 {
                #expect(rest.elementsEqual("\r\n".utf8))
                return (String(decoding: bytes[..<end], as: UTF8.self), String(decoding: body, as: UTF8.self))
            }
            try #require(rest.count >= size + 2, "cut off")
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
    }

    @Test func comesInChunksAsItIsWritten() async throws {
        let feed = Feed()
        #expect(feed.write("before "))
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client()
        try client.send(Self.get)
        var text = ""
        try read(client, until: "before ", of: &text)
        #expect(feed.write("middle "))
        try read(client, until: "middle ", of: &text)
        feed.stream.finish(Array("end".utf8))
        text += try client.readToEnd()
        let (head, body) = try unchunk(text)
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(head.contains("\r\nTransfer-Encoding: chunked\r\nConnection: close"))
        #expect(!head.contains("Content-Length"))
        #expect(body == "before middle end")
        #expect(!feed.write("late"))
        #expect(await feed.end() == [.finished])
        await server.stop()
    }

    @Test func anOldClientGetsTheBodyAsItIs() async throws {
        let feed = Feed()
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client()
        try client.send("GET /s HTTP/1.0\r\n\r\n")
        #expect(feed.write("one "))
        feed.stream.finish(Array("two".utf8))
        let text = try client.readToEnd()
        #expect(text.hasSuffix("Connection: close\r\n\r\none two"))
        await server.stop()
    }

    @Test func headGetsNoBody() async throws {
        let feed = Feed()
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client()
        try client.send("HEAD /s HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readToEnd().hasSuffix("\r\n\r\n"))
        #expect(await feed.end() == [.gone])
        await server.stop()
    }

    @Test func silenceIsFilledWithHeartbeats() async throws {
        var limits = HTTPLimits()
        limits.heartbeat = .milliseconds(80)
        let feed = Feed(heartbeat: ": still here\n\n")
        let server = try await ListenerHarness.start(limits, handler: feed.handler)
        let client = try server.client()
        try client.send(Self.get)
        var text = ""
        try read(client, until: "still here\n\n\r\ne\r\n: still here", of: &text)
        client.close()
        #expect(await feed.end() == [.gone])
        #expect(!feed.write("nobody listens"))
        await server.stop()
    }

    @Test func aReaderThatIsTooSlowIsToldSo() async throws {
        let feed = Feed(limit: 100_000)
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client(receiveBuffer: 4096)
        try client.send(Self.get)
        let line = String(repeating: "x", count: 999) + "\n"
        var count = 0
        while feed.write(line) { count += 1 }
        // The kernel's buffers, and twice the stream's own.
        #expect(count < 20_000)
        #expect(await feed.end() == [.overflowed])
        let (_, body) = try unchunk(try client.readToEnd())
        #expect(body.hasSuffix("last: overflowed"))
        #expect(body.utf8.count == count * 1000 + 16)
        await server.stop()
    }

    @Test func aWriterThatWaitsLosesNothingToASlowReader() async throws {
        let feed = Feed(limit: 10_000)
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client(receiveBuffer: 4096)
        try client.send(Self.get)
        let writer = Task.immediate {
            for number in 0..<20_000 {
                guard await feed.stream.hasRoom(), feed.write("\(number) is one of many lines\n") else { return false }
            }
            feed.stream.finish()
            return true
        }
        let text = try client.readToEnd()
        #expect(await writer.value)
        let lines = try unchunk(text).body.split(separator: "\n")
        #expect(lines.count == 20_000)
        #expect(lines.last == "19999 is one of many lines")
        await server.stop()
    }

    @Test func aReaderThatReadsNothingIsCutOff() async throws {
        var limits = HTTPLimits()
        limits.request = .milliseconds(100)
        let feed = Feed(limit: 100 << 20)
        let server = try await ListenerHarness.start(limits, handler: feed.handler)
        let client = try server.client(receiveBuffer: 4096)
        try client.send(Self.get)
        #expect(feed.stream.write([UInt8](repeating: 0x78, count: 32 << 20)))
        #expect(await feed.end() == [.gone])
        client.close()
        await server.stop()
    }

    @Test func drainingEndsStreamsWithTheirLastWords() async throws {
        let feed = Feed()
        let server = try await ListenerHarness.start(handler: feed.handler)
        let client = try server.client()
        try client.send(Self.get)
        #expect(feed.write("news "))
        var text = ""
        try read(client, until: "news ", of: &text)
        let drained = Task.immediate { await server.stop() }
        text += try client.readToEnd()
        #expect(try unchunk(text).body == "news last: drained")
        #expect(await feed.end() == [.drained])
        await drained.value
    }

    @Test func aStreamForNobodyEnds() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let client = try server.client()
        try client.send(Self.get)
        let reply = try await held.next().reply
        client.reset()
        try await server.waitForConnections(0)
        let feed = Feed()
        reply.send(feed.response)
        #expect(await feed.end() == [.gone])
        await server.stop()
    }
}
