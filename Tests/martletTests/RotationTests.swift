// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCrypto
import MartletTesting
import Testing

/// A secret is exchanged while deliveries are under way, and no subscriber has to care when it does so itself.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RotationTests {
    private let old = WebhookSecret.generate()
    private let new = WebhookSecret.generate()

    /// Verifiers that know the old secret, the new one, both, and one that goes from the old to the new on its way.
    ///
    /// The one that knows only the new secret is there from the beginning of the overlap, the others before it; what is
    /// in memory or waits in the store at that moment goes to them with both signatures.
    @Test func everyVerifierAcceptsEveryDeliveryWithinTheOverlap() async throws {
        let verifiers = try startVerifiers()
        let port = try #require(UInt16(try await verifiers.line(with: "")))
        let folder = try ServedGateway.makeFolder(endpoints: endpoints(port, secrets: plain(old), isNewThere: false))
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        try send(0..<1, gateway)
        _ = try await deliveries(gateway) { $0["delivered"] == 3 }

        try send(1..<200, gateway)
        let overlap = #"\#(plain(new)), { "secret": \#(plain(old)), "until": "9999-12-31T00:00:00Z" }"#
        try ServedGateway.write(endpoints: endpoints(port, secrets: overlap, isNewThere: true), into: folder)
        gateway.process.signal(SIGHUP)
        async let reloaded = gateway.process.line(with: "configuration reloaded")
        try send(200..<400, gateway)
        _ = try await reloaded
        try send(400..<600, gateway)

        let states = try await deliveries(gateway) { $0["pending"] == 0 && $0["in_flight"] == 0 }
        let skipped = try #require(states["skipped"])
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let text = try get("/", port)
        print("rotation: \(text)")
        #expect(await verifiers.end() == 0)

        let summary = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Int])
        for (name, count) in ["old": 600, "both": 600, "mover": 600, "new": 600 - skipped] {
            #expect(summary["\(name)_refused"] == 0, "\(name)")
            #expect(summary["\(name)_accepted"] == count, "\(name)")
            #expect(summary["\(name)_events"] == count, "\(name)")
        }
        #expect((1...400).contains(skipped))
        #expect((summary["mover_by_old"] ?? 0) > 0)
        #expect((summary["mover_by_new"] ?? 0) >= 200)
    }

    private func startVerifiers() throws -> MartletProcess {
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/verify_rotation.py")
        return try MartletProcess(
            ["python3", "-B", script.path],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["OLD_SECRET": old, "NEW_SECRET": new],
            followOutput: true
        )
    }

    private func plain(_ secret: String) -> String { "\"plain:\(secret)\"" }

    private func endpoints(_ port: UInt16, secrets: String, isNewThere: Bool) -> String {
        ["old", "new", "both", "mover"]
            .map { name in
                """
                { "id": "\(name)", "url": "http://127.0.0.1:\(port)/\(name)", "secrets": [\(secrets)],
                  "maxInFlight": \(name == "mover" ? 1 : 8), "enabled": \(name != "new" || isNewThere) }
                """
            }
            .joined(separator: ",")
    }

    private func send(_ numbers: Range<Int>, _ gateway: ServedGateway) throws {
        let client = try RawClient(port: gateway.ingestPort)
        defer { client.close() }
        for number in numbers {
            try client.send(SignedCallback(order: "ROTATION-\(number)").request)
            #expect(try client.readResponse().body == "ok")
        }
    }

    /// Asks the gateway how many deliveries are in which state until they are as they should be.
    private func deliveries(
        _ gateway: ServedGateway,
        until isReached: ([Substring: Int]) -> Bool
    ) async throws -> [Substring: Int] {
        while true {
            let lines = try get("/metrics", gateway.adminPort).split(separator: "\n")
            var states: [Substring: Int] = [:]
            for line in lines where line.hasPrefix("martlet_deliveries{state=\"") {
                let parts = line.split(separator: "\"")
                states[parts[1]] = line.split(separator: " ").last.flatMap { Int($0) }
            }
            if isReached(states) { return states }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private func get(_ path: String, _ port: UInt16) throws -> String {
        let client = try RawClient(port: port)
        defer { client.close() }
        try client.send("GET \(path) HTTP/1.1\r\nHost: gateway.test\r\n\r\n")
        return try client.readResponse().body
    }
}
