// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// `martlet serve` as an operator meets it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ServeTests {
    @Test func stopsOnSigtermWithStatusZero() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        #expect(gateway.process.text.contains("gateway stopped"))
    }

    @Test func sighupPutsAChangedFileIntoForceAndRefusesABadOneWhole() async throws {
        let before = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let after = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let folder = try ServedGateway.makeFolder(endpoints: ServedGateway.endpoint("ledger", before.url))
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        try send("A", gateway)
        await before.wait(for: 1)

        try ServedGateway.write(endpoints: "{ \"id\": \"broken\" }", into: folder)
        gateway.process.signal(SIGHUP)
        let refusal = try await gateway.process.line(with: "configuration refused, the running settings stay")
        #expect(refusal.contains("$.endpoints[0].url"))
        try send("B", gateway)
        await before.wait(for: 2)

        try ServedGateway.write(endpoints: ServedGateway.endpoint("ledger", after.url), into: folder)
        gateway.process.signal(SIGHUP)
        _ = try await gateway.process.line(with: "configuration reloaded")
        try send("C", gateway)
        await after.wait(for: 1)
        #expect(before.arrivals.count == 2)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        await before.stop()
        await after.stop()
    }

    @Test func aBadConfigurationStopsTheStartWithEveryProblem() throws {
        let folder = try ServedGateway.makeFolder(endpoints: "{ \"id\": \"a\", \"url\": \"ftp://x\" }", sources: "{}")
        defer { try? FileManager.default.removeItem(at: folder) }
        let finished = try MartletProcess.run(["serve", "--config", folder.appendingPathComponent("config.json").path])
        #expect(finished.status == 1)
        #expect(finished.errors.contains("$.endpoints[0].url"))
        #expect(finished.errors.contains("$.sources[0].provider"))
    }

    @Test func aStoreThatIsNoDatabaseStopsTheStartWithAClearMessage() throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = String(repeating: "this is no database. ", count: 500)
        try Data(text.utf8).write(to: folder.appendingPathComponent("martlet.db"))
        let finished = try MartletProcess.run(["serve", "--config", folder.appendingPathComponent("config.json").path])
        #expect(finished.status == 1)
        #expect(finished.errors.contains("martlet.db"))
        #expect(finished.errors.contains("the gateway cannot start"))
    }

    private func send(_ order: String, _ gateway: ServedGateway) throws {
        let callback = SignedCallback(order: order)
        let client = try RawClient(port: gateway.ingestPort)
        defer { client.close() }
        let head = """
            POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
            Content-Length: \(callback.body.count)\r\n\r\n
            """
        try client.send(Array(head.utf8) + callback.body)
        #expect(try client.readResponse().body == "ok")
    }
}
