// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// `martlet keys` and `martlet audit` against a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct KeyCommandTests {
    private static let keys = #"{ "name": "boss", "key": "plain:admin-key-0123456789", "role": "admin" }"#

    @Test func aKeyIsMadeUsedRevokedAndRemembered() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(endpoints: "", keys: Self.keys, into: folder)
        let gateway = try await ServedGateway.start(in: folder, logLevel: "debug")
        func run(_ arguments: [String], key: String = "admin-key-0123456789") async throws -> (Int32, String, String) {
            let environment = ["MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": key]
            let ended = try await MartletProcess.run(arguments, environment: environment)
            return (ended.status, ended.output, ended.errors)
        }
        let made = try await run(["keys", "create", "ci", "--role", "operator", "--expires-in", "90d"])
        #expect(made.0 == 0, "\(made.2)")
        let key = made.1.trimmingCharacters(in: .newlines)
        #expect(key.hasPrefix("mk_") && !key.contains(" "), "nothing else on standard output")
        #expect(made.2.hasPrefix("key_1 (ci): operator for all shops, until 2"))
        #expect(try await run(["watches"], key: key).0 == 0)
        let refused = try await run(["keys"], key: key)
        #expect(refused.0 == 1 && refused.2.contains("needs the role admin"))

        let list = try await run(["keys"])
        #expect(list.1.hasPrefix("KEY") && list.1.contains("(file)") && list.1.contains("key_1"))
        #expect(!list.1.contains(key))
        let revoked = try await run(["keys", "revoke", "key_1"])
        #expect(revoked.0 == 0 && revoked.1 == "key_1 (ci) is revoked.\n")
        #expect(try await run(["watches"], key: key).0 == 1)

        let audit = try await run(["audit", "list", "--object", "key_1"])
        let lines = audit.1.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("AT"))
        #expect(lines[1].contains("DELETE /v1/keys/{id}") && lines[1].contains("done 200"))
        #expect(lines[2].contains("POST /v1/keys") && lines[2].contains("done 201") && lines[2].contains("boss"))
        #expect(try await run(["audit", "list", "--since", "yesterday"]).0 == 64)

        // A file that is refused, then an orderly end: both are in the log of the next run.
        try Data("{".utf8).write(to: folder.appendingPathComponent("config.json"))
        gateway.process.signal(SIGHUP)
        _ = try await gateway.process.line(with: "configuration refused")
        let own = try await run(["audit", "list", "--actor", "gateway", "--json"])
        #expect(own.1.contains("configuration.reloaded") && own.1.contains("refused"))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }
}
