// SPDX-License-Identifier: Apache-2.0
package import MartletCore
package import MartletStore
import MartletWire

/// Values for tests.
///
/// Every parameter has a default, so that a test states only what matters to it.
package enum Samples {
    /// The moment 2026-11-21T19:11:00Z.
    package static let now = Timestamp(milliseconds: 1_795_288_260_000)
    package static let source = SourceID(provider: "cryptomus", id: "main")
    package static let ledger = EndpointID("ledger")

    /// An event of its own payment; events with the same number are the same change.
    package static func event(
        _ number: Int = 1,
        id: EventID? = nil,
        type: EventType = .paymentPending,
        source: SourceID = source,
        shop: String = "nordic",
        finality: Finality = .none,
        status: String? = "check",
        order: String? = nil,
        object: String? = nil,
        objectKey: String? = nil,
        occurredAt: Timestamp? = nil,
        receivedAt: Timestamp = now,
        method: String = "md5-base64-json",
        flags: [EventFlag] = []
    ) -> Event {
        Event(
            id: id ?? eventID(number),
            type: type,
            source: source,
            shop: shop,
            finality: finality,
            providerStatus: status,
            merchantOrderID: order ?? "NO-\(number)",
            providerObjectID: object ?? "object-\(number)",
            money: Money(ordered: DecimalText("12.5").map { Amount($0, "EUR") }),
            occurredAt: occurredAt,
            receivedAt: receivedAt,
            verification: Verification(method: method),
            dedupeKey: "key-\(number)",
            objectKey: objectKey ?? "order:\(number)",
            flags: flags
        )
    }

    /// `evt_` and 32 hexadecimal digits.
    package static func eventID(_ number: Int) -> EventID {
        let digits = String(number, radix: 16)
        // In the first half, as ids differ there.
        return EventID(
            rawValue: "evt_" + String(repeating: "0", count: 16 - digits.count) + digits + "0123456789abcdef"
        )
    }

    package static func capture(
        _ event: Event = event(),
        raw: String = #"{"body":"status=check"}"#,
        deliveries: [NewDelivery] = []
    ) -> Capture {
        Capture(event: event, envelope: EventEnvelope.render(event), raw: Array(raw.utf8), deliveries: deliveries)
    }

    package static func delivery(
        _ endpoint: EndpointID = ledger,
        state: DeliveryState = .pending,
        dueAt: Timestamp = now
    ) -> NewDelivery {
        NewDelivery(endpoint: endpoint, state: state, dueAt: dueAt)
    }

    package static func callback(body: String = "status=check", receivedAt: Timestamp = now) -> Callback {
        Callback(
            method: "POST",
            headers: HeaderFields([("Content-Type", "text/plain"), ("X-Note", "a \"b\"\t\\"), ("x-note", "again")]),
            body: Array(body.utf8),
            sourceAddress: IPAddress(ipv4: 0xC633_6407),
            receivedAt: receivedAt
        )
    }

    package static func refused(
        _ source: SourceID = source,
        reason: RefusalReason = .badSignature,
        body: String = "status=check",
        receivedAt: Timestamp = now
    ) -> QuarantinedCallback {
        QuarantinedCallback(
            source: source,
            refusal: Refusal(reason, "sign does not match"),
            callback: callback(body: body, receivedAt: receivedAt)
        )
    }

    package static func hint(
        _ objectID: String = "900123",
        source: SourceID = source,
        outcome: String = "waiting",
        receivedAt: Timestamp = now
    ) -> KeptHint {
        KeptHint(
            hint: Hint(source: source, objectID: objectID, receivedAt: receivedAt),
            callback: callback(receivedAt: receivedAt),
            outcome: outcome
        )
    }

    package static func record(
        _ delivery: DeliveryID,
        number: Int = 1,
        endpoint: EndpointID = ledger,
        outcome: AttemptOutcome = .answered(status: 200),
        next: AttemptRecord.Next = .delivered,
        lane: String? = nil
    ) -> AttemptRecord {
        let result = AttemptResult(
            outcome: outcome,
            startedAt: now,
            duration: .microseconds(3217),
            headers: HeaderFields([("Server", "sink"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]),
            body: Array("ok".utf8)
        )
        return AttemptRecord(
            delivery: delivery,
            endpoint: endpoint,
            number: number,
            result: result,
            next: next,
            lane: lane,
            decidedAt: now
        )
    }
}
