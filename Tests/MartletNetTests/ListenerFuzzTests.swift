// SPDX-License-Identifier: Apache-2.0
import Glibc
import MartletCore
import MartletNet
import MartletTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListenerFuzzTests {
    /// Fragments that lead deep into the reader, and bytes that lead astray.
    private static let fragments = [
        "GET / HTTP/1.1\r\n", "POST /hooks HTTP/1.1\r\n", "Host: h\r\n", "Content-Length: 5\r\n", "\r\n", "\r", "\n",
        "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", "0\r\n\r\n", "Expect: 100-continue\r\n", ": ", "hello",
        "Connection: close\r\n", "ffff", "\u{0}", " ", ListenerExchangeTests.post, ListenerExchangeTests.chunked,
    ]

    @Test func survivesRandomBytes() async throws {
        let seed = getenv("MARTLET_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0 ... .max)
        print("ListenerFuzzTests seed: \(seed) (repeat with MARTLET_TEST_SEED)")
        var random = SplitMix64(seed: seed)
        var limits = HTTPLimits()
        limits.requestLine = 200
        limits.headerBlock = 400
        limits.body = 300
        limits.request = .seconds(5)
        let server = try await ListenerHarness.start(limits)
        for _ in 0..<1500 {
            let client = try server.client()
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                bytes += Array((Self.fragments.randomElement(using: &random) ?? "").utf8)
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            do {
                let split = Int.random(in: 0...bytes.count, using: &random)
                try client.send(Array(bytes[..<split]))
                if Bool.random(using: &random) { _ = await server.listener.openConnections }
                try client.send(Array(bytes[split...]))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: client.reset()
                case 1: client.close()
                default:
                    client.finishSending()
                    let answer = try client.readToEnd()
                    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "seed \(seed)")
                }
            } catch RawClient.Failure.reset {
                // Sending on after a refusal.
            }
        }
        // Accepted in turn: once this one is answered, none of those before it waits in the backlog.
        #expect(try server.exchange(ListenerExchangeTests.post).hasPrefix("HTTP/1.1 200 OK"))
        try await server.waitForConnections(0)
        #expect(ListenerHarness.serverDescriptors(server.port) == 1, "seed \(seed)")
        await server.stop()
    }
}
