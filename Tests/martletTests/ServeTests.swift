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

    @Test func aBadConfigurationStopsTheStartWithEveryProblem() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "{ \"id\": \"a\", \"url\": \"ftp://x\" }", sources: "{}")
        defer { try? FileManager.default.removeItem(at: folder) }
        let finished = try await MartletProcess.run([
            "serve", "--config", folder.appendingPathComponent("config.json").path,
        ])
        #expect(finished.status == 1)
        #expect(finished.errors.contains("$.endpoints[0].url"))
        #expect(finished.errors.contains("$.sources[0].provider"))
    }

    @Test func aStoreThatIsNoDatabaseStopsTheStartWithAClearMessage() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = String(repeating: "this is no database. ", count: 500)
        try Data(text.utf8).write(to: folder.appendingPathComponent("martlet.db"))
        let finished = try await MartletProcess.run([
            "serve", "--config", folder.appendingPathComponent("config.json").path,
        ])
        #expect(finished.status == 1)
        #expect(finished.errors.contains("martlet.db"))
        #expect(finished.errors.contains("the gateway cannot start"))
    }

    @Test func whatStrangersSendLeavesNoDescriptorBehind() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        let sockets = try descriptors(gateway).sockets
        // What stays open once it is first needed, such as the store's readers, is opened by the first requests.
        try send("A", gateway)
        for _ in 0..<20 { try await strange(gateway) }
        let before = try await settledDescriptors(gateway, sockets: sockets)
        for _ in 0..<20 { try await strange(gateway) }
        // Dispatch and SQLite may still open one of their own late; a leak would show a hundred and twenty times.
        #expect(try await settledDescriptors(gateway, sockets: sockets) <= before + 3)
        try send("B", gateway)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    /// A broken signature, a missing member, ten megabytes, two lengths, half a request, and nonsense.
    private func strange(_ gateway: ServedGateway) async throws {
        let post = "POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        let requests: [(text: String, status: Int?)] = [
            (post + "Content-Length: 14\r\n\r\n{\"sign\":\"abc\"}", 403),
            (post + "Content-Length: 2\r\n\r\n{}", 400),
            (post + "Content-Length: 10485760\r\n\r\n" + String(repeating: "x", count: 1 << 20), 413),
            (post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
            (post + "Content-Length: 200\r\n\r\n{", nil),
            ("\u{0}\u{1}\r\n\r\n", 400),
        ]
        for request in requests {
            let client = try RawClient(port: gateway.ingestPort)
            // A server that has made up its mind may stop reading; what matters is the answer.
            try? client.send(request.text)
            if let status = request.status {
                #expect(try client.readResponse().status == status, "\(request.text.prefix(120))")
            }
            client.close()
        }
    }

    /// What the descriptors of the process point to: sockets, and the rest.
    private func descriptors(_ gateway: ServedGateway) throws -> (sockets: Int, all: Int) {
        let folder = "/proc/\(gateway.process.pid)/fd"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        let sockets = names.count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            return target?.hasPrefix("socket:") ?? false
        }
        return (sockets, names.count)
    }

    /// The number of descriptors once there are no more sockets than before the first connection.
    private func settledDescriptors(_ gateway: ServedGateway, sockets: Int) async throws -> Int {
        while true {
            let now = try descriptors(gateway)
            if now.sockets <= sockets { return now.all }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private func send(_ order: String, _ gateway: ServedGateway) throws {
        let callback = SignedCallback(order: order)
        let client = try RawClient(port: gateway.ingestPort)
        defer { client.close() }
        try client.send(callback.request)
        #expect(try client.readResponse().body == "ok")
    }
}
