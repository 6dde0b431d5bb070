// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletNet
import MartletTesting
import MartletWire
import Testing

/// Raw requests and the status that refuses them, each followed by a request that must not be answered.
@Suite(.timeLimit(.minutes(1))) struct ListenerRefusalTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var status: Int
        var text: String
        var testDescription: String { name }

        init(_ name: String, _ status: Int, _ text: String) {
            self.name = name
            self.status = status
            self.text = text
        }

        static func fields(_ name: String, _ status: Int, _ fields: String, body: String = "") -> Refusal {
            Refusal(name, status, "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)")
        }

        static func chunks(_ name: String, _ status: Int, _ body: String) -> Refusal {
            fields(name, status, "Transfer-Encoding: chunked", body: body)
        }
    }

    static let refusals: [Refusal] = [
        .fields("two different lengths", 400, "Content-Length: 3\r\nContent-Length: 4", body: "body"),
        .fields("two equal lengths", 400, "Content-Length: 4\r\nContent-Length: 4", body: "body"),
        .fields("length list", 400, "Content-Length: 4, 4", body: "body"),
        .fields("signed length", 400, "Content-Length: +4", body: "body"),
        .fields("negative length", 400, "Content-Length: -4"),
        .fields("empty length", 400, "Content-Length:"),
        .fields("hexadecimal length", 400, "Content-Length: 0x4", body: "body"),
        .fields("length with a blank inside", 400, "Content-Length: 1 0"),
        .fields("length beyond 64 bits", 400, "Content-Length: 99999999999999999999999"),
        .fields("length beyond 63 bits", 413, "Content-Length: 9999999999999999999"),
        .fields("length above the limit", 413, "Content-Length: 1001"),
        .fields("length above the limit, awaiting 100", 413, "Expect: 100-continue\r\nContent-Length: 1001"),
        .fields("length and coding", 400, "Content-Length: 4\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
        .fields("coding and length", 400, "Transfer-Encoding: chunked\r\nContent-Length: 4", body: "0\r\n\r\n"),
        .fields("coding gzip", 400, "Transfer-Encoding: gzip"),
        .fields("coding gzip, chunked", 400, "Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"),
        .fields("coding chunked, identity", 400, "Transfer-Encoding: chunked, identity"),
        .fields("coding xchunked", 400, "Transfer-Encoding: xchunked"),
        .fields("coding twice", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
        .fields("coding with vertical tab", 400, "Transfer-Encoding: \u{0B}chunked", body: "0\r\n\r\n"),
        .fields("folded line", 400, "A: b\r\n c"),
        .fields("folded with tab", 400, "A: b\r\n\tc"),
        .fields("blank before colon", 400, "Content-Length : 4", body: "body"),
        .fields("tab before colon", 400, "A\t: b"),
        .fields("no colon", 400, "Abc"),
        .fields("empty name", 400, ": b"),
        .fields("name with bracket", 400, "A[b]: c"),
        .fields("name with NUL", 400, "A\u{0}: b"),
        .fields("name beyond ASCII", 400, "Ä: b"),
        .fields("value with NUL", 400, "A: b\u{0}c"),
        .fields("value with bare CR", 400, "A: b\rc"),
        .fields("value with DEL", 400, "A: b\u{7F}"),
        .fields("bare LF between fields", 400, "A: b\nC: d"),
        .fields("second Host", 400, "Host: h"),
        .fields("other expectation", 417, "Expect: 200-ok"),
        .fields("two expectations", 417, "Expect: 100-continue\r\nExpect: 100-continue"),
        .fields("header block too large", 431, "A: " + String(repeating: "a", count: 2000)),
        .fields("too many fields", 431, (0..<20).map { "A\($0): b" }.joined(separator: "\r\n")),
        .chunks("chunk above the limit", 413, "3e9\r\n"),
        .chunks("chunks above the limit", 413, "3\r\nabc\r\n3e8\r\n"),
        .chunks("size beyond 64 bits", 413, "fffffffffffffffff\r\n"),
        .chunks("endless extension", 413, "1;" + String(repeating: "a", count: 20_000)),
        .chunks("endless trailers", 413, "0\r\n" + String(repeating: "A: b\r\n", count: 4000)),
        .chunks("size is no number", 400, "g\r\n"),
        .chunks("empty size", 400, "\r\n"),
        .chunks("blank before size", 400, " 3\r\nabc\r\n"),
        .chunks("blank behind size", 400, "3 \r\nabc\r\n"),
        .chunks("signed size", 400, "+3\r\nabc\r\n"),
        .chunks("prefixed size", 400, "0x3\r\nabc\r\n"),
        .chunks("bare LF behind size", 400, "3\nabc\r\n0\r\n\r\n"),
        .chunks("bare LF in extension", 400, "3;a\nabc\r\n0\r\n\r\n"),
        .chunks("bare CR behind size", 400, "3\rabc\r\n0\r\n\r\n"),
        .chunks("chunk longer than said", 400, "3\r\nabcd\r\n0\r\n\r\n"),
        .chunks("bare LF behind data", 400, "3\r\nabc\n0\r\n\r\n"),
        .chunks("bad trailer name", 400, "0\r\nA b: c\r\n\r\n"),
        .chunks("folded trailer", 400, "0\r\nA: b\r\n c\r\n\r\n"),
        .chunks("bare LF at the end", 400, "0\r\n\n"),
        Refusal("no Host", 400, "GET / HTTP/1.1\r\nA: b\r\n\r\n"),
        Refusal("no field at all", 400, "GET / HTTP/1.1\r\n\r\n"),
        Refusal("Host with blank", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Refusal("Host list", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Refusal("Host with path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Refusal("two Hosts in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
        Refusal("coding in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refusal("blank line first field", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"),
        Refusal("bare LF in request line", 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"),
        Refusal("bare LF ends head", 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"),
        Refusal("HTTP/0.9", 400, "GET /\r\n\r\n"),
        Refusal("no target", 400, "GET HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("empty target", 400, "GET  HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("blank in target", 400, "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("blank behind version", 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
        Refusal("tabs in request line", 400, "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("blank before method", 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("relative target", 400, "GET a/b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("fragment", 400, "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("target beyond ASCII", 400, "GET /ä HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("target with control", 400, "GET /\u{1} HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("user in absolute form", 400, "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("no authority", 400, "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("asterisk without OPTIONS", 400, "GET * HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("two empty lines first", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("small letters in version", 400, "GET / http/1.1\r\nHost: h\r\n\r\n"),
        Refusal("other protocol", 400, "SOURCE / ICE/1.0\r\nHost: h\r\n\r\n"),
        Refusal("version 1.10", 400, "GET / HTTP/1.10\r\nHost: h\r\n\r\n"),
        Refusal("version 2.0", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Refusal("version 0.9", 505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"),
        Refusal("version 1.2", 505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"),
        Refusal("CONNECT", 501, "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("unknown method", 501, "FROB / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("small letters in method", 501, "get / HTTP/1.1\r\nHost: h\r\n\r\n"),
        Refusal("TLS", 400, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n"),
        Refusal(
            "request line too long",
            414,
            "GET /" + String(repeating: "a", count: 600) + " HTTP/1.1\r\nHost: h\r\n\r\n"
        ),
        Refusal("line without an end", 414, String(repeating: "a", count: 600)),
        Refusal("head without an end", 431, "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: 2000)),
    ]

    static var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.requestLine = 512
        limits.headerBlock = 1024
        limits.headerCount = 16
        limits.body = 1000
        return limits
    }

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) async throws {
        let server = try await ListenerHarness.start(Self.limits)
        let client = try server.client()
        try client.send(refusal.text + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
        let response = try client.readResponse()
        #expect(response.status == refusal.status)
        #expect(response.body == "rejected")
        #expect(response.headers[first: "Content-Type"] == "text/plain")
        #expect(response.closes)
        #expect(try client.readToEnd().isEmpty)
        client.close()
        await server.stop()
    }

    /// The same bytes one by one give the same refusal as at once.
    @Test func refusesAlikeHoweverTheBytesArrive() async throws {
        let server = try await ListenerHarness.start(Self.limits)
        for refusal in Self.refusals where refusal.text.utf8.count < 200 {
            let client = try server.client()
            for byte in refusal.text.utf8 {
                // The listener may have answered and shut the connection by now.
                do { try client.send([byte]) } catch RawClient.Failure.reset { break }
            }
            #expect(try client.readResponse().status == refusal.status, "\(refusal.name)")
            client.close()
        }
        await server.stop()
    }

    @Test(arguments: [
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0004\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: caf\u{E9}\r\n\r\n",
    ]) func acceptsWhatIsUnusualAndSound(_ text: String) async throws {
        let server = try await ListenerHarness.start(Self.limits)
        #expect(try server.exchange(text).hasPrefix("HTTP/1.1 200 OK"))
        await server.stop()
    }

    @Test func acceptsWhatIsExactlyAtTheLimit() async throws {
        let server = try await ListenerHarness.start(Self.limits)
        let line = "GET /" + String(repeating: "a", count: 512 - 14) + " HTTP/1.1\r\n"
        let block = "Host: h\r\nA: " + String(repeating: "a", count: 1024 - 16) + "\r\n\r\n"
        #expect(line.utf8.count == 514)
        #expect(block.utf8.count == 1024)
        #expect(try server.exchange(line + block).hasPrefix("HTTP/1.1 200 OK"))
        let body = String(repeating: "b", count: 1000)
        #expect(
            try server.exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + body).hasSuffix(body)
        )
        #expect(
            try server.exchange(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
            ).hasSuffix(body)
        )
        await server.stop()
    }
}
