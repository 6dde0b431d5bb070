// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletTesting
import Testing

@testable import martlet

/// What operators watch the gateway by: metrics, alerts, dashboard, log lines.
@Suite(.serialized, .timeLimit(.minutes(2))) struct MonitoringTests {
    /// The page of a gateway that has seen something, judged by Prometheus' own tools: names and labels of contract section 9,
    /// the alerts with their tests, and every expression of rules and dashboard.
    @Test func metricsAlertsAndDashboardAgree() async throws {
        let subscriber = try await RecordingSubscriber(secret: ServedGateway.endpointSecret)
        let folder = try ServedGateway.makeFolder(
            endpoints: ServedGateway.endpoint("ledger", subscriber.url) + ","
                + ServedGateway.endpoint("down", "http://127.0.0.1:1/hook")
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let gateway = try await ServedGateway.start(in: folder, logLevel: "info")
        let traced = SignedCallback(order: "TRACED")
        let head = """
            POST \(SignedCallback.path) HTTP/1.1\r\nHost: gateway.test\r\nContent-Type: application/json\r\n\
            traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nContent-Length: \(traced.body.count)\r\n\r\n
            """
        let client = try RawClient(port: gateway.ingestPort)
        for request in [Array(head.utf8) + traced.body, SignedCallback(order: "PLAIN").request] {
            try client.send(request)
            #expect(try client.readResponse().body == "ok")
        }
        try client.send(Array("POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".utf8))
        #expect(try client.readResponse().body == "rejected")
        client.close()
        await subscriber.wait(for: 2)
        _ = try await gateway.process.line(with: "trace_id=0af7651916cd43dd8448eb211c80319c endpoint=ledger attempt=1")
        let failed = try await gateway.process.line(with: "outcome=connect")
        #expect(failed.contains(" trace_id="), "\(failed)")

        let page = try await metrics(gateway.adminPort)
        let file = folder.appendingPathComponent("metrics.txt")
        try Data(page.utf8).write(to: file)
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/check_monitoring.py")
        let check = try MartletProcess(
            ["python3", "-B", script.path, file.path],
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            followOutput: true
        )
        _ = try? await check.line(with: "checked")
        #expect(await check.end() == 0, "\(check.text)")
        print(check.text)
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        await subscriber.stop()
    }

    private func metrics(_ port: UInt16) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let client = try RawClient(port: port)
                        defer { client.close() }
                        try client.send(Array("GET /metrics HTTP/1.1\r\nHost: gateway.test\r\n\r\n".utf8))
                        return try client.readResponse().body
                    }
                )
            }
        }
    }
}
