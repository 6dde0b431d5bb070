// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletTesting
import Testing

/// `martlet events` and `martlet deliveries`: over the admin API, from the file of a dead gateway, and what they say when
/// neither works.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReadingCommandTests {
    static let keys = """
        { "name": "look", "key": "plain:viewer-key-0123456789", "role": "viewer" },
        { "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" }
        """

    @Test func theGatewayAndItsFileTellTheSame() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret) { $0 == 1 ? 500 : 200 }
        let endpoint = ServedGateway.endpoint("ledger", subscriber.url, "\"schedule\": [\"2h\"]")
        let folder = try ServedGateway.makeFolder(endpoints: endpoint)
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(endpoints: endpoint, keys: Self.keys, into: folder)
        let gateway = try await ServedGateway.start(in: folder)
        let client = try RawClient(port: gateway.ingestPort)
        for order in ["INV-1", "INV-2"] {
            try client.send(SignedCallback(order: order).request)
            #expect(try client.readResponse().body == "ok")
        }
        await subscriber.wait(for: 2)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789",
        ]
        let file = folder.appendingPathComponent("martlet.db").path
        func both(_ arguments: [String]) async throws -> (api: String, file: String) {
            let api = try await MartletProcess.run(arguments, environment: environment)
            #expect(api.status == 0, "\(arguments): \(api.errors)")
            let stored = try await MartletProcess.run(arguments + ["--store", file], environment: ["MARTLET_KEY": ""])
            #expect(stored.status == 0, "\(arguments): \(stored.errors)")
            return (api.output, stored.output)
        }
        // The record of an attempt comes a moment after its answer.
        while try await both(["deliveries", "list", "--state", "delivered"]).api.hasPrefix("No deliveries") {
            await Task.yield()
        }

        let id = SignedCallback(order: "INV-1").eventID.rawValue
        let commands: [[String]] = [
            ["events", "list"], ["events", "list", "--order", "INV-2", "--json"], ["events", "list", "--since", "1h"],
            ["events", "list", "--shop", "nordic", "--source", "cryptomus/main", "--type", "payment.paid"],
            ["events", "show", id], ["events", "show", id, "--json"], ["deliveries", "list", "--event", id, "--json"],
            ["deliveries", "list", "--endpoint", "ledger"], ["deliveries", "show", "dlv_1"],
            ["deliveries", "show", "dlv_1", "--json"],
        ]
        for command in commands {
            let (api, stored) = try await both(command)
            #expect(api == stored, "\(command)")
            #expect(!api.isEmpty, "\(command)")
        }
        #expect(try await both(["events", "list", "--until", "2020-01-01T00:00:00Z"]).api == "No events.\n")
        #expect(try await both(["events", "show", id]).api.contains("raw callback\n{"))
        #expect(try await both(["deliveries", "show", "dlv_1"]).api.contains("waits      until "))

        let viewer = try await MartletProcess.run(
            ["events", "show", id],
            environment: environment.merging(["MARTLET_KEY": "viewer-key-0123456789"]) { $1 }
        )
        #expect(viewer.output.contains("the raw callback is shown to keys with the role operator"))
        let cut = try await MartletProcess.run(["events", "show", String(id.dropLast(9))], environment: environment)
        #expect(cut.status == 1)
        #expect(cut.errors.contains("did you mean \"\(id)\"?"))
        let unknown = try await MartletProcess.run(["events", "show", "evt_0", "--store", file])
        #expect(unknown.status == 1)
        #expect(unknown.errors == "There is no event evt_0. List them with: martlet events list\n")
        let refused = try await MartletProcess.run(
            ["deliveries", "retry", "dlv_1"],
            environment: environment.merging(["MARTLET_KEY": "viewer-key-0123456789"]) { $1 }
        )
        #expect(refused.errors.contains("needs the role operator; the key \"look\" has the role viewer"))

        // The gateway dies, and its file still tells.
        gateway.process.signal(SIGKILL)
        await gateway.process.end()
        let dead = try await MartletProcess.run(["events", "list"], environment: environment)
        #expect(dead.status == 1)
        #expect(dead.errors.contains("Is the gateway running? Name its admin address with --url or MARTLET_URL."))
        #expect(dead.errors.contains("If it does not run, read its store: --store FILE"))
        let stored = try await MartletProcess.run(["deliveries", "list", "--store", "sqlite:\(file)"])
        #expect(stored.output.contains("ledger"))
        let noFile = try await MartletProcess.run(["events", "list", "--store", "\(file).no"])
        #expect(noFile.status == 1)
        let noKey = try await MartletProcess.run(["events", "list"], environment: ["MARTLET_KEY": ""])
        #expect(noKey.errors.contains("MARTLET_KEY is not set."))
        await subscriber.stop()
    }
}
