// SPDX-License-Identifier: Apache-2.0
import MartletCore

extension Timestamp {
    /// 2026-11-21T19:11:00.123Z.
    static let noon = Timestamp(milliseconds: 1_795_288_260_123)
}

/// An event in which a test states only what matters to it.
func sampleEvent(
    type: EventType = .paymentPaid,
    finality: Finality = .none,
    status: String? = "paid",
    occurredAt: Timestamp? = nil,
    method: String = "md5-base64-json"
) -> Event {
    Event(
        id: EventID(rawValue: "evt_00112233445566778899aabbccddeeff"),
        type: type,
        source: SourceID(provider: "cryptomus", id: "main"),
        shop: "nordic",
        finality: finality,
        providerStatus: status,
        occurredAt: occurredAt,
        receivedAt: .noon,
        verification: Verification(method: method),
        dedupeKey: "order:1",
        objectKey: "order:1"
    )
}
