// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletCrypto
import MartletTesting
import Testing

@testable import martlet

/// Commands that end by themselves, and the two that talk to a gateway.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CommandTests {
    @Test func keygenMakesSecretsOfEachKind() async throws {
        let symmetric = try await MartletProcess.run(["keygen"])
        #expect(symmetric.status == 0)
        #expect(symmetric.output.hasPrefix("whsec_"))
        #expect(Data(base64Encoded: String(symmetric.output.dropFirst(6).dropLast()))?.count == 32)
        let pair = try await MartletProcess.run(["keygen", "--asymmetric"]).output.split(separator: "\n")
        #expect(pair.count == 2)
        #expect(pair.first?.hasPrefix("whsk_") == true)
        #expect(pair.last?.hasPrefix("whpk_") == true)
    }

    @Test func keygenWritesAnRSAPairAndNeverOverwrites() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let prefix = folder.appendingPathComponent("provider").path
        #expect(try await MartletProcess.run(["keygen", "--rsa", prefix]).status == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: "\(prefix).private.pem")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let again = try await MartletProcess.run(["keygen", "--rsa", prefix])
        #expect(again.status == 64)
        #expect(again.errors.contains("is there already; remove it or give another prefix."))
    }

    @Test func checkPrintsEveryProblemWithItsPath() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "{ \"id\": \"a\", \"urll\": \"http://x\" }")
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("config.json").path
        let finished = try await MartletProcess.run(["check", "--config", path])
        #expect(finished.status == 1)
        #expect(finished.output.contains("$.endpoints[0].url "))
        #expect(finished.output.contains("$.endpoints[0].urll"))
        #expect(finished.output.contains("did you mean \"url\"?"))
        let json = try await MartletProcess.run(["check", "--config", path, "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect((object?["errors"] as? Int ?? 0) >= 2)
    }

    @Test func aTriggeredCallbackReachesReceiveAndShowsInTheLists() async throws {
        let receiver = try MartletProcess(
            [
                "receive", "--listen", "127.0.0.1:0", "--secret", "env:LEDGER_SECRET", "--count", "1", "--timeout",
                "60s",
            ],
            environment: ["LEDGER_SECRET": ServedGateway.endpointSecret]
        )
        let address = try await receiver.line(with: "listening on").split(separator: " ").last ?? ""
        let endpoint = ServedGateway.endpoint("ledger", "http://\(address)/hook")
        let folder = try ServedGateway.makeFolder(endpoints: endpoint)
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(endpoints: endpoint, keys: ReadingCommandTests.keys, into: folder)
        let config = folder.appendingPathComponent("config.json").path
        let gateway = try await ServedGateway.start(in: folder)

        let triggered = try await MartletProcess.run([
            "trigger", "cryptomus/main", "--status", "paid", "--order", "INV-9", "--config", config,
            "--url", "http://127.0.0.1:\(gateway.ingestPort)",
        ])
        #expect(triggered.status == 0, "\(triggered.errors)")
        #expect(triggered.output.contains("cryptomus/main: acknowledged, HTTP 200 ok"))
        #expect(await receiver.end() == 0)

        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "operator-key-0123456789",
        ]
        let events = try await MartletProcess.run(["events", "list"], environment: environment)
        #expect(events.output.hasPrefix("RECEIVED"))
        #expect(events.output.contains("payment.paid"))
        let listed = try await MartletProcess.run(["events", "list", "--json"], environment: environment)
        let list = try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [String: Any]
        let id = try #require((list?["data"] as? [[String: Any]])?.first?["id"] as? String)
        #expect(triggered.output.contains(id))
        let shown = try await MartletProcess.run(["events", "show", id], environment: environment)
        #expect(shown.output.contains("INV-9"))
        #expect(shown.output.contains("raw callback"))
        let deliveries = try await MartletProcess.run(
            ["deliveries", "list", "--event", id, "--json"],
            environment: environment
        )
        let rows = try JSONSerialization.jsonObject(with: Data(deliveries.output.utf8)) as? [String: Any]
        let delivery = try #require((rows?["data"] as? [[String: Any]])?.first?["id"] as? String)
        let detail = try await MartletProcess.run(["deliveries", "show", delivery], environment: environment)
        #expect(detail.output.contains("HTTP 200"))
        #expect(detail.output.contains("waits      -\n"))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    @Test func receiveVerifiesWithAPublicKey() async throws {
        let pair = try AsymmetricWebhookKey.generate()
        let receiver = try MartletProcess(
            [
                "receive", "--listen", "127.0.0.1:0", "--secret", "env:OTHER_SECRET", "--secret", "env:PUBLIC_KEY",
                "--count", "1", "--timeout", "60s",
            ],
            environment: ["OTHER_SECRET": ServedGateway.endpointSecret, "PUBLIC_KEY": pair.publicKey]
        )
        let address = try await receiver.line(with: "listening on").split(separator: " ").last ?? ""
        let folder = try ServedGateway.makeFolder(
            endpoints: #"""
                { "id": "ledger", "url": "http://\#(address)/hook", "secrets": ["plain:\#(pair.secret)"], "signature": "v1a" }
                """#
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder)
        let config = folder.appendingPathComponent("config.json").path
        let triggered = try await MartletProcess.run(
            ["trigger", "cryptomus/main", "--status", "paid", "--config", config],
            environment: [
                "MARTLET_INGEST_URL": "http://127.0.0.1:\(gateway.ingestPort)",
                "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)",
            ]
        )
        #expect(triggered.status == 0, "\(triggered.errors)")
        #expect(await receiver.end() == 0)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let wrongHalf = try await MartletProcess.run(["receive", "--secret", "plain:\(pair.secret)"])
        #expect(wrongHalf.status == 64)
        #expect(wrongHalf.errors.contains("--secret is a private key"))
        #expect(!wrongHalf.errors.contains(pair.secret.dropFirst(5)))
    }

    @Test func triggerSaysWhatThereIsWhenTheSourceIsUnknown() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let config = folder.appendingPathComponent("config.json").path
        let finished = try await MartletProcess.run([
            "trigger", "cryptomus/nope", "--status", "paid", "--config", config,
        ])
        #expect(finished.status == 64)
        #expect(finished.errors.contains("there are: cryptomus/main."))
    }

    @Test func tablesAlignAndDisarmControlCharacters() {
        var table = Table(["A", "LONGER"])
        table.add(["\u{1B}[31m", nil])
        table.add(["x", "y"])
        #expect(table.render(whenEmpty: "none") == "A           LONGER\n\\u{1b}[31m  -\nx           y\n")
        #expect(Table(["A"]).render(whenEmpty: "none") == "none\n")
        table.add([String(repeating: "o", count: 60_000), nil])
        #expect(table.render(whenEmpty: "none").utf8.count < 1200, "one long value does not widen all rows without end")
    }

    /// What is shown once must not be lost with an exit status that says all went well.
    @Test func outputThatCannotBeWrittenIsAFailure() async throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let process = try MartletProcess(["keygen"], output: full)
        #expect(await process.end() == 1)
        #expect(process.text.contains("cannot write to standard output: No space left on device."))
    }
}
