// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// The admin API, judged by a library that others wrote: schemathesis asks every route, in thousands of ways right and
/// wrong, and holds the answers against the API's own description.
@Suite(.serialized, .timeLimit(.minutes(5))) struct OpenAPITests {
    private static let keys = """
        { "name": "ops", "key": "plain:operator-key-0123456789", "role": "operator" },
        { "name": "root", "key": "plain:admin-key-0123456789", "role": "admin" }
        """

    /// Nothing listens at port 9 (discard): what the gateway would ask or send goes nowhere.
    private static let nowhere = "http://127.0.0.1:9"

    private static let sources = """
        { "provider": "cryptomus", "id": "main", "shop": "nordic", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "merchant": "0f8f9a34-2f6b-4c58-8a3e-6a1b2c3d4e5f", "apiBase": "\(nowhere)" },
        { "provider": "kryptoswap", "id": "main", "shop": "nordic", "apiBase": "\(nowhere)" }
        """

    @Test func everyAnswerIsAsTheOpenAPIDocumentSays() async throws {
        let folder = try ServedGateway.makeFolder(endpoints: "")
        defer { try? FileManager.default.removeItem(at: folder) }
        try ServedGateway.write(
            endpoints: [
                ServedGateway.endpoint("ledger", "\(Self.nowhere)/hook"),
                ServedGateway.endpoint("mail", "\(Self.nowhere)/hook", "\"enabled\": false"),
            ].joined(separator: ","),
            sources: Self.sources,
            keys: Self.keys,
            into: folder
        )
        let gateway = try await ServedGateway.start(in: folder)
        try Self.fill(gateway)
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/check_openapi.py")
        let python = try MartletProcess(
            ["python3", "-B", script.path, "--url", "http://127.0.0.1:\(gateway.adminPort)"],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["MARTLET_TEST_KEYS": "operator-key-0123456789,admin-key-0123456789"],
            followOutput: true
        )
        print(try await python.line(with: "schemathesis: seed"))
        #expect(await python.end() == 0, "\(python.text)")
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
    }

    /// Something of every kind: events with dead and skipped deliveries, refused callbacks, watches.
    private static func fill(_ gateway: ServedGateway) throws {
        let ingest = try RawClient(port: gateway.ingestPort)
        let admin = try RawClient(port: gateway.adminPort)
        for number in 0..<12 {
            let genuine = SignedCallback(order: "NO-\(number)")
            try ingest.send(genuine.request)
            #expect(try ingest.readResponse().status == 200)
            let refused = #"{"order_id":"NO-\#(number)"}"#
            try ingest.send(request(SignedCallback.path, refused))
            #expect(try ingest.readResponse().status >= 400)
            let watch = #"{"source":"cryptomus/main","kind":"payment","orderId":"W-\#(number)"}"#
            try admin.send(request("/v1/watches", watch, key: "operator-key-0123456789"))
            #expect(try admin.readResponse().status == 201)
        }
    }

    private static func request(_ path: String, _ body: String, key: String? = nil) -> String {
        let authorization = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return """
            POST \(path) HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n\(authorization)\
            Content-Length: \(body.utf8.count)\r\n\r\n\(body)
            """
    }
}
