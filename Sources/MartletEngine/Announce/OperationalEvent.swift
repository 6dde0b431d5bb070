// SPDX-License-Identifier: Apache-2.0
import MartletCore
import MartletProviders
import MartletStore
import MartletWire

/// What the gateway tells of itself to endpoints that subscribe to it (contract.md section 5).
///
/// Stored, signed and delivered like any event. Its body has the outer form of contract.md section 4; `data` holds the
/// members below instead of a payment's.
struct OperationalEvent: Sendable, Equatable {
    enum News: Sendable, Equatable {
        case endpointDisabled(EndpointID, DisabledReason, failingSince: Timestamp?)
        case endpointRecovered(EndpointID, failingSince: Timestamp)
        case deliveryDead(DeliveryID, of: EventID, for: EndpointID, attempts: Int, outcome: String)
    }

    let news: News
    let at: Timestamp

    private var type: EventType {
        switch news {
        case .endpointDisabled: .endpointDisabled
        case .endpointRecovered: .endpointRecovered
        case .deliveryDead: .deliveryDead
        }
    }

    private var endpoint: EndpointID {
        switch news {
        case .endpointDisabled(let id, _, _), .endpointRecovered(let id, _), .deliveryDead(_, _, let id, _, _): id
        }
    }

    private var detail: String? {
        switch news {
        case .endpointDisabled(_, let reason, _): reason.rawValue
        case .endpointRecovered: nil
        case .deliveryDead(_, _, _, _, let outcome): outcome
        }
    }

    /// Two of the same kind about the same thing at different moments are two events.
    private var dedupeKey: String {
        switch news {
        case .endpointDisabled, .endpointRecovered: "\(type.rawValue):\(endpoint):\(at.milliseconds)"
        case .deliveryDead(let id, _, _, let attempts, _): "\(type.rawValue):\(id):\(attempts)"
        }
    }

    /// The event as the store and filters see it.
    var event: Event {
        Event(
            id: .make(source: SourceID.gateway, dedupeKey: dedupeKey),
            type: type,
            detail: detail,
            source: SourceID.gateway,
            finality: .none,
            occurredAt: at,
            receivedAt: at,
            verification: Verification(method: "internal"),
            dedupeKey: dedupeKey,
            objectKey: "\(dedupeKey)"
        )
    }

    /// What subscribers get.
    func envelope(of event: Event) -> [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.member("type", type.rawValue)
        json.member("timestamp", at.rfc3339)
        json.name("data")
        json.beginObject()
        json.member("event_id", event.id.rawValue)
        json.member("type", type.rawValue)
        json.member("detail", detail)
        json.member("provider", SourceID.gateway.provider)
        json.member("source", SourceID.gateway.id)
        json.member("endpoint", endpoint.rawValue)
        switch news {
        case .endpointDisabled(_, let reason, let failingSince):
            json.member("reason", reason.rawValue)
            json.member("failing_since", failingSince?.rfc3339)
        case .endpointRecovered(_, let failingSince):
            json.member("failing_since", failingSince.rfc3339)
        case .deliveryDead(let id, let eventID, _, let attempts, let outcome):
            json.member("delivery", id.description)
            json.member("event", eventID.rawValue)
            json.member("attempts", integer: Int64(attempts))
            json.member("outcome", outcome)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
