// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCrypto
import MartletTesting
import Testing

/// What Martlet signs, judged by libraries that others wrote.
@Suite(.serialized, .timeLimit(.minutes(3))) struct PythonVerifierTests {
    @Test func aThousandDeliveriesVerifyWithStandardwebhooksAndSvix() async throws {
        let count = 1000
        let summary = try await deliver(count, endpoint: "", verifier: ["--secret", "env:MARTLET_TEST_SECRET"])
        #expect(summary["verified_standardwebhooks"] == count)
        #expect(summary["verified_svix"] == count)
        #expect(summary["distinct_events"] == count)
    }

    /// With a rotation under way: the secret that the verifiers know is the one that is going to end.
    @Test func everySchemeAndStyleAtOnceVerifiesWithTheLibrariesOfEach() async throws {
        let count = 100
        let pair = try AsymmetricWebhookKey.generate()
        let summary = try await deliver(
            count,
            endpoint: #"""
                "signature": "v1+v1a", "signatureStyles": ["stripe", "github", "svix"],
                "secrets": [{ "secret": "plain:\#(ServedGateway.endpointSecret)", "until": "9999-12-31T00:00:00Z" },
                            "plain:\#(WebhookSecret.generate())", "plain:\#(pair.secret)"]
                """#,
            verifier: [
                "--secret", "env:MARTLET_TEST_SECRET", "--public-key", pair.publicKey, "--styles", "stripe,github,svix",
            ]
        )
        for name in ["standardwebhooks", "svix", "stripe_style", "github_style", "svix_style", "v1a"] {
            #expect(summary["verified_\(name)"] == count, "\(name)")
        }
    }

    @Test func aSubscriberThatKnowsOnlyThePublicKeyVerifies() async throws {
        let count = 100
        let pair = try AsymmetricWebhookKey.generate()
        let summary = try await deliver(
            count,
            endpoint: #""signature": "v1a", "secrets": ["plain:\#(pair.secret)"]"#,
            verifier: ["--public-key", pair.publicKey]
        )
        #expect(summary["verified_v1a"] == count)
        #expect(summary["verified_svix"] == nil)
    }

    /// Sends so many callbacks through a gateway to the Python subscriber, and gives back what that one counted.
    private func deliver(_ count: Int, endpoint: String, verifier: [String]) async throws -> [String: Int] {
        let script = Fixtures.folder.deletingLastPathComponent().appendingPathComponent("Python/verify_deliveries.py")
        let python = try MartletProcess(
            ["python3", "-B", script.path, "--count", "\(count)", "--timeout", "120"] + verifier,
            executable: URL(fileURLWithPath: "/usr/bin/env"),
            environment: ["MARTLET_TEST_SECRET": ServedGateway.endpointSecret],
            followOutput: true
        )
        // The first line is the port.
        let port = try #require(UInt16(try await python.line(with: "")))
        let url = "http://127.0.0.1:\(port)/hook"
        let folder = try ServedGateway.makeFolder(
            endpoints: endpoint.isEmpty
                ? ServedGateway.endpoint("python", url) : #"{ "id": "python", "url": "\#(url)", \#(endpoint) }"#
        )
        defer { try? FileManager.default.removeItem(at: folder) }
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
        gateway.process.signal(SIGTERM)
        #expect(await gateway.process.end() == 0)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(summary.utf8)) as? [String: Int])
        #expect(json["received"] == count)
        return json
    }
}
