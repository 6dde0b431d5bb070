// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// `martlet sources` against a gateway that runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct SourceCommandTests {
    private static let keys = #"{ "name": "look", "key": "plain:viewer-key-0123456789", "role": "viewer" }"#

    @Test func aPersonSeesWhenASourceWasHeardOfAndWhatWasRefused() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(endpoints: "", keys: Self.keys, into: folder)
        let gateway = try await ServedGateway.start(in: folder)
        let environment = [
            "MARTLET_URL": "http://127.0.0.1:\(gateway.adminPort)", "MARTLET_KEY": "viewer-key-0123456789",
        ]
        let client = try RawClient(port: gateway.ingestPort)
        try client.send(SignedCallback(order: "NO-1").request)
        #expect(try client.readResponse().status == 200)
        try client.send(
            "POST \(SignedCallback.path) HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )
        #expect(try client.readResponse().status == 400)

        let list = try await MartletProcess.run(["sources"], environment: environment)
        #expect(list.status == 0, "\(list.errors)")
        #expect(list.output.hasPrefix("SOURCE          SHOPS   LAST HEARD"))
        #expect(list.output.contains("\ncryptomus/main  nordic  20"))
        #expect(list.output.hasSuffix("1 warning\n"))
        let page = try await MartletProcess.run(["sources", "show", "cryptomus/main"], environment: environment)
        #expect(page.status == 0, "\(page.errors)")
        #expect(page.output.contains("refused, 1 h   1 missing_"), "\(page.output)")
        #expect(page.output.contains("quarantine     1, the oldest of 20"))
        #expect(page.output.contains("watches        0 open, 0 held, 0 overdue\n"))
        #expect(page.output.contains("warnings       paymentKey the secret stands in the file itself"))
        let wrong = try await MartletProcess.run(["sources", "show", "cryptomus/man"], environment: environment)
        #expect(wrong.status == 1 && wrong.errors.contains("did you mean \"cryptomus/main\"?"))
        let json = try await MartletProcess.run(["sources", "list", "--json"], environment: environment)
        #expect(json.output.hasPrefix(#"{"data":[{"id":"cryptomus/main","#))
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }
}
