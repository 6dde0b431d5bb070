// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletGateway
import MartletNet
import MartletStore
import MartletTesting
import MartletWire
import Testing

/// What strangers send to the ingest listener, and a store in trouble.
@Suite(.serialized, .timeLimit(.minutes(1))) struct BadInputTests {
    @Test func answersAreTheContracts() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            let valid = SignedCallback(order: "INV-1").body
            let broken = Array(
                String(decoding: valid, as: UTF8.self).replacingOccurrences(of: "15.00", with: "16.00").utf8
            )
            try await expect(403, "rejected", harness, body: broken)
            let missing = Array(
                String(decoding: valid, as: UTF8.self).replacingOccurrences(of: "\"sign\"", with: "\"x\"").utf8
            )
            try await expect(400, "rejected", harness, body: missing)
            try await expect(404, "rejected", harness, path: "/hooks/cryptomus/other", body: valid)
            try await expect(404, "rejected", harness, path: "/", body: valid)
            try expectRaw(
                413,
                harness,
                "POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nContent-Length: 10485760\r\n\r\n"
                    + String(repeating: "x", count: 300_000)
            )
            try expectRaw(
                400,
                harness,
                "POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
            )
            try expectRaw(
                431,
                harness,
                "POST \(SignedCallback.path) HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 17_000))\r\n\r\n"
            )
            try expectRaw(400, harness, "nonsense\r\n\r\n")

            // A valid callback still goes through.
            let answer = try await harness.send(
                "POST",
                SignedCallback.path,
                headers: SignedCallback.headers,
                body: valid
            )
            #expect(answer.body == "ok")
            while await harness.gateway.openIngestConnections > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func aStoreThatCannotWriteMeans503AndNoAcknowledgement() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            await harness.gateway.store.close()
            let answer = try await harness.send(
                "POST",
                SignedCallback.path,
                headers: SignedCallback.headers,
                body: SignedCallback(order: "INV-1").body
            )
            #expect(answer.status == 503)
            #expect(answer.body == "rejected")
            #expect(answer.headers[first: "retry-after"] != nil)
        }
    }

    @Test func methodsOtherThanPostAreRefusedAndNotKept() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            let answer = try await harness.send("GET", SignedCallback.path)
            #expect(answer.status == 405)
            #expect(answer.body == "rejected")
            #expect(answer.headers[first: "allow"] == "POST")
            #expect(try await harness.gateway.store.quarantined(nil, limit: 5).isEmpty)
        }
    }

    @Test func theAdminListenerTellsHealthReadinessAndMetrics() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            _ = try await harness.send(
                "POST",
                SignedCallback.path,
                headers: SignedCallback.headers,
                body: SignedCallback(order: "A").body
            )
            func get(_ path: String) async throws -> RawClient.Response {
                try await harness.send("GET", path, toAdmin: true)
            }
            #expect(try await get("/healthz").body == "ok")
            #expect(try await get("/readyz").body == "ready")
            let metrics = try await get("/metrics").body
            let line = "martlet_ingest_requests_total{provider=\"cryptomus\",source=\"main\",outcome=\"accepted\"} 1"
            #expect(metrics.contains(line))
            #expect(metrics.contains("martlet_events_total{provider=\"cryptomus\",type=\"payment.paid\"} 1"))
            #expect(metrics.contains("martlet_deliveries{state=\"pending\"} 0"))
            #expect(try await get("/v1/nothing").status == 404)
            let ingest = try await harness.send("GET", "/healthz")
            #expect(ingest.body == "ok")
        }
    }

    // MARK: helpers

    private func expect(
        _ status: Int,
        _ text: String,
        _ harness: GatewayHarness,
        path: String = SignedCallback.path,
        body: [UInt8]
    ) async throws {
        let answer = try await harness.send("POST", path, headers: SignedCallback.headers, body: body)
        #expect(answer.status == status)
        #expect(answer.body == text)
    }

    private func expectRaw(_ status: Int, _ harness: GatewayHarness, _ request: String) throws {
        let client = try harness.connect()
        defer { client.close() }
        // A server that has made up its mind may stop reading; what matters is the answer.
        try? client.send(request)
        let answer = try client.readResponse()
        #expect(answer.status == status, "\(request.prefix(80))")
        #expect(answer.body == "rejected")
    }
}
