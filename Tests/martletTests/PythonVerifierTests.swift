// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

/// What Martlet signs, judged by libraries that others wrote.
@Suite(.serialized, .timeLimit(.minutes(3))) struct PythonVerifierTests {
    @Test func aThousandDeliveriesVerifyWithStandardwebhooksAndSvix() async throws {
        let count = 1000
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/verify_deliveries.py")
        let python = try MartletProcess(
            [
                "python3", "-B", script.path, "--secret", "env:MARTLET_TEST_SECRET", "--count", "\(count)", "--timeout",
                "120",
            ],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["MARTLET_TEST_SECRET": ServedGateway.endpointSecret],
            followOutput: true
        )
        // The first line is the port.
        let port = try #require(UInt16(try await python.line(with: "")))

        let folder = try ServedGateway.makeFolder(
            endpoints: ServedGateway.endpoint("python", "http://127.0.0.1:\(port)/hook")
        )
        let gateway = try await ServedGateway.start(in: folder)
        let client = try RawClient(port: gateway.ingestPort)
        for number in 0..<count {
            let callback = SignedCallback(order: "PY-\(number)")
            try client.send(callback.request)
            let answer = try client.readResponse()
            #expect(answer.body == "ok")
        }
        let summary = try await python.line(with: "received")
        print("python verifiers: \(summary)")
        #expect(await python.end() == 0)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(summary.utf8)) as? [String: Int])
        #expect(json["verified_standardwebhooks"] == json["received"])
        #expect(json["verified_svix"] == json["received"])
        #expect(json["distinct_events"] == count)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        try FileManager.default.removeItem(at: folder)
    }
}
