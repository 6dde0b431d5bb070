// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// `martlet tail` and `martlet listen` against gateways that die.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StreamCommandTests {
    private static func environment(_ gateway: ServedGateway) -> [String: String] {
        [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "viewer-key-0123456789",
            "MARTLET_TEST_SECRET": ServedGateway.endpointSecret,
        ]
    }

    private static func start(in folder: URL, again former: ServedGateway? = nil) async throws -> ServedGateway {
        let ports: (ingest: UInt16, admin: UInt16)
        if let former {
            ports = (former.ingestPort, former.adminPort)
        } else {
            var random = SplitMix64()
            ports = try await ServedGateway.freePorts(in: folder, using: &random)
        }
        try ServedGateway.write(endpoints: "", keys: ReadingCommandTests.keys, ports: ports, into: folder)
        return try await ServedGateway.start(in: folder)
    }

    /// Sends callbacks as a provider does: what is not acknowledged is sent again later.
    private static func send(_ orders: [String], to port: UInt16) -> [String] {
        guard let client = try? RawClient(port: port) else { return orders }
        for (index, order) in orders.enumerated() {
            do {
                try client.send(SignedCallback(order: order).request)
                guard try client.readResponse().body == "ok" else { return Array(orders[index...]) }
            } catch {
                return Array(orders[index...])
            }
        }
        return []
    }

    private static func object(_ line: Substring) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]) ?? [:]
    }

    @Test func tailMissesNothingAndRepeatsNothingWhenTheGatewayIsKilled() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        var gateway = try await Self.start(in: folder)
        let count = 400
        let tail = try MartletProcess(
            ["tail", "--after", "0", "--json", "--count", "\(count)"],
            environment: Self.environment(gateway),
            followOutput: true
        )
        var orders = (0..<count).map { "T-\($0)" }
        for stretch in [120, 70, 110] {
            // Killed somewhere in between, while callbacks come.
            let victim = gateway.process
            let (some, port) = (Array(orders.prefix(stretch)), gateway.ingestPort)
            async let left = Self.elsewhere { Self.send(some, to: port) }
            _ = try await tail.line(with: "\"T-\(count - orders.count + stretch / 2)\"")
            victim.signal(SIGKILL)
            orders = await left + orders.dropFirst(stretch)
            await victim.end()
            gateway = try await Self.start(in: folder, again: gateway)
        }
        let (rest, port) = (orders, gateway.ingestPort)
        #expect(await Self.elsewhere { Self.send(rest, to: port) }.isEmpty)
        #expect(await tail.end() == 0)
        let lines = tail.text.split(separator: "\n").map(Self.object)
        #expect(lines.count == count)
        #expect(lines.compactMap { $0["position"] as? Int } == Array(1...count), "in order, each once")
        let told = lines.compactMap { ($0["data"] as? [String: Any])?["merchantOrderId"] as? String }
        #expect(Set(told) == Set((0..<count).map { "T-\($0)" }))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    @Test func whatListenForwardsVerifiesWithStandardwebhooks() async throws {
        let count = 100
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/verify_deliveries.py")
        let python = try MartletProcess(
            [
                "python3", "-B", script.path, "--count", "\(count)", "--timeout", "120", "--secret",
                "env:MARTLET_TEST_SECRET",
            ],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["MARTLET_TEST_SECRET": ServedGateway.endpointSecret],
            followOutput: true
        )
        let port = try #require(UInt16(try await python.line(with: "")))
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        var gateway = try await Self.start(in: folder)
        let listen = try MartletProcess(
            [
                "listen", "--forward-to", "http://localhost:\(port)/hook", "--secret", "env:MARTLET_TEST_SECRET",
                "--after", "0", "--count", "\(count)",
            ],
            environment: Self.environment(gateway),
            followOutput: true
        )
        let orders = (0..<count).map { "L-\($0)" }
        let (first, ingest) = (Array(orders.prefix(count / 2)), gateway.ingestPort)
        #expect(await Self.elsewhere { Self.send(first, to: ingest) }.isEmpty)
        _ = try await listen.line(with: "order L-\(count / 2 - 1)")
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0, "a stream does not hold up the stop")
        gateway = try await Self.start(in: folder, again: gateway)
        #expect(await Self.elsewhere { Self.send(Array(orders.suffix(count / 2)), to: ingest) }.isEmpty)
        #expect(await listen.end() == 0)
        #expect(listen.text.split(separator: "\n").allSatisfy { $0.contains("→ HTTP 200 in ") })
        let summary = try await python.line(with: "received")
        #expect(await python.end() == 0)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(summary.utf8)) as? [String: Int])
        #expect(
            json == [
                "received": count, "verified_standardwebhooks": count, "verified_svix": count, "distinct_events": count,
            ]
        )
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    @Test func listenMakesASecretAndSaysWhenNobodyAnswers() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await Self.start(in: folder)
        #expect(Self.send(["N-1"], to: gateway.ingestPort).isEmpty)
        let closed = try RecordingPort.closed()
        let listen = try await MartletProcess.run(
            ["listen", "--forward-to", "http://127.0.0.1:\(closed)/", "--after", "0", "--count", "1"],
            environment: Self.environment(gateway)
        )
        #expect(listen.status == 0)
        #expect(listen.errors.hasPrefix("secret      whsec_"))
        #expect(listen.output.contains("order N-1"))
        #expect(listen.output.contains("→ no answer (connect"))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    @Test func refusalsEndTheCommandWithASentence() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await Self.start(in: folder)
        let environment = Self.environment(gateway)
        let wrongKind = try await MartletProcess.run(["tail", "--kinds", "evnt"], environment: environment)
        #expect(wrongKind.status == 1)
        #expect(wrongKind.errors.contains("did you mean \"event\"?"))
        let wrongKey = try await MartletProcess.run(
            ["tail"],
            environment: environment.merging(["MARTLET_KEY": "not-a-key-0123456789"]) { $1 }
        )
        #expect(wrongKey.status == 1)
        #expect(wrongKey.errors.hasPrefix("The gateway does not accept MARTLET_KEY: "))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let dead = try await MartletProcess.run(["tail"], environment: environment)
        #expect(dead.status == 1)
        #expect(dead.errors.contains("Is the gateway running?"))
        let nowhere = try await MartletProcess.run(["listen", "--forward-to", "localhost:3000"])
        #expect(nowhere.errors.contains("--forward-to must be a URL, such as http://localhost:3000/hooks."))
    }

    /// A blocking client gets one of Dispatch's threads.
    private static func elsewhere<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}

/// A port at which nobody listens.
private enum RecordingPort {
    static func closed() throws -> UInt16 {
        let server = try ScriptedServer(script: { _ in .ok })
        defer { server.stop() }
        return server.port
    }
}
