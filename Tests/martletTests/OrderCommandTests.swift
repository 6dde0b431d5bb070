// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import MartletWire
import Testing

@testable import martlet

/// `martlet orders create` against a gateway that runs, with a stand-in for the provider.
@Suite(.serialized, .timeLimit(.minutes(2))) struct OrderCommandTests {
    private static let keys = #"{ "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" }"#

    private static func configure(_ folder: URL, apiBase: String, endpoint: String) throws {
        let source = """
            { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(apiBase)" }
            """
        try ServedGateway.write(endpoints: endpoint, sources: source, keys: keys, into: folder)
        let file = folder.appendingPathComponent("config.json")
        let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(
            of: #""ingest": { "#,
            with: #""ingest": { "publicURL": "https://pay.example", "#
        )
        try Data(text.utf8).write(to: file)
    }

    @Test func anOrderSurvivesACrashAndItsSecretsStayOutOfTheLog() async throws {
        let orderID = String(repeating: "0", count: 22) + "2a"
        let provider = try ScriptedServer(script: { request in
            guard request.method == "POST" else { return .answer(status: 500) }
            let answer = #"{"success":true,"data":{"_id":"\#(orderID)","uid":1409,"secret":"order-secret-1"}}"#
            return .answer(status: 200, body: Array(answer.utf8))
        })
        defer { provider.stop() }
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let endpoint = ServedGateway.endpoint("ledger", subscriber.url)
        let folder = try ServedGateway.makeFolder(endpoints: endpoint)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.configure(folder, apiBase: provider.url(""), endpoint: endpoint)
        let order = folder.appendingPathComponent("order.json")
        try Data(#"{"order":{"routeId":"r-1","amount":0.10},"merchantOrderId":"NO-1"}"#.utf8).write(to: order)
        let arguments = ["orders", "create", "kryptoswap/main", order.path, "--idempotency-key", "k-1"]

        let first = try await ServedGateway.start(in: folder, logLevel: "debug")
        func environment(_ gateway: ServedGateway) -> [String: String] {
            ["MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789"]
        }
        let created = try await MartletProcess.run(arguments, environment: environment(first))
        #expect(created.status == 0, "\(created.errors)")
        #expect(created.output.contains("order       \(orderID)\nuid         1409\nsecret      order-secret-1\n"))
        #expect(created.output.contains("watch       wch_1\n"))
        let request = try #require(provider.requests.first)
        let secret = try #require(try JSONReader.readObject(request.body).object["ipnSecret"]?.string)
        _ = try await first.process.line(with: "order created")
        first.process.signal(SIGKILL)
        _ = await first.process.end()

        let second = try await ServedGateway.start(in: folder, logLevel: "debug")
        let again = try await MartletProcess.run(arguments + ["--json"], environment: environment(second))
        #expect(again.output.contains("order-secret-1"), "\(again.errors)")
        #expect(provider.requests.count { $0.method == "POST" } == 1)
        let client = try RawClient(port: second.ingestPort)
        try client.send(KryptoswapNotification(number: 42, secret: secret).request(to: "/hooks/kryptoswap/main"))
        #expect(try client.readResponse().status == 200)
        client.close()
        await subscriber.wait(for: 1)
        second.process.signal(SIGTERM)
        #expect(await second.process.end() == 0)
        for text in [first.process.text, second.process.text, created.errors, again.output, again.errors] {
            #expect(!text.contains(secret))
        }
        for log in [first.process.text, second.process.text] { #expect(!log.contains("order-secret-1")) }
        await subscriber.stop()
    }

    @Test(arguments: [
        (["orders", "create", "cryptomus/main"], "Orders are created at sources of kryptoswap"),
        (["orders", "create", "kryptoswap/"], "Orders are created at sources of kryptoswap"),
        (["orders", "create", "kryptoswap/main", "--idempotency-key", "a b"], "--idempotency-key must be 1 to 255"),
    ])
    func sayWhatIsWrongWithTheArguments(_ arguments: [String], _ sentence: String) async throws {
        let finished = try await MartletProcess.run(arguments)
        #expect(finished.status == 64)
        #expect(finished.errors.contains(sentence), "\(finished.errors)")
    }
}
