// SPDX-License-Identifier: Apache-2.0
import Dispatch
import MartletCore
import MartletNet
import MartletTesting
import MartletWire
import Testing

/// What a well-behaved client sees.
@Suite(.timeLimit(.minutes(1))) struct ListenerExchangeTests {
    static let post = "POST /hooks/a/b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
    static let chunked =
        "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "3;name=\"v\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\nOther:\r\n\r\n"

    @Test func keepsTheConnectionForTheNextRequest() async throws {
        let server = try await ListenerHarness.start()
        let client = try server.client()
        for _ in 0..<3 {
            try client.send(Self.post)
            let response = try client.readResponse()
            #expect(response.status == 200)
            #expect(response.body == "POST /hooks/a/b body")
            #expect(!response.closes)
        }
        #expect(await server.listener.openConnections == 1)
        client.close()
        await server.stop()
    }

    @Test func handsOverTheWholeRequest() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let client = try server.client()
        try client.send("PUT /p%20q?a=b?c HTTP/1.1\r\nhOSt: h:80\r\nX-A:  1 \t\r\nX-A: 2\r\nEmpty:\r\n")
        try client.send("Content-Length: 2\r\n\r\nhi")
        let (request, reply) = try await held.next()
        #expect(request.method == "PUT")
        #expect(request.target == "/p%20q?a=b?c")
        #expect(request.path == "/p%20q")
        #expect(
            request.headers
                == HeaderFields([("hOSt", "h:80"), ("X-A", "1"), ("X-A", "2"), ("Empty", ""), ("Content-Length", "2")])
        )
        #expect(request.body == Array("hi".utf8))
        #expect(request.peer == .loopback)
        reply.send(.text(200, "ok"))
        #expect(try client.readToEndAfterFinishing().hasSuffix("ok"))
        await server.stop()
    }

    @Test func answersPipelinedRequestsInOrderAndOneAtATime() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let client = try server.client()
        let count = 200
        let requests = (0..<count).map { "POST /\($0) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" }
        try client.send(requests.joined())
        for index in 0..<count {
            let (request, reply) = try await held.next()
            #expect(request.path == "/\(index)")
            #expect(held.count == 0)
            reply.send(.text(200, request.path))
        }
        for index in 0..<count { #expect(try client.readResponse().body == "/\(index)") }
        client.close()
        await server.stop()
    }

    @Test func sendsAnAnswerInOneWriteOfExactlyTheseBytes() async throws {
        let server = try await ListenerHarness.start { _, reply in
            reply.send(.text(200, "*ok*", headers: [("X-Split", "a\r\nSet-Cookie: b"), ("Content-Length", "9")]))
        }
        let client = try server.client()
        try client.send(Self.post)
        #expect(
            String(decoding: try client.readOnce(), as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Split: a  Set-Cookie: b\r\nContent-Length: 4\r\n\r\n*ok*"
        )
        client.close()
        await server.stop()
    }

    @Test(arguments: [post, chunked]) func readsARequestSplitAnywhere(_ text: String) async throws {
        let server = try await ListenerHarness.start()
        let bytes = Array(text.utf8)
        let whole = try server.exchange(text)
        #expect(whole.hasPrefix("HTTP/1.1 200 OK"))
        for split in 1..<bytes.count {
            let client = try server.client()
            // What follows waits until the loop has seen the first part: its answer to the connection before it.
            try client.send(Array(bytes[..<split]))
            _ = await server.listener.openConnections
            try client.send(Array(bytes[split...]))
            client.finishSending()
            #expect(try client.readToEnd() == whole, "split at \(split)")
        }
        let client = try server.client()
        for byte in bytes {
            try client.send([byte])
            _ = await server.listener.openConnections
        }
        client.finishSending()
        #expect(try client.readToEnd() == whole)
        await server.stop()
    }

    @Test func decodesChunks() async throws {
        let server = try await ListenerHarness.start()
        #expect(try server.exchange(Self.chunked).hasSuffix("\r\n\r\nPOST /c abc0123456789"))
        await server.stop()
    }

    @Test func answersAnExpectationBeforeTheBody() async throws {
        let server = try await ListenerHarness.start()
        let client = try server.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n")
        #expect(String(decoding: try client.readOnce(), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("body")
        #expect(try client.readResponse().body == "POST / body")
        // Not asked for again when the body comes along.
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nmore")
        #expect(try client.readResponse().body == "POST / more")
        client.close()
        await server.stop()
    }

    @Test func closesWhereTheClientExpectsIt() async throws {
        let server = try await ListenerHarness.start()
        for (head, connection) in [
            ("GET / HTTP/1.0\r\n", "close"), ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n", "keep-alive"),
            ("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n", "close"), ("GET / HTTP/1.1\r\nHost: h\r\n", nil),
        ] {
            let client = try server.client()
            try client.send(head + "\r\n")
            #expect(try client.readResponse().headers[first: "Connection"] == connection)
            if connection == "close" { #expect(try client.readToEnd().isEmpty) }
            client.close()
        }
        await server.stop()
    }

    @Test func answersHeadWithoutABody() async throws {
        let server = try await ListenerHarness.start()
        let client = try server.client()
        try client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readResponse(toHead: true).headers[first: "Content-Length"] == "7")
        try client.send(Self.post)
        #expect(try client.readResponse().body == "POST /hooks/a/b body")
        client.close()
        await server.stop()
    }

    @Test func answersAClientThatHasFinishedSending() async throws {
        let held = HeldRequests()
        let server = try await ListenerHarness.start(handler: held.handler)
        let client = try server.client()
        try client.send(Self.post)
        client.finishSending()
        let reply = try await held.next().reply
        reply.send(.text(200, "late"))
        #expect(try client.readToEnd().hasSuffix("late"))
        await server.stop()
    }

    @Test func sendsALongAnswerToASlowReader() async throws {
        let body = String(repeating: "0123456789abcdef", count: 500_000)
        let server = try await ListenerHarness.start { _, reply in reply.send(.text(200, body)) }
        let client = try server.client(receiveBuffer: 4096)
        try client.send(Self.post + Self.post)
        #expect(try client.readResponse().body == body)
        #expect(try client.readResponse().body == body)
        client.close()
        await server.stop()
    }

    @Test func takesRepliesFromAnyQueueAndOnlyTheFirst() async throws {
        let queue = DispatchQueue(label: "martlet.test.replies", attributes: .concurrent)
        let server = try await ListenerHarness.start { request, reply in
            queue.async {
                reply.send(.text(200, request.path))
                reply.send(.text(500, "second"))
            }
        }
        let clients = try (0..<16).map { _ in try server.client() }
        for round in 0..<50 {
            for (index, client) in clients.enumerated() {
                try client.send("GET /\(round)-\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
            }
            for (index, client) in clients.enumerated() {
                #expect(try client.readResponse().body == "/\(round)-\(index)")
            }
        }
        for client in clients { client.close() }
        await server.stop()
    }

    @Test(arguments: [
        ("/a/b", "/a/b"), ("/a?b=/c", "/a"), ("http://h", "/"), ("http://h?q", "/"), ("HTTPS://h:1/a?b", "/a"),
    ]) func findsThePath(_ target: String, _ path: String) async throws {
        let server = try await ListenerHarness.start()
        #expect(try server.exchange("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n").hasSuffix("\r\n\r\nGET \(path) "))
        await server.stop()
    }
}

extension RawClient {
    /// Everything that comes after the sending side was closed.
    func readToEndAfterFinishing() throws -> String {
        finishSending()
        return try readToEnd()
    }
}
