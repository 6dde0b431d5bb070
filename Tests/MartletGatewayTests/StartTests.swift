// SPDX-License-Identifier: Apache-2.0
import Foundation
import MartletCore
import MartletGateway
import MartletNet
import MartletStore
import MartletTesting
import Testing

/// Starts that fail, and what they leave.
@Suite(.serialized, .timeLimit(.minutes(1))) struct StartTests {
    @Test func aStartThatCannotListenLeavesNothingBehindAndSendsNothing() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 <= 1 ? nil : 200 }
        let endpoint = """
            { "id": "ledger", "url": "\(subscriber.url)", "secrets": ["plain:\(GatewayHarness.endpointSecret)"],
              "timeout": "60s" }
            """
        let first = try await GatewayHarness.start(sources: SignedCallback.source, endpoints: endpoint)
        let callback = SignedCallback(order: "INV-1")
        _ = try await first.send("POST", SignedCallback.path, headers: SignedCallback.headers, body: callback.body)
        await subscriber.wait(for: 1)
        await first.gateway.stop(within: .milliseconds(50))

        // The port of the subscriber is taken, so the second start fails after it has opened the store.
        await #expect(throws: ListenError.self) {
            _ = try await GatewayHarness.start(
                sources: SignedCallback.source,
                endpoints: endpoint,
                folder: first.folder,
                listen: "\(subscriber.address)"
            )
        }
        #expect(subscriber.arrivals.count == 1)

        // Nothing is left: the third start gets the store's lock and delivers what is due, as the first attempt.
        let third = try await GatewayHarness.start(
            sources: SignedCallback.source,
            endpoints: endpoint,
            folder: first.folder
        )
        await subscriber.wait(for: 2)
        #expect(subscriber.arrivals.map(\.attempt) == [1, 1])
        await third.stop()
        await subscriber.stop()
    }

    @Test func aSecondGatewayOnTheSameStoreIsRefused() async throws {
        try await GatewayHarness.run(sources: SignedCallback.source) { harness in
            await #expect(throws: StoreError.self) {
                _ = try await GatewayHarness.start(sources: SignedCallback.source, folder: harness.folder)
            }
            let health = try await harness.send("GET", "/healthz")
            #expect(health.body == "ok")
        }
    }
}
