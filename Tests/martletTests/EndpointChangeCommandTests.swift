// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCrypto
import MartletTesting
import Testing

/// `martlet endpoints add|update|remove|test|rotate-secret` and `martlet secrets reseal` against a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct EndpointChangeCommandTests {
    private static let keys = #"{ "name": "root", "key": "plain:admin-key-0123456789", "role": "admin" }"#

    private func write(_ key: String, previous: String? = nil, into folder: URL) throws {
        let former = previous.map { "\"plain:\($0)\"" } ?? ""
        try ServedGateway.write(
            endpoints: "",
            keys: Self.keys,
            extra: "\"secretsKey\": \"plain:\(key)\", \"previousSecretsKeys\": [\(former)]",
            into: folder
        )
    }

    private func martlet(_ arguments: [String], _ gateway: ServedGateway) async throws -> MartletProcess.Finished {
        try await MartletProcess.run(
            arguments,
            environment: [
                "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "admin-key-0123456789",
            ]
        )
    }

    /// The library `standardwebhooks` judges the signatures: within the overlap it accepts either secret.
    @Test func aSecretIsRotatedUnderTheEyesOfStandardwebhooks() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try await MartletProcess.run(["keygen", "--secrets-key"])
        let key = String(made.output.dropLast())
        #expect(made.status == 0 && Data(base64Encoded: key)?.count == 32)
        try write(key, into: folder)
        let gateway = try await ServedGateway.start(in: folder, logLevel: "debug")

        let added = try await martlet(
            ["endpoints", "add", "crm", "--to", "http://127.0.0.1:9/", "--event", "payment.*", "--shop", "nordic"],
            gateway
        )
        #expect(added.status == 0, "\(added.errors)")
        let lines = added.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "crm: made.")
        let old = try #require(lines.last)
        #expect(old.hasPrefix("whsec_"))
        #expect(added.errors == "Give the subscriber what is printed; a secret is shown only now.\n")
        let again = try await martlet(["endpoints", "add", "crm", "--to", "https://crm.example/"], gateway)
        #expect(again.status == 1)
        #expect(again.errors.hasPrefix("There is an endpoint of that id; choose another id"))

        let rotated = try await martlet(["endpoints", "rotate-secret", "crm", "--overlap", "2h"], gateway)
        let new = try #require(rotated.output.split(separator: "\n").last.map(String.init))
        #expect(rotated.errors.contains("The old one signs along until 20"))

        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/verify_rotation.py")
        let verifiers = try MartletProcess(
            ["python3", "-B", script.path],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["OLD_SECRET": old, "NEW_SECRET": new],
            followOutput: true
        )
        let port = try await verifiers.line(with: "")
        for name in ["old", "new"] {
            let url = "http://127.0.0.1:\(port)/\(name)"
            let updated = try await martlet(["endpoints", "update", "crm", "--to", url], gateway)
            #expect(updated.output == "crm: changed.\n", "\(updated.errors)")
            let tested = try await martlet(["endpoints", "test", "crm"], gateway)
            #expect(tested.status == 0)
            #expect(tested.output.hasPrefix("crm: accepted, HTTP 200, after "))
        }
        let client = try RawClient(port: UInt16(port) ?? 0)
        try client.send("GET / HTTP/1.1\r\nHost: verifiers.test\r\n\r\n")
        let summary = try client.readResponse().body
        client.close()
        #expect(await verifiers.end() == 0)
        #expect(summary.contains("\"old_accepted\": 1") && summary.contains("\"new_accepted\": 1"), "\(summary)")

        let failed = try await martlet(["endpoints", "test", "crm"], gateway)
        #expect(failed.status == 1)
        #expect(failed.output.hasPrefix("crm: not accepted, connect"))
        let removed = try await martlet(["endpoints", "remove", "crm"], gateway)
        #expect(removed.output == "crm: removed; 0 pending deliveries cancelled.\n", "\(removed.errors)")
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        for hidden in [old, new, key] { #expect(!gateway.process.text.contains(hidden), "the log keeps secrets") }
    }

    @Test func theKeyIsExchangedWhileTheGatewayRuns() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (first, second) = (SecretsKey.generate(), SecretsKey.generate())
        try write(first, into: folder)
        let gateway = try await ServedGateway.start(in: folder)
        let settings = folder.appendingPathComponent("crm.json")
        try Data(#"{ "url": "https://crm.example/", "headers": { "x-team": "secret-team" } }"#.utf8).write(to: settings)
        let added = try await martlet(["endpoints", "add", "crm", "--settings", settings.path, "--json"], gateway)
        #expect(added.status == 0, "\(added.errors)")
        #expect(added.output.contains("\"secret\":\"whsec_"))

        // A key that leaves stored secrets shut is refused, and what runs goes on.
        try write(second, into: folder)
        gateway.process.signal(SIGHUP)
        let refused = try await gateway.process.line(with: "configuration not put into force")
        #expect(refused.contains("previousSecretsKeys"))
        try write(second, previous: first, into: folder)
        gateway.process.signal(SIGHUP)
        _ = try await gateway.process.line(with: "configuration reloaded")
        let resealed = try await martlet(["secrets", "reseal"], gateway)
        #expect(resealed.output.hasPrefix("1 secrets sealed anew; the key in use is "), "\(resealed.errors)")
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)

        try write(second, into: folder)
        let next = try await ServedGateway.start(in: folder)
        #expect(try await martlet(["endpoints", "show", "crm"], next).output.contains("managed by     api\n"))
        next.process.signal(SIGTERM)
        #expect(await next.process.end() == 0)
    }
}
