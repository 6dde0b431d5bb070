// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletGateway
import MartletStore
import MartletTesting
import MartletWire
import Testing

/// Callback in, signed delivery out: listener, engine, SQLite and libcurl, all real.
@Suite(.serialized, .timeLimit(.minutes(1))) struct DeliveryOverSocketsTests {
    @Test func deliversTheEnvelopeOnceSignedAndRecorded() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url)
        ) { harness in
            let callback = SignedCallback(order: "INV-1")
            try await send(callback, harness)
            await subscriber.wait(for: 1)
            let arrival = try #require(subscriber.arrivals.first)
            #expect(arrival.failure == nil)
            #expect(arrival.eventID == callback.eventID.rawValue)
            #expect(arrival.attempt == 1)
            #expect(arrival.headers[first: "content-type"] == "application/json")
            let detail = try await settled(callback, harness)
            #expect(arrival.body == detail.event.envelope)
            let delivery = try #require(detail.deliveries.first)
            #expect(delivery.state == .delivered)
            #expect(arrival.headers[first: "martlet-delivery"] == delivery.id.description)
            let traceparent = try #require(arrival.headers[first: "traceparent"])
            #expect(traceparent.hasPrefix("00-\(callback.eventID.hexDigits)-"))
            #expect(traceparent.hasSuffix("-01"))
            let attempts = try #require(try await harness.gateway.store.delivery(delivery.id)).attempts
            #expect(attempts.map(\.number) == [1])
            #expect(attempts.first?.result.outcome == .answered(status: 200))
            #expect(attempts.first?.result.body == Array("answer 200".utf8))
        }
        await subscriber.stop()
    }

    /// W3C Trace Context: the caller's trace goes on through every attempt, each with a span of its own.
    @Test func everyAttemptBelongsToTheCallbacksTrace() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 == 1 ? 500 : 200 }
        let trace = "0af7651916cd43dd8448eb211c80319c"
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url, "\"schedule\": [\"10ms\"]"),
            keys: AdminClient.keys
        ) { harness in
            let callback = SignedCallback(order: "INV-1")
            let headers = SignedCallback.headers + [("traceparent", "00-\(trace)-b7ad6b7169203331-00")]
            _ = try await harness.send("POST", SignedCallback.path, headers: headers, body: callback.body)
            await subscriber.wait(for: 2)
            let sent = subscriber.arrivals.compactMap { $0.headers[first: "traceparent"] }
            #expect(sent.allSatisfy { $0.hasPrefix("00-\(trace)-") && $0.hasSuffix("-00") })
            #expect(Set(sent).count == 2, "each attempt is a span of its own")
            #expect(!sent.contains { $0.contains("b7ad6b7169203331") })
            let shown = try await AdminClient(harness: harness).get("/v1/events/\(callback.eventID)")
            #expect(shown.text("traceId") == trace)

            let forged = SignedCallback.headers + [("traceparent", "00-\(trace)-0000000000000000-01")]
            let other = SignedCallback(order: "INV-2")
            _ = try await harness.send("POST", SignedCallback.path, headers: forged, body: other.body)
            await subscriber.wait(for: 3)
            let derived = subscriber.arrivals.last?.headers[first: "traceparent"]
            #expect(
                derived?.hasPrefix("00-\(other.eventID.hexDigits)-") == true,
                "what is not valid counts for nothing"
            )
        }
        await subscriber.stop()
    }

    @Test func duplicatesAreAcknowledgedAndDeliveredOnce() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url)
        ) { harness in
            for _ in 0..<5 { try await send(SignedCallback(order: "INV-1"), harness) }
            try await send(SignedCallback(order: "INV-2"), harness)
            await subscriber.wait(for: 2)
            _ = try await settled(SignedCallback(order: "INV-2"), harness)
            #expect(try await harness.gateway.store.deliveries(DeliveryQuery()).count == 2)
        }
        #expect(subscriber.arrivals.count == 2)
        await subscriber.stop()
    }

    @Test func endpointsThatFailOrHangDoNotDelayAThird() async throws {
        let healthy = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        let failing = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 <= 3 ? 500 : 200 }
        let hanging = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { _ in nil }
        let schedule = "\"schedule\": [\"10ms\", \"10ms\", \"10ms\", \"10ms\"]"
        let endpoints = [
            endpoint("hanging", hanging.url, "\"timeout\": \"30s\", \"maxInFlight\": 2"),
            endpoint("failing", failing.url, schedule), endpoint("healthy", healthy.url),
        ].joined(separator: ",")
        try await GatewayHarness.run(sources: SignedCallback.source, endpoints: endpoints) { harness in
            let first = SignedCallback(order: "INV-0")
            try await send(first, harness)
            for number in 1..<100 { try await send(SignedCallback(order: "INV-\(number)"), harness) }
            // All hundred arrive at the healthy one while the hanging one holds its first two requests.
            await healthy.wait(for: 100)
            #expect(healthy.arrivals.allSatisfy { $0.failure == nil && $0.attempt == 1 })
            #expect(hanging.arrivals.count <= 2)
            // The failing one gets each of the three that failed again, and everything else.
            await failing.wait(for: 103)
            #expect(Set(failing.arrivals.filter { $0.answeredWith == 200 }.map(\.eventID)).count == 100)
        }
        await healthy.stop()
        await failing.stop()
        await hanging.stop()
    }

    @Test func theSameBytesGoOutOnEveryAttempt() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 < 3 ? 503 : 204 }
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url, "\"schedule\": [\"10ms\", \"10ms\"], \"includeRaw\": true")
        ) { harness in
            let callback = SignedCallback(order: "INV-1")
            try await send(callback, harness)
            await subscriber.wait(for: 3)
            #expect(Set(subscriber.arrivals.map(\.body)).count == 1)
            #expect(subscriber.arrivals.map(\.attempt) == [1, 2, 3])
            #expect(Set(subscriber.arrivals.map(\.eventID)).count == 1)
            let body = try JSONReader.read(subscriber.arrivals[0].body).object
            let raw = body?["data"]?.object?["raw"]?.object
            #expect(raw?["body"]?.string == String(decoding: callback.body, as: UTF8.self))
            let detail = try await settled(callback, harness)
            #expect(detail.deliveries.map(\.attempts) == [3])
        }
        await subscriber.stop()
    }

    @Test func aDisabledEndpointGetsNothingAndItsDeliveriesAreKeptAsSkipped() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url, "\"enabled\": false")
        ) { harness in
            let callback = SignedCallback(order: "INV-1")
            try await send(callback, harness)
            let detail = try #require(try await harness.gateway.store.event(callback.eventID))
            #expect(detail.deliveries.map(\.state) == [.skipped])
        }
        #expect(subscriber.arrivals.isEmpty)
        await subscriber.stop()
    }

    @Test func loopbackIsBlockedUnlessAllowed() async throws {
        let subscriber = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret)
        try await GatewayHarness.run(
            sources: SignedCallback.source,
            endpoints: endpoint("ledger", subscriber.url, "\"allowNetworks\": [], \"schedule\": [\"1h\"]")
        ) { harness in
            let callback = SignedCallback(order: "INV-1")
            try await send(callback, harness)
            let detail = try await settled(callback, harness)
            let delivery = try #require(detail.deliveries.first)
            #expect(delivery.state == .pending)
            #expect(delivery.lastOutcome == "blocked")
        }
        #expect(subscriber.arrivals.isEmpty)
        await subscriber.stop()
    }

    @Test func whatWasNotDeliveredGoesOutAfterARestart() async throws {
        let hanging = try await RecordingSubscriber(secret: GatewayHarness.endpointSecret) { $0 <= 1 ? nil : 200 }
        let endpoints = endpoint("ledger", hanging.url, "\"timeout\": \"60s\", \"maxInFlight\": 1")
        let first = try await GatewayHarness.start(sources: SignedCallback.source, endpoints: endpoints)
        for number in 0..<5 { try await send(SignedCallback(order: "INV-\(number)"), first) }
        await hanging.wait(for: 1)
        await first.gateway.stop(within: .milliseconds(50))
        let second = try await GatewayHarness.start(
            sources: SignedCallback.source,
            endpoints: endpoints,
            folder: first.folder
        )
        await hanging.wait(for: 6)
        let answered = hanging.arrivals.filter { $0.answeredWith == 200 }
        #expect(Set(answered.map(\.eventID)).count == 5)
        await second.stop()
        await hanging.stop()
    }

    // MARK: helpers

    private func endpoint(_ id: String, _ url: String, _ more: String = "") -> String {
        """
        { "id": "\(id)", "url": "\(url)", "shops": ["*"], "events": ["*"],
          "secrets": ["plain:\(GatewayHarness.endpointSecret)"]\(more.isEmpty ? "" : ", \(more)") }
        """
    }

    private func send(_ callback: SignedCallback, _ harness: GatewayHarness) async throws {
        let answer = try await harness.send(
            "POST",
            SignedCallback.path,
            headers: SignedCallback.headers,
            body: callback.body
        )
        #expect(answer.status == 200)
        #expect(answer.body == "ok")
    }

    /// The event once no delivery is in flight any more.
    ///
    /// Asks the store, which is the only one to know.
    private func settled(_ callback: SignedCallback, _ harness: GatewayHarness) async throws -> EventDetail {
        while true {
            let detail = try #require(try await harness.gateway.store.event(callback.eventID))
            if detail.deliveries.allSatisfy({ $0.state != .inFlight }) { return detail }
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
