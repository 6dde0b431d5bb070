// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// `martlet sweeps` and `martlet resend` against a gateway that runs, with a stand-in for the provider.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SweepCommandTests {
    private static let keys = """
        { "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" },
        { "name": "look", "key": "plain:viewer-key-0123456789", "role": "viewer" }
        """

    @Test func aSourceIsSweptAndACallbackAskedForAgain() async throws {
        let provider = try ScriptedServer(script: { request in
            let body =
                request.target.hasSuffix("/list")
                ? #"{"state":0,"result":{"items":[],"paginate":{"nextCursor":null}}}"# : #"{"state":0,"result":[]}"#
            return .answer(status: 200, body: Array(body.utf8))
        })
        defer { provider.stop() }
        let source = """
            { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:\(SignedCallback.paymentKey)",
              "merchant": "m-1", "apiBase": "http://127.0.0.1:\(provider.port)" }
            """
        let folder = try ServedGateway.makeFolder(endpoints: "", sources: source)
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(endpoints: "", sources: source, keys: Self.keys, into: folder)
        let gateway = try await ServedGateway.start(in: folder, logLevel: "info")
        func run(_ arguments: [String], key: String = "operator-key-0123456789") async throws -> (Int32, String, String)
        {
            let environment = ["MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": key]
            let ended = try await MartletProcess.run(arguments, environment: environment)
            return (ended.status, ended.output, ended.errors)
        }
        let begun = try await run(["sweeps", "run", "cryptomus/main"])
        #expect(begun.0 == 0 && begun.1 == "cryptomus/main is being swept.\n", "\(begun.2)")
        let line = try await gateway.process.line(with: "sweep complete")
        #expect(line.contains("missed=0") && line.contains("cryptomus/main"))
        let list = try await run(["sweeps"], key: "viewer-key-0123456789")
        #expect(list.1.hasPrefix("SOURCE") && list.1.contains("cryptomus/main"))
        let unknown = try await run(["sweeps", "run", "cryptomus/man"])
        #expect(unknown.0 == 1 && unknown.2.contains("cryptomus/main"))

        let sent = try await run(["resend", "cryptomus/main", "--order", "NO-1"])
        #expect(sent.0 == 0 && sent.1.hasPrefix("The provider says that it sends the callback again"), "\(sent.2)")
        let audited = try await gateway.process.line(with: "provider asked to send a callback again")
        #expect(audited.contains("NO-1") && audited.contains("accepted"))
        let request = try await gateway.process.line(with: "/v1/sources/{provider}/{id}/resend")
        #expect(request.contains("ops") && request.contains("cryptomus/main"))
        #expect(provider.requests.last?.target == "/v1/payment/resend")
        #expect(try await run(["resend", "cryptomus/main"]).0 != 0, "which one?")
        let refused = try await run(["resend", "cryptomus/main", "--uuid", "u"], key: "viewer-key-0123456789")
        #expect(refused.0 == 1 && refused.2.contains("operator"))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }
}
