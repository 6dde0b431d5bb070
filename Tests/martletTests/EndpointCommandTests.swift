// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// `martlet endpoints` and `martlet deliveries retry|cancel` against a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EndpointCommandTests {
    private static let keys = """
        { "name": "root", "key": "plain:admin-key-0123456789", "role": "admin" },
        { "name": "look", "key": "plain:viewer-key-0123456789", "role": "viewer" }
        """

    @Test func anEndpointThatSaidGoneIsEnabledAndGetsWhatWasSkipped() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret) { $0 == 1 ? 410 : 200 }
        let folder = try ServedGateway.makeFolder(
            endpoints: ServedGateway.endpoint("ledger", subscriber.url, "\"schedule\": [\"2h\"]")
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(
            endpoints: ServedGateway.endpoint("ledger", subscriber.url, "\"schedule\": [\"2h\"]"),
            keys: Self.keys,
            into: folder
        )
        let gateway = try await ServedGateway.start(in: folder)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "admin-key-0123456789",
        ]
        let config = folder.appendingPathComponent("config.json").path
        func trigger(_ order: String) async throws {
            let sent = try await MartletProcess.run([
                "trigger", "cryptomus/main", "--status", "paid", "--order", order, "--config", config, "--url",
                "http://127.0.0.1:\(gateway.ingestPort)",
            ])
            #expect(sent.status == 0, "\(sent.errors)")
        }
        try await trigger("INV-1")
        let change = try await gateway.process.line(with: "endpoint's health changed")
        #expect(change.contains("change=\"disabled: gone\""), "\(change)")
        try await trigger("INV-2")
        try await trigger("INV-3")

        let list = try await MartletProcess.run(["endpoints", "list"], environment: environment)
        #expect(list.status == 0, "\(list.errors)")
        #expect(list.output.hasPrefix("ENDPOINT"))
        #expect(list.output.contains("disabled (gone)"))
        let page = try await MartletProcess.run(["endpoints", "show", "ledger"], environment: environment)
        #expect(page.output.contains("it answered 410"))
        #expect(page.output.contains("skipped        2\n"))

        let enabled = try await MartletProcess.run(
            ["endpoints", "enable", "ledger", "--offer-skipped"],
            environment: environment
        )
        #expect(enabled.status == 0, "\(enabled.errors)")
        #expect(enabled.output.hasPrefix("ledger: enabled, "))
        #expect(enabled.output.contains("2 that had been skipped are sent after all"))
        await subscriber.wait(for: 3)
        #expect(Set(subscriber.arrivals.dropFirst().map(\.eventID)).count == 2)
        #expect(subscriber.arrivals.allSatisfy { $0.failure == nil })

        // The one that was answered 410 waits for its schedule; an operator need not.
        let retried = try await MartletProcess.run(["deliveries", "retry", "dlv_1"], environment: environment)
        #expect(retried.output.hasPrefix("dlv_1 for ledger: it is due now"), "\(retried.errors)")
        await subscriber.wait(for: 4)

        let json = try await MartletProcess.run(["endpoints", "show", "ledger", "--json"], environment: environment)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["id"] as? String == "ledger")
        let disabled = try await MartletProcess.run(["endpoints", "disable", "ledger"], environment: environment)
        #expect(disabled.output.hasPrefix("ledger: disabled; "))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        await subscriber.stop()
    }

    @Test func errorsSayWhatToDo() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(
            endpoints: ServedGateway.endpoint("ledger", "http://127.0.0.1:9/hook"),
            keys: Self.keys,
            into: folder
        )
        let gateway = try await ServedGateway.start(in: folder)
        let url = "http://127.0.0.1:\(gateway.adminPort)"
        func errors(_ arguments: [String], key: String?, url: String) async throws -> String {
            let finished = try await MartletProcess.run(
                arguments,
                environment: ["MARTLET_URL": url, "MARTLET_KEY": key ?? ""]
            )
            #expect(finished.status == 1, "\(arguments)")
            #expect(finished.output == "", "\(arguments)")
            return finished.errors
        }
        let admin = "admin-key-0123456789"
        #expect(try await errors(["endpoints"], key: nil, url: url).hasPrefix("MARTLET_KEY is not set."))
        let wrong = try await errors(["endpoints"], key: "wrong-key-0123456789", url: url)
        #expect(wrong.hasPrefix("The gateway does not accept MARTLET_KEY: that is not a key of this gateway"))
        #expect(!wrong.contains("0123456789"))
        let role = try await errors(["endpoints", "disable", "ledger"], key: "viewer-key-0123456789", url: url)
        #expect(role.contains("needs the role admin; the key \"look\" has the role viewer"))
        let near = try await errors(["endpoints", "show", "legder"], key: admin, url: url)
        #expect(near == "There is no endpoint \"legder\"; did you mean \"ledger\"?\n")
        #expect(
            try await errors(["endpoints", "show", "../events"], key: admin, url: url)
                .hasPrefix("There is no endpoint \"..%2Fevents\"")
        )
        #expect(
            try await errors(["deliveries", "cancel", "dlv_5"], key: admin, url: url)
                .hasPrefix("There is no delivery \"dlv_5\"")
        )
        let ingest = "http://127.0.0.1:\(gateway.ingestPort)"
        #expect(try await errors(["endpoints"], key: admin, url: ingest).contains("not the one for callbacks?"))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let gone = try await errors(["endpoints"], key: admin, url: url)
        #expect(gone.hasPrefix("No answer from \(url) (connect: "))
        #expect(gone.contains("Is the gateway running?"))
    }
}
