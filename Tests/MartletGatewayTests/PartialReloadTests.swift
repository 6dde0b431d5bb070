// SPDX-License-Identifier: Apache-2.0
import MartletTesting
import MartletWire
import Testing

@testable import MartletGateway

/// A changed configuration while the store is in trouble.
@Suite(.serialized, .timeLimit(.minutes(1))) struct PartialReloadTests {
    private static func source(_ id: String) -> String {
        """
        { "provider": "cryptomus", "id": "\(id)", "shop": "nordic", "paymentKey": "plain:\(SignedCallback.paymentKey)",
          "merchant": "m-1", "apiBase": "http://127.0.0.1:9" }
        """
    }

    @Test func whatFailsInOnePartKeepsNoOtherFromChanging() async throws {
        try await GatewayHarness.run(sources: Self.source("main"), keys: AdminClient.keys) { harness in
            let client = AdminClient(harness: harness)
            let (changed, _) = try GatewayHarness.load(
                sources: "\(Self.source("main")), \(Self.source("second"))",
                folder: harness.folder,
                keys: AdminClient.keys
            )
            try await harness.execute("ALTER TABLE watches RENAME TO away")
            let failure = await #expect(throws: PartlyInForce.self) { try await harness.gateway.reload(changed) }
            #expect(failure?.failures.map(\.part) == ["watches"])
            #expect(failure?.description.contains("reload again with SIGHUP") == true)
            try await harness.execute("ALTER TABLE away RENAME TO watches")

            #expect(try await client.get("/v1/sources").data.count == 2)
            let swept = try await client.get("/v1/sweeps").data.compactMap { $0["source"]?.string }
            #expect(swept == ["cryptomus/main", "cryptomus/second"], "sweeps changed all the same")
            let isNoted = { @Sendable (answer: AdminClient.Answer) in
                answer.data.first?["action"] == .string("configuration.reloaded")
            }
            let line = try #require(
                try await client.wait(for: "/v1/audit?actor=gateway", until: isNoted).data.first
            )
            #expect(line["outcome"] == .string("failed"))
            #expect(line["detail"]?.object?["notInForce"] == .array([.string("watches")]))

            let watch = #"{"source":"cryptomus/second","kind":"payment","orderId":"INV-1"}"#
            #expect(try await client.post("/v1/watches", watch).status == 400, "it cannot be asked yet")
            try await harness.gateway.reload(changed)
            #expect(try await client.post("/v1/watches", watch).status == 201)
        }
    }
}
