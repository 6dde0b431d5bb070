// SPDX-License-Identifier: Apache-2.0
package import MartletCore
import MartletProviders
import MartletRuntime
import MartletStore

/// One event that nothing has happened for, to see whether an endpoint takes what it is sent.
extension Dispatcher {
    /// Tests that may be under way together.
    static let testsAtOnce = 4

    /// Sends an event of the type `endpoint.test` now and tells what came back.
    ///
    /// Signed and shaped as deliveries are, whatever the endpoint's filter says and though it be disabled. Nothing of it is
    /// stored, and it touches neither the endpoint's health nor its limits. It lasts no longer than the endpoint's `timeout`.
    package func test(_ id: EndpointID) async -> EndpointTest {
        guard let post = posts[id], isConfigured(id) else { return .unknown }
        guard !isStopping, testsUnderWay < Self.testsAtOnce else { return .busy }
        testsUnderWay += 1
        defer { testsUnderWay -= 1 }
        let now = wall.now()
        let endpoint = post.signing.endpoint
        let event = Self.testEvent(for: endpoint, at: now, number: random.next())
        let shaped = endpoint.shape?.render(event)
        var delivery = ClaimedDelivery(
            // No delivery has this number: there is none.
            id: DeliveryID(number: 0),
            eventID: event.id,
            endpoint: id,
            attempts: 0,
            envelope: shaped ?? EventEnvelope.render(event)
        )
        delivery.isShaped = shaped != nil
        let request = post.signing.request(for: delivery, number: 1, at: now, spanID: random.next())
        let result = await withCheckedContinuation { continuation in
            transport.send(request) { continuation.resume(returning: $0) }
        }
        return .done(event.id, result)
    }

    private static func testEvent(for endpoint: Endpoint, at now: Timestamp, number: UInt64) -> Event {
        let dedupeKey = "\(EventType.endpointTest):\(endpoint.id):\(now.milliseconds):\(number)"
        return Event(
            id: .make(source: .gateway, dedupeKey: dedupeKey),
            type: .endpointTest,
            source: .gateway,
            shop: endpoint.shops.contains("*") ? "" : endpoint.shops.min() ?? "",
            finality: .none,
            occurredAt: now,
            receivedAt: now,
            verification: Verification(method: "internal"),
            dedupeKey: dedupeKey,
            objectKey: dedupeKey,
            flags: [.test]
        )
    }
}
