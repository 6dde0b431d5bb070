// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import MartletWire
import Testing

/// `martlet simulate` as a user meets it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SimulateTests {
    private static let hooks = "http://127.0.0.1:9/hooks/kryptoswap/main"

    /// Nobody listens: what is sent is lost, and the simulation goes on and ends in order.
    @Test func aGatewayThatIsDownIsPrintedAsUnansweredAndStopsNothing() async throws {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("simulate-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        try Data().write(to: output)
        let simulator = try MartletProcess(
            [
                "simulate", "kryptoswap", "--listen", "127.0.0.1:0", "--hooks", Self.hooks, "--orders", "8", "--rate",
                "1000", "--step", "5ms", "--duplicates", "0.5", "--loss", "0.3", "--json",
            ],
            output: try FileHandle(forWritingTo: output)
        )
        let address = try await simulator.line(with: "listening on")
        _ = try await simulator.line(with: "all 8 orders have ended")
        // The interface goes on being served.
        let port = try #require(address.split(separator: ",").first?.split(separator: ":").last.flatMap { UInt16($0) })
        let client = try RawClient(port: port)
        try client.send("GET /public/exchanger/order/get HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.readResponse().body.contains("\"success\":false"))
        client.close()
        simulator.signal(SIGTERM)
        #expect(await simulator.end() == 0)

        let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map {
            try JSONReader.readObject(Array($0.utf8)).object
        }
        let summary = try #require(lines.last)
        #expect(summary["kind"] == .string("summary"))
        func count(_ kind: String, _ outcome: String? = nil) -> JSONValue {
            .number(
                String(
                    lines.count {
                        $0["kind"] == .string(kind) && (outcome == nil || $0["outcome"]?.string == outcome)
                    }
                )
            )
        }
        #expect(count("made") == .number("8"))
        #expect(count("ended") == .number("8"))
        #expect(summary["ended"] == .number("8"))
        #expect(summary["lost"] == count("notification", "lost"))
        #expect(summary["sent"] == count("notification", "unanswered"))
        #expect(summary["unanswered"] == summary["sent"])
        #expect(summary["calls"] == .number("1"))
        #expect(summary["answered"] == .object(JSONObject()))
    }

    @Test func aPersonGetsATableAndTheTotals() async throws {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("simulate-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: output) }
        try Data().write(to: output)
        let simulator = try MartletProcess(
            [
                "simulate", "spectrocoin", "--listen", "127.0.0.1:0", "--hooks",
                "http://127.0.0.1:9/hooks/spectrocoin/eu",
                "--orders", "1", "--step", "5ms", "--paid", "1", "--seed", "7",
            ],
            output: try FileHandle(forWritingTo: output)
        )
        let line = try await simulator.line(with: "listening on")
        #expect(line.hasSuffix(", seed 7"))
        _ = try await simulator.line(with: "all 1 orders have ended")
        simulator.signal(SIGINT)
        #expect(await simulator.end() == 0)
        let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.first == "ORDER                                 STATUS            COPY  OUTCOME")
        #expect(lines.count { $0.hasSuffix("unanswered (connect)") } == 2)
        #expect(
            lines.last == """
                orders 1, ended 1, not registered 0; notifications 2, lost 0, duplicated 0, reordered 0; sent 2, \
                unanswered 2, answered 0; interface calls 0
                """
        )
    }

    @Test(arguments: [
        (["kryptoswap", "--orders", "5"], "--orders needs --hooks URL"),
        (["kryptoswap", "--register", "http://127.0.0.1:1"], "--register needs --hooks URL"),
        (["kryptoswap", "--loss", "30"], "--loss must be a share from 0 to 1"),
        (["kryptoswap", "--paid", "1.5"], "--paid must be a share from 0 to 1"),
        (["kryptoswap", "--delay", "2s..1s"], "--delay must be a duration or a range of two"),
        (["kryptoswap", "--delay", "1s..2s..3s"], "--delay must be a duration or a range of two"),
        (["kryptoswap", "--step", "0ms"], "--step must be a duration"),
        (["kryptoswap", "--rate", "0"], "--rate must be from 0.001 to 10000"),
        (["kryptoswap", "--listen", "9091"], "--listen must be ADDRESS:PORT"),
        (["kryptoswap", "--hooks", "http://127.0.0.1:9/hooks/cryptomus/main"], "--hooks must be the source's address"),
        (["kryptoswap", "--hooks", hooks, "--register", "http://127.0.0.1:1"], "MARTLET_KEY is not set"),
        (["kryptoswap", "--ipn-secret", "abc"], "--ipn-secret"),
        (["cryptomus"], "Give --payment-key or --payout-key"),
        (["spectrocoin", "--project", "x"], "--project must be a UUID"),
        (["spectrocoin", "--legacy", "plain:x"], "--legacy holds something that is"),
    ])
    func saysWhatIsWrongWithTheArguments(_ arguments: [String], _ sentence: String) async throws {
        let finished = try await MartletProcess.run(["simulate"] + arguments, environment: ["MARTLET_KEY": ""])
        #expect(finished.status == 64, "\(finished.output)")
        #expect(finished.errors.contains(sentence), "\(finished.errors)")
    }

    @Test func anAddressInUseEndsItWithAClearMessage() async throws {
        let first = try MartletProcess(["simulate", "kryptoswap", "--listen", "127.0.0.1:0"])
        let line = try await first.line(with: "listening on")
        let address = try #require(line.split(separator: " ").dropFirst(2).first?.dropLast())
        let second = try await MartletProcess.run(["simulate", "kryptoswap", "--listen", String(address)])
        #expect(second.status == 1)
        #expect(second.errors.contains(String(address)), "\(second.errors)")
        first.signal(SIGTERM)
        #expect(await first.end() == 0)
    }
}
